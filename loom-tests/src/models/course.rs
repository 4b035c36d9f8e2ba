//! The course of a run: it ends once, and somebody knows.
//!
//! Actors: a source that lets parcels set out and then ends, threads that bring one home each, threads that stop.
//! Bound: three threads, two parcels.
//!
//! - Invariant: C2.
//! - FORBIDDEN: an end that two make, or nobody; a run that is over while a parcel is on its way and nobody said stop.
//! - ACCEPTABLE: a stop that comes too late.

use loom::sync::Arc;
use loom::thread;

use super::protocol::course::Course;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("course: two come home while the source ends", None, two_come_home),
        Scenario::new("course: one comes home and two stop", None, two_stop),
    ]
}

/// Counts who of those that come home and end made the end.
fn ends(ends: impl IntoIterator<Item = bool>) -> usize {
    ends.into_iter().filter(|&is_the_end| is_the_end).count()
}

fn two_come_home() {
    let course = Arc::new(Course::new());
    let parcels = [(); 2].map(|()| {
        course.set_out();
        assert!(!course.is_over());
        let course = course.clone();
        thread::spawn(move || {
            assert!(!course.is_over(), "over with a parcel on its way");
            course.come_home()
        })
    });
    let ended = course.end();
    let homes = parcels.map(|parcel| parcel.join().unwrap());
    assert_eq!(ends(homes.into_iter().chain([ended])), 1);
    assert!(course.is_over() && course.is_complete());
    assert!(!course.stop(), "it was over");
    assert!(course.is_complete());
}

fn two_stop() {
    let course = Arc::new(Course::new());
    course.set_out();
    let stoppers = [(); 2].map(|()| {
        let course = course.clone();
        thread::spawn(move || course.stop())
    });
    let home = course.come_home();
    assert!(!home, "the source has not ended");
    let stopped = stoppers.map(|stopper| stopper.join().unwrap());
    assert_eq!(ends(stopped), 1);
    assert!(course.is_over() && !course.is_complete());
}
