//! The lanes: the producer writes nothing again that a lane has yet to read, whenever the lane came.
//!
//! Actors: a producer that publishes elements into few places and goes on as long as the floor lets it; one or two
//! lanes that join, read what is published, release or leave. An element is a cell that loom watches, in the place of
//! its number modulo the capacity. Bound: three threads, one or two places, up to four elements, three preemptions.
//!
//! - Invariants: G1, G2.
//! - FORBIDDEN: an element that is written while a lane reads it, or read in a place that holds another one.
//! - ACCEPTABLE: a producer that stops although a lane has just made room, or heeds a cursor that its lane has left behind.

use loom::sync::Arc;
use loom::thread;

use super::protocol::lanes::Lanes;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("lanes: one joins", Some(3), one_joins),
        Scenario::new("lanes: one reads and releases", Some(3), one_reads_and_releases),
        Scenario::new("lanes: one leaves", Some(3), one_leaves),
        Scenario::new("lanes: one leaves and another takes its seat", Some(3), another_takes_the_seat),
        Scenario::new("lanes: two take seats", Some(3), two_take_seats),
    ]
}

struct Ring {
    lanes: Lanes,
    published: AtomicU64,
    places: Vec<Watched<u64>>,
}

impl Ring {
    fn new(most_lanes: usize, places: u64) -> Self {
        Self {
            lanes: Lanes::new(most_lanes),
            published: AtomicU64::new(0),
            places: (0..places).map(|_| Watched::new(u64::MAX)).collect(),
        }
    }

    fn capacity(&self) -> u64 {
        self.places.len() as u64
    }

    fn place(&self, number: u64) -> &Watched<u64> {
        &self.places[(number % self.capacity()) as usize]
    }

    fn join(&self) -> Option<(usize, u64)> {
        // ORDERING: Relaxed, as in `Cursors::join`.
        self.lanes.join(|| self.published.load(Ordering::Relaxed))
    }

    /// Writes elements from `begin` to `end`, as far as the lanes allow; returns how far it came.
    fn produce(&self, begin: u64, mut limit: u64, end: u64) -> u64 {
        for number in begin..end {
            if number >= limit {
                limit = self.lanes.floor(number).0 + self.capacity();
            }
            if number >= limit {
                return number;
            }
            self.place(number).set(number);
            // ORDERING: PUBLISH, release side, as in `Cursors::publish`.
            self.published.store(number + 1, Ordering::Release);
        }
        end
    }

    /// Reads everything from `begin` on; returns how far that was.
    fn read(&self, begin: u64) -> u64 {
        // ORDERING: PUBLISH, acquire side, as in `Cursors::look`.
        let end = self.published.load(Ordering::Acquire);
        for number in begin..end {
            assert_eq!(self.place(number).get(), number, "the place holds the element");
        }
        end.max(begin)
    }
}

/// Nobody reads, so the producer runs on; the lane joins in the middle of it.
fn one_joins() {
    let ring = Arc::new(Ring::new(1, 1));
    let lane = thread::spawn({
        let ring = ring.clone();
        move || {
            let (_, begin) = ring.join().unwrap();
            ring.read(begin);
        }
    });
    ring.produce(0, 1, 3);
    lane.join().unwrap();
}

fn one_reads_and_releases() {
    let ring = Arc::new(Ring::new(1, 2));
    let (index, begin) = ring.join().unwrap();
    assert_eq!(ring.produce(0, 2, 4), 2, "the lane holds both places");
    let lane = thread::spawn({
        let ring = ring.clone();
        move || {
            let end = ring.read(begin);
            ring.lanes.release(index, end);
            let end = ring.read(end);
            ring.lanes.release(index, end);
        }
    });
    ring.produce(2, 2, 4);
    lane.join().unwrap();
}

fn one_leaves() {
    let ring = Arc::new(Ring::new(1, 1));
    let (index, begin) = ring.join().unwrap();
    ring.produce(0, 1, 1);
    let lane = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.read(begin);
            ring.lanes.leave(index);
        }
    });
    let end = ring.produce(1, 1, 2);
    lane.join().unwrap();
    assert_eq!(ring.produce(end, end, 3), 3, "nobody holds the producer up");
}

/// The producer may still see the bit of the lane that left, and the cursor of the one that came.
fn another_takes_the_seat() {
    let ring = Arc::new(Ring::new(1, 1));
    let (index, begin) = ring.join().unwrap();
    ring.produce(0, 1, 1);
    let first = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.read(begin);
            ring.lanes.leave(index);
        }
    });
    let second = thread::spawn({
        let ring = ring.clone();
        move || {
            if let Some((_, begin)) = ring.join() {
                ring.read(begin);
            }
        }
    });
    ring.produce(1, 1, 2);
    first.join().unwrap();
    second.join().unwrap();
}

fn two_take_seats() {
    let ring = Arc::new(Ring::new(2, 1));
    let other = thread::spawn({
        let ring = ring.clone();
        move || ring.join().unwrap().0
    });
    let mine = ring.join().unwrap().0;
    assert_ne!(other.join().unwrap(), mine, "a seat has one holder");
    assert!(ring.join().is_none());
    ring.lanes.leave(mine);
    assert_eq!(ring.join().unwrap().0, mine);
}
