//! A process leaves a ring that others go on with: each slot is counted out once, and then its memory goes.
//!
//! Actors: one that drops the process's last handle, one or two of its threads that give a slot away, and another process
//! that takes what it finds and may give it back. The memory is a watched cell, read by the threads of the process and
//! written by whichever of them frees it. Bound: three threads, two slots.
//!
//! - Invariants: D1, D2.
//! - FORBIDDEN: a slot counted out twice or never; memory freed twice, never, or while a slot of it is held here.
//! - ACCEPTABLE: a slot that is counted out while the other process holds it.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

use super::protocol::departure::Departure;
use super::protocol::retirement::Retirement;
use super::protocol::slot::{FREE, Held, Owner, Slot, Time};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("departure: one gives away", None, || give_away(1)),
        Scenario::new("departure: two give away", Some(2), || give_away(2)),
        Scenario::new("departure: another process has it next", Some(3), another_process_has_it_next),
    ]
}

const ME: Owner = 1;
const OTHER: Owner = 2;
/// Where slots are listed.
const PLACE: u64 = 5;

/// What lies in shared memory.
struct Words(Vec<Slot>);

impl Words {
    fn take(&self, slot: usize, owner: Owner) -> Option<Held> {
        self.0[slot].ready_at(FREE, PLACE).and_then(|seen| self.0[slot].try_take(slot as u32, seen, owner))
    }

    fn give(&self, held: &Held, owner: Owner) {
        let slot = &self.0[held.slot as usize];
        slot.post(held, FREE, owner, Time::First);
        slot.list_at(PLACE);
    }
}

/// What is the process's own.
struct Part {
    words: Arc<Words>,
    retirement: Retirement,
    departure: Departure,
    /// What its threads use: unmapped when it is written.
    memory: Watched<bool>,
    counted_out: AtomicUsize,
}

impl Part {
    fn new(slots: usize) -> Arc<Self> {
        let words = Words((0..slots).map(|_| Slot::new(ME, 0)).collect());
        words.0.iter().for_each(|slot| slot.list_at(PLACE));
        Arc::new(Self {
            words: Arc::new(words),
            // One for each slot, and one for the handles.
            retirement: Retirement::new(slots + 1),
            departure: Departure::new(slots),
            memory: Watched::new(true),
            counted_out: AtomicUsize::new(0),
        })
    }

    fn use_memory(&self) {
        assert!(self.memory.get(), "it is unmapped");
    }

    fn release(&self, held: Held) {
        let slot = held.slot;
        self.use_memory();
        // Stays by a count; the hazards are `retirement`'s model's.
        self.retirement.claim();
        self.words.give(&held, ME);
        let is_ours = self.retirement.is_announced() && self.count_out(slot);
        self.use_memory();
        self.give_up();
        if is_ours {
            self.give_up();
        }
    }

    fn count_out(&self, slot: u32) -> bool {
        let is_first = self.departure.count_out(slot);
        self.counted_out.fetch_add(usize::from(is_first), Relaxed);
        is_first
    }

    fn give_up(&self) {
        if self.retirement.give_up() {
            self.use_memory();
            self.memory.set(false);
        }
    }

    fn is_over(&self) {
        assert!(!self.memory.get(), "it is unmapped in the end");
        assert_eq!(self.counted_out.load(Relaxed), self.words.0.len(), "each slot is counted out once");
    }

    /// The last handle goes.
    fn leave(&self) {
        self.retirement.announce();
        for (slot, words) in (0..).zip(&self.words.0) {
            if !words.word().is_held_by(ME) && self.count_out(slot) {
                self.give_up();
            }
        }
        self.give_up();
    }
}

fn give_away(slots: usize) {
    let part = Part::new(slots);
    let holders: Vec<_> = (0..slots)
        .map(|slot| {
            let (part, held) = (part.clone(), part.words.take(slot, ME).unwrap());
            thread::spawn(move || part.release(held))
        })
        .collect();
    part.leave();
    holders.into_iter().for_each(|holder| holder.join().unwrap());
    part.is_over();
}

/// The slot goes on its way in another process while this one counts it out.
fn another_process_has_it_next() {
    let part = Part::new(1);
    let (words, held) = (part.words.clone(), part.words.take(0, ME).unwrap());
    let other = thread::spawn(move || {
        if let Some(held) = words.take(0, OTHER) {
            words.give(&held, OTHER);
        }
    });
    let holder = thread::spawn({
        let part = part.clone();
        move || part.release(held)
    });
    part.leave();
    other.join().unwrap();
    holder.join().unwrap();
    part.is_over();
}
