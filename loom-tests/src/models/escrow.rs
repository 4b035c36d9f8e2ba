//! Slots in escrow: one ticket, one buffer, whoever else comes.
//!
//! Actors: a depositor, one or two that redeem the same ticket, one that reclaims what has been there for long. The payload is a
//! watched cell, and nothing but the slot orders those who use it. Bound: four threads, one slot, all preemptions.
//!
//! - Invariants: X1, X2.
//! - FORBIDDEN: two that get the slot; one that does not see the depositor's payload; a deposit that is reclaimed by the time
//!   of an earlier one.
//! - ACCEPTABLE: a ticket that finds nothing because its slot was reclaimed.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

use super::protocol::escrow::{ESCROW, deposit, reclaim, redeem};
use super::protocol::slot::{Held, Owner, Slot, Time};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("escrow: a ticket that is shown twice", None, shown_twice),
        Scenario::new("escrow: a ticket that is shown late", None, shown_late),
        Scenario::new("escrow: redeemed or reclaimed", None, redeemed_or_reclaimed),
        Scenario::new("escrow: reclaimed while it is deposited again", Some(3), deposited_again),
        Scenario::new("escrow: a depositor that died before the time", None, a_time_that_was_not_noted),
    ]
}

const ME: Owner = 1;
const YOU: Owner = 2;

struct Shelf {
    slot: Slot,
    payload: Watched<u32>,
    taken: AtomicUsize,
}

impl Shelf {
    /// Makes a shelf whose slot the caller holds.
    fn held() -> (Arc<Self>, Held) {
        let shelf = Self { slot: Slot::new(ME, 0), payload: Watched::new(0), taken: AtomicUsize::new(0) };
        let held = shelf.slot.try_take(0, shelf.slot.word(), ME).unwrap();
        (Arc::new(shelf), held)
    }

    fn use_it(&self, held: Option<Held>) -> Option<Held> {
        if held.is_some() {
            self.taken.fetch_add(1, Relaxed);
            let before = self.payload.get();
            self.payload.set(before + 1);
        }
        held
    }
}

fn shown_twice() {
    let (shelf, held) = Shelf::held();
    // The ticket travels by a channel that orders nothing.
    let ticket = held.generation();
    let others: Vec<_> = (0..2)
        .map(|_| {
            let shelf = shelf.clone();
            thread::spawn(move || shelf.use_it(redeem(&shelf.slot, 0, ticket, YOU)).is_some())
        })
        .collect();
    shelf.payload.set(10);
    assert_eq!(deposit(&shelf.slot, &held, ME, 5), ticket);
    let redeemed = others.into_iter().map(|other| other.join().unwrap()).filter(|got_it| *got_it).count();
    assert!(redeemed <= 1, "a ticket is used once");
    assert_eq!(redeem(&shelf.slot, 0, ticket, ME).is_some(), redeemed == 0);
    assert_eq!(shelf.payload.get(), 10 + redeemed as u32);
}

/// The slot has been redeemed and deposited once more: the first ticket is not the second's.
fn shown_late() {
    let (shelf, held) = Shelf::held();
    let first = deposit(&shelf.slot, &held, ME, 5);
    let late = thread::spawn({
        let shelf = shelf.clone();
        move || redeem(&shelf.slot, 0, first, YOU).is_some()
    });
    let second = redeem(&shelf.slot, 0, first, ME).map(|held| deposit(&shelf.slot, &held, ME, 6));
    assert_ne!(late.join().unwrap(), second.is_some(), "one of them had the first ticket's");
    if let Some(second) = second {
        assert!(redeem(&shelf.slot, 0, second, ME).is_some(), "and nobody else the second's");
    }
}

fn redeemed_or_reclaimed() {
    let (shelf, held) = Shelf::held();
    shelf.payload.set(10);
    let ticket = deposit(&shelf.slot, &held, ME, 5);
    let redeemer = thread::spawn({
        let shelf = shelf.clone();
        move || _ = shelf.use_it(redeem(&shelf.slot, 0, ticket, YOU))
    });
    let _ = shelf.use_it(reclaim(&shelf.slot, 0, 5, 9, ME));
    redeemer.join().unwrap();
    assert_eq!((shelf.taken.load(Relaxed), shelf.payload.get()), (1, 11));
    assert!(redeem(&shelf.slot, 0, ticket, YOU).is_none(), "it is used up");
}

/// The time of an earlier deposit does not make a later one old.
fn deposited_again() {
    let (shelf, held) = Shelf::held();
    let first = deposit(&shelf.slot, &held, ME, 5);
    let depositor = thread::spawn({
        let shelf = shelf.clone();
        move || redeem(&shelf.slot, 0, first, YOU).map(|held| deposit(&shelf.slot, &held, YOU, 8))
    });
    // A thread of its own, after the other: loom forgets an early reader that writes later.
    let reclaimer = thread::spawn({
        let shelf = shelf.clone();
        move || reclaim(&shelf.slot, 0, 5, 9, ME).is_some()
    });
    let (second, is_reclaimed) = (depositor.join().unwrap(), reclaimer.join().unwrap());
    assert_ne!(second.is_some(), is_reclaimed, "what was deposited at 8 is not there since 5");
    if let Some(second) = second {
        assert!(redeem(&shelf.slot, 0, second, ME).is_some());
    }
}

fn a_time_that_was_not_noted() {
    let (shelf, held) = Shelf::held();
    let victim = thread::spawn({
        let shelf = shelf.clone();
        // Dies before it notes the time.
        move || shelf.slot.post(&held, ESCROW, ME, Time::First)
    });
    assert!(reclaim(&shelf.slot, 0, 5, 6, YOU).is_none(), "nobody knows since when it is there");
    victim.join().unwrap();
    // Now the time is noted, if it was not before.
    assert!(reclaim(&shelf.slot, 0, 5, 7, YOU).is_none());
    assert!(reclaim(&shelf.slot, 0, 7, 8, YOU).is_some(), "it is reclaimed in the end");
}
