//! The lane: each value that was taken in comes out once, and none is used by two.
//!
//! Actors: pushers and poppers, and one that only looks. The smallest lane, of two cells, so that positions come round.
//! A value is written into a cell and read out of it under loom's eyes, so whoever uses a cell that another has is seen.
//! Bound: four threads, two cells, two laps.
//!
//! - Invariants: N1, N2.
//! - FORBIDDEN: a value that is lost, or got twice; a value got before one that the same thread pushed earlier; one taken in
//!   where two are; a popper that finds nothing while as many values as poppers are there; one that looks, after a fence,
//!   and does not see what was pushed before another's.
//! - ACCEPTABLE: a lane that looks full while a popper is between its steps, or empty while a pusher is.

use std::rc::Rc;

use loom::sync::Arc;
use loom::thread;

use super::protocol::lane::Lane;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst, fence};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("lane: two push, two pop", Some(2), two_push_two_pop),
        Scenario::new("lane: one pushes, one pops, a lap and a half", Some(3), a_lap_and_a_half),
        Scenario::new("lane: two push, one place", Some(3), two_push_one_place),
        Scenario::new("lane: two pop, two values", Some(3), two_pop_two_values),
        Scenario::new("lane: two pop, one value", Some(3), two_pop_one_value),
        Scenario::new("lane: one looks while one pops", Some(3), one_looks_while_one_pops),
        Scenario::new("lane: one looks, or is seen", Some(3), one_looks_or_is_seen),
        Scenario::new("lane: the smallest", None, the_smallest),
        Scenario::new("lane: dropped with values", None, dropped_with_values),
    ]
}

/// Makes a lane of two cells with these values in it.
fn lane_with(values: &[u32]) -> Arc<Lane<u32>> {
    let lane = Lane::new(2);
    values.iter().for_each(|&value| lane.push(value).unwrap());
    Arc::new(lane)
}

fn drain(lane: &Lane<u32>) -> Vec<u32> {
    std::iter::from_fn(|| lane.pop()).collect()
}

fn sorted(values: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable();
    values
}

fn two_push_two_pop() {
    let lane = lane_with(&[]);
    let popper = thread::spawn({
        let lane = lane.clone();
        move || lane.pop()
    });
    let pusher = thread::spawn({
        let lane = lane.clone();
        move || lane.push(1).unwrap()
    });
    lane.push(2).unwrap();
    let ours = lane.pop();
    pusher.join().unwrap();
    let theirs = popper.join().unwrap();
    assert_eq!(sorted(ours.into_iter().chain(theirs).chain(drain(&lane))), [1, 2]);
}

/// Three values go through two cells: the third can come in when the first is out.
fn a_lap_and_a_half() {
    let lane = lane_with(&[]);
    let popper = thread::spawn({
        let lane = lane.clone();
        move || [(); 2].map(|()| lane.pop())
    });
    let accepted = [1, 2, 3].map(|value| lane.push(value).is_ok());
    let mut got: Vec<_> = popper.join().unwrap().into_iter().flatten().collect();
    got.extend(drain(&lane));
    assert!(accepted[0] && accepted[1], "there were two places");
    assert_eq!(got, if accepted[2] { vec![1, 2, 3] } else { vec![1, 2] });
}

/// One is given its value back, unless the value that was there is taken in time.
fn two_push_one_place() {
    let lane = lane_with(&[7]);
    let pushers = [1, 2].map(|value| {
        let lane = lane.clone();
        thread::spawn(move || lane.push(value).map_or_else(Some, |()| None))
    });
    let given_back = pushers.map(|pusher| pusher.join().unwrap());
    let left = drain(&lane);
    assert_eq!((left.len(), left[0]), (2, 7), "one place was left");
    assert_eq!(sorted(given_back.into_iter().flatten().chain(left)), [1, 2, 7]);
}

/// Both find one, whoever comes first.
fn two_pop_two_values() {
    let lane = lane_with(&[1, 2]);
    let popper = thread::spawn({
        let lane = lane.clone();
        move || lane.pop()
    });
    let got = [lane.pop(), popper.join().unwrap()];
    assert_eq!(sorted(got.into_iter().flatten()), [1, 2]);
}

fn two_pop_one_value() {
    let lane = lane_with(&[1]);
    let popper = thread::spawn({
        let lane = lane.clone();
        move || lane.pop()
    });
    let got = [lane.pop(), popper.join().unwrap()];
    assert_eq!(got.into_iter().flatten().collect::<Vec<_>>(), [1]);
}

/// The second value stays, so whoever looks sees that there is one, however late it is.
fn one_looks_while_one_pops() {
    let lane = lane_with(&[1, 2]);
    let looker = thread::spawn({
        let lane = lane.clone();
        move || lane.has_any()
    });
    assert_eq!(lane.pop(), Some(1));
    assert!(looker.join().unwrap(), "a value is overlooked");
    assert_eq!(drain(&lane), [2]);
    assert!(!lane.has_any());
}

/// What `Bed` and `Lookout` build on: of two fences one is the later.
fn one_looks_or_is_seen() {
    let lane = lane_with(&[]);
    let announced = Arc::new(AtomicU32::new(0));
    let pusher = thread::spawn({
        let (lane, announced) = (lane.clone(), announced.clone());
        move || {
            lane.push(1).unwrap();
            fence(SeqCst);
            // ORDERING: Relaxed; the fences alone have to order it, here and below.
            announced.load(Relaxed) == 1
        }
    });
    announced.store(1, Relaxed);
    fence(SeqCst);
    let looked = lane.has_any();
    assert!(pusher.join().unwrap() || looked, "neither sees the other");
}

/// A lane of one cell could not tell filled from empty, so there is none.
fn the_smallest() {
    let lane = Lane::new(1);
    assert_eq!([1, 2, 3].map(|value| lane.push(value)), [Ok(()), Ok(()), Err(3)]);
    assert_eq!([(); 3].map(|()| lane.pop()), [Some(1), Some(2), None]);
}

fn dropped_with_values() {
    let value = Rc::new(());
    let lane = Lane::new(2);
    assert!(lane.push(value.clone()).is_ok() && lane.push(value.clone()).is_ok());
    drop(lane.pop());
    assert_eq!((lane.len(), Rc::strong_count(&value)), (1, 2));
    drop(lane);
    assert_eq!(Rc::strong_count(&value), 1, "a value is lost");
}
