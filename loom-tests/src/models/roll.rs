//! The roll: every failure is on it, and every job that was left out is counted.
//!
//! Actors: two that fail or are left out, and an opener that waits for both and closes the roll. Bound: three threads.
//!
//! - Invariants: R1.
//! - FORBIDDEN: a failure that is lost; a count that is off.
//! - ACCEPTABLE: a stop that comes too late for one.

use loom::sync::Arc;
use loom::thread;

use super::protocol::roll::Roll;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("roll: two report", None, two_report)]
}

fn two_report() {
    let roll = Arc::new(Roll::new());
    let reporters = [0, 1].map(|k| {
        let roll = roll.clone();
        thread::spawn(move || {
            if roll.is_stopped() {
                roll.skip();
            } else {
                roll.stop();
                roll.enter(k);
            }
            roll.skip();
        })
    });
    for reporter in reporters {
        reporter.join().unwrap();
    }
    assert!(roll.is_stopped());
    let (failures, skipped) = roll.close();
    assert_eq!(failures.len() + skipped, 4, "each reports twice");
    assert!(!failures.is_empty(), "the first did not hear of a stop");
}
