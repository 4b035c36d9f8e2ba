//! The parking lot: no call is missed, and everyone is called at most once, by their own address.
//!
//! Actors: one or two that wait for a value to change, one that writes a cell, changes the value and calls. Values are
//! `Relaxed`, so that the lot alone has to make a call carry the cell. Bound: three threads, one bucket. Time limits are
//! not modelled: loom's clock stands still.
//!
//! - FORBIDDEN: a waiter that sleeps on after its value has changed and it was called; one that is called and does not
//!   see the cell; one that is called by another's address; a count of the called that is not that of those who woke.
//! - ACCEPTABLE: a waiter that sees the change and never sleeps; a call that finds nobody.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::parking::{Parked, ParkingLot};
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("parking: one waits, one calls", None, one_waits_one_calls),
        Scenario::new("parking: two wait at one address, each is called", Some(3), two_wait_at_one_address),
        Scenario::new("parking: two wait at two addresses, one bucket", Some(3), two_wait_at_two_addresses),
    ]
}

/// A lot, a value with its address, and what whoever changes the value writes before.
struct Place {
    lot: ParkingLot,
    values: [AtomicU32; 2],
    written: Watched<u32>,
}

impl Place {
    fn new() -> Arc<Self> {
        let values = [AtomicU32::new(0), AtomicU32::new(0)];
        Arc::new(Self { lot: ParkingLot::new(1), values, written: Watched::new(0) })
    }

    fn wait(&self, value: usize) -> Parked {
        // ORDERING: Relaxed; the lock of the lot has to do.
        self.lot.wait(value, None, || self.values[value].load(Relaxed) == 0)
    }

    fn change(&self, value: usize) {
        // ORDERING: Relaxed; as above.
        self.values[value].store(1, Relaxed);
    }
}

/// Waits on a thread of its own for a value to change, at an address that is its number.
fn waits(place: &Arc<Place>, value: usize) -> JoinHandle<Parked> {
    let place = place.clone();
    thread::spawn(move || place.wait(value))
}

fn one_waits_one_calls() {
    let place = Place::new();
    let waiter = {
        let place = place.clone();
        thread::spawn(move || {
            let parked = place.wait(0);
            if parked == Parked::Called {
                assert_eq!(place.written.get(), 7);
            }
            parked
        })
    };
    place.written.set(7);
    place.change(0);
    let called = place.lot.notify(0, usize::MAX);
    let parked = waiter.join().unwrap();
    assert_eq!(called == 1, parked == Parked::Called);
}

fn two_wait_at_one_address() {
    let place = Place::new();
    let waiters = [waits(&place, 0), waits(&place, 0)];
    place.change(0);
    let called = place.lot.notify(0, 1) + place.lot.notify(0, 1);
    let woken = waiters.into_iter().map(|waiter| waiter.join().unwrap());
    assert_eq!(woken.filter(|&parked| parked == Parked::Called).count(), called);
}

fn two_wait_at_two_addresses() {
    let place = Place::new();
    let waiters = [waits(&place, 0), waits(&place, 1)];
    let mut called = [0, 0];
    for value in [1, 0] {
        place.change(value);
        called[value] = place.lot.notify(value, 1);
    }
    for (waiter, called) in waiters.into_iter().zip(called) {
        assert_eq!(waiter.join().unwrap() == Parked::Called, called == 1);
    }
}
