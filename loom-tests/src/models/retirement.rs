//! The end of a ring: each slot is retired once, and the memory goes when the last who is at it has left.
//!
//! Actors: one that drops the last handle, one or two that give a slot back, staying by a hazard or by a count of their
//! own. The memory is a watched cell, read by all who are there and written by whoever frees it, who waits by yielding.
//! Bound: three threads, two slots.
//!
//! - Invariants: E1, Z1.
//! - FORBIDDEN: a slot retired twice or never; memory freed twice, never, or while somebody is there.
//! - ACCEPTABLE: memory that is freed by a holder, instead of by who ended the ring.

use loom::sync::Arc;
use loom::thread;

use super::protocol::hazard::Hazards;
use super::protocol::retirement::Retirement;
use super::protocol::slot::{FREE, Held, Owner, Slot, Time};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("retirement: one gives back", None, || give_back(&[Stay::ByHazard])),
        Scenario::new("retirement: one gives back, counted", None, || give_back(&[Stay::ByCount])),
        Scenario::new("retirement: two give back", Some(2), || give_back(&[Stay::ByHazard, Stay::ByHazard])),
        Scenario::new("retirement: two give back, one of them counted", Some(2), || {
            give_back(&[Stay::ByHazard, Stay::ByCount]);
        }),
        Scenario::new("retirement: a hazard changes hands", None, a_hazard_changes_hands),
        Scenario::new(
            "retirement: one takes what another gave back",
            Some(2),
            one_takes_what_another_gave_back,
        ),
    ]
}

const ME: Owner = 1;
/// The address of the memory.
const HERE: usize = 64;
/// Where slots are listed.
const PLACE: u64 = 5;

/// How a holder stays when it has given its slot away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stay {
    ByHazard,
    ByCount,
}

struct Ring {
    slots: Vec<Slot>,
    retirement: Retirement,
    /// What all who are there use: unmapped when it is written.
    memory: Watched<bool>,
    hazards: Hazards,
}

impl Ring {
    fn new(slots: usize) -> Arc<Self> {
        let ring = Self {
            slots: (0..slots).map(|_| Slot::new(ME, 0)).collect(),
            retirement: Retirement::new(slots),
            memory: Watched::new(true),
            hazards: Hazards::new(2),
        };
        ring.slots.iter().for_each(|slot| slot.list_at(PLACE));
        Arc::new(ring)
    }

    /// Takes a free slot.
    fn take(&self, slot: usize) -> Option<Held> {
        let words = &self.slots[slot];
        words.ready_at(FREE, PLACE).and_then(|seen| words.try_take(slot as u32, seen, ME))
    }

    fn use_memory(&self) {
        assert!(self.memory.get(), "it is unmapped");
    }

    /// Gives a slot back, and is not done with the ring yet.
    fn release(&self, held: Held, stay: Stay) {
        let own = if stay == Stay::ByHazard { self.hazards.try_take() } else { None };
        let is_hazard = own.as_ref().is_some_and(|own| self.hazards.of(own).enter(HERE));
        if !is_hazard {
            self.retirement.claim();
        }
        let slot = held.slot as usize;
        self.slots[slot].post(&held, FREE, ME, Time::First);
        self.slots[slot].list_at(PLACE);
        self.use_memory();
        let is_ours = self.retirement.is_announced() && self.slots[slot].retire();
        // loom has a fence order more than it does: this comes after the last one.
        self.use_memory();
        match own {
            Some(own) => {
                self.hazards.of(&own).leave();
                self.hazards.give_back(own);
            }
            None => self.give_up(),
        }
        if is_ours {
            self.give_up();
        }
    }

    fn give_up(&self) {
        if self.retirement.give_up() {
            while self.hazards.is_anybody_at(HERE) {
                thread::yield_now();
            }
            self.use_memory();
            self.memory.set(false);
        }
    }

    fn end(&self) {
        self.retirement.announce();
        for slot in &self.slots {
            if slot.retire() {
                self.give_up();
            }
        }
    }
}

fn give_back(stays: &[Stay]) {
    let ring = Ring::new(stays.len());
    let holders: Vec<_> = stays
        .iter()
        .enumerate()
        .map(|(slot, stay)| {
            let (ring, stay) = (ring.clone(), *stay);
            let held = ring.take(slot).unwrap();
            thread::spawn(move || ring.release(held, stay))
        })
        .collect();
    ring.end();
    holders.into_iter().for_each(|holder| holder.join().unwrap());
    assert!(!ring.memory.get(), "it is unmapped in the end");
}

/// A slot is given back by one who is slow to leave, taken by another and given back again.
fn one_takes_what_another_gave_back() {
    let ring = Ring::new(1);
    let held = ring.take(0).unwrap();
    let first = thread::spawn({
        let ring = ring.clone();
        move || ring.release(held, Stay::ByHazard)
    });
    // The last handle is dropped by the one that still claims with it.
    let second = thread::spawn({
        let ring = ring.clone();
        move || {
            let taken = ring.take(0);
            ring.end();
            if let Some(held) = taken {
                ring.use_memory();
                ring.release(held, Stay::ByHazard);
            }
        }
    });
    first.join().unwrap();
    second.join().unwrap();
    assert!(!ring.memory.get(), "it is unmapped in the end");
}

/// Whoever takes a hazard that another gave back finds it nowhere, and can enter.
fn a_hazard_changes_hands() {
    let hazards = Arc::new(Hazards::new(1));
    let enter = |hazards: &Hazards| {
        let own = hazards.try_take()?;
        let has_entered = hazards.of(&own).enter(HERE);
        hazards.of(&own).leave();
        hazards.give_back(own);
        Some(has_entered)
    };
    let other = thread::spawn({
        let hazards = hazards.clone();
        move || enter(&hazards)
    });
    assert_ne!(enter(&hazards), Some(false), "whoever has a hazard can enter");
    assert_ne!(other.join().unwrap(), Some(false), "whoever has a hazard can enter");
}
