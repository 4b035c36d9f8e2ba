//! A queue of slots: a list of hints in the order of posting, and the slots' words that decide.
//!
//! A cell holds a slot's number and the lap it was written in. Who pushes posts the slot first and lists it then, so
//! nobody ever waits behind an unfinished push. Who pops takes the slot by its word, and a listing whose slot is gone
//! is passed over. Head and tail are hints too: anybody who finds one behind helps it on, so a participant that stops
//! between two steps stops nobody.
//!
//! ```text
//! push: post the slot; at the tail's cell, old lap --exchange--> (new lap, slot); tail + 1
//! pop:  at the head's cell, if its lap is new: take the slot by its word; head + 1
//! close: at the tail's cell, old lap --exchange--> (new lap, CLOSED), and the tail stays
//! ```
//! - Q1: the head never passes a listing whose slot was not taken.
//! - Q2: a slot is listed while its word says `Ready`, and is in one listing that the head has not passed; so at most
//!   as many cells are in use as there are slots, and no listing is overwritten before the head has passed it.
//! - Q3: the tail never passes a cell that is not listed, nor the one that closes the queue: what is listed before is
//!   received, and nothing is listed behind.
//! - LISTING: push to pop, carries the post: whoever sees a listing sees its slot `Ready` or taken since.
//! - TAIL: a listing to the next, by way of the tail, carries all listings before it. So whoever learns of a listing,
//!   by LISTING or through fences, finds no gap before it, and whoever learns of the end does not wait for more.
//! - Q4: a slot is taken for the listing that is its latest only: the slot notes the place of that one, so a slot that
//!   went round and is `Ready` again is not taken out of its turn.
//!
//! - Q5: no look goes on for ever, whatever the words say. A step that does not end it passes a listing that is taken, or finds
//!   that a lap has gone by; so beyond one lap each step has cost others a push and a pop. Who is behind for a million of
//!   those, each time by a hair, looks at words that nobody honest writes: that is `Corrupt`. So is the number of no slot.
//!
//! A hint moves on by a plain store, so a participant that was stopped may move it back. Nothing depends on it: whoever
//! comes next walks on from there, over listings that are taken, or sees from a cell's lap where to go on.

use std::ops::Range;

use super::cells::{CLOSED, Cells, Said};
pub(crate) use super::ends::Ends;
pub(crate) use super::outcome::{Corrupt, Popped, Refused, Why, Wrong};
use super::slot::{Held, Owner, QueueNumber, Slot, Time};
use crate::sync::atomic::Ordering;
use crate::sync::step::step;

use Ordering::{Acquire, Relaxed, Release};

/// A queue, and the slots that it lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue<'a> {
    pub(crate) number: QueueNumber,
    pub(crate) ends: &'a Ends,
    /// At least twice as many as there are slots.
    pub(crate) cells: Cells<'a>,
    pub(crate) slots: &'a [Slot],
}

/// How many pushes and pops of others may come before a single look of ours.
const MOST_OVERTAKING: usize = 1 << 20;

/// Returns how far it is from the head to the tail; 0 if the head is beyond a tail that was seen before it.
fn distance(head: u64, tail: u64) -> u64 {
    (tail.wrapping_sub(head) as i64).max(0) as u64
}

impl Queue<'_> {
    /// Returns how many steps a look may take (Q5).
    #[inline]
    fn steps(&self) -> Range<usize> {
        0..self.cells.0.len() + MOST_OVERTAKING
    }

    fn corrupt(&self, wrong: Wrong, found: u64) -> Corrupt {
        Corrupt { queue: self.number, wrong, found }
    }

    #[cold]
    fn endless(&self, position: u64) -> Corrupt {
        self.corrupt(Wrong::Endless, position)
    }

    /// Notes that all before `position` are taken.
    #[inline]
    fn move_head(&self, position: u64) {
        // ORDERING: Relaxed; nothing depends on this hint.
        self.ends.head.position.store(position, Relaxed);
        step("queue: head moved");
    }

    /// Lists the slot, if fewer than `bound` are listed.
    #[inline]
    pub(crate) fn push(&self, held: Held, me: Owner, time: Time, bound: u64) -> Result<(), Refused> {
        self.slots[held.slot as usize].post(&held, self.number, me, time);
        self.list(held.slot, bound).or_else(|why| self.refuse(held, me, time, why))
    }

    /// Lists a slot that was posted and is in no list. Says why not, if so.
    #[inline]
    pub(crate) fn list(&self, slot: u32, bound: u64) -> Result<(), Why> {
        // ORDERING: TAIL, acquire side. A hint: the cell decides.
        let mut tail = self.ends.tail.position.load(Acquire);
        let mut steps = self.steps();
        while steps.next().is_some() {
            let cell = self.cells.at(tail);
            // ORDERING: Relaxed; the exchange confirms it, and nothing is read by way of it. Who walks over a listing
            // has seen it, and by coherence so has everybody who learns of the next (TAIL).
            let seen = cell.load(Relaxed);
            match self.cells.read(seen, tail) {
                Said::Nothing => {}
                Said::Listed(CLOSED) => return Err(Why::Closed),
                Said::Listed(_) => {
                    tail = tail.wrapping_add(1);
                    continue;
                }
                Said::Gone(listed) => {
                    tail = listed.wrapping_add(1);
                    continue;
                }
            }
            if bound < self.slots.len() as u64 && distance(self.settled_head(&mut steps)?, tail) >= bound {
                return Err(Why::Full);
            }
            self.slots[slot as usize].list_at(tail);
            // ORDERING: LISTING, release side: the post and the place above are seen by whoever sees the listing; TAIL.
            // Model: loom-tests/queue.rs.
            if cell.compare_exchange(seen, self.cells.listing(tail, slot), Release, Relaxed).is_ok() {
                step("queue: listed");
                // ORDERING: TAIL, release side.
                self.ends.tail.position.store(tail.wrapping_add(1), Release);
                step("queue: tail moved");
                if tail % 64 == 63 {
                    self.note_depth();
                }
                return Ok(());
            }
        }
        Err(Why::Corrupt(self.endless(tail)))
    }

    #[cold]
    fn refuse(&self, held: Held, me: Owner, time: Time, why: Why) -> Result<(), Refused> {
        match self.slots[held.slot as usize].retract(&held, self.number, me, time) {
            true => Err(why.refuse(held)),
            // Somebody found the post without a listing and took it: it has arrived.
            false => Ok(()),
        }
    }

    /// Takes the slot that was listed first.
    #[inline]
    pub(crate) fn pop(&self, me: Owner) -> Popped {
        // ORDERING: Relaxed; a hint. Cell and word decide.
        let mut head = self.ends.head.position.load(Relaxed);
        for _ in self.steps() {
            // ORDERING: LISTING, acquire side: the slot's word is the one posted for this listing, or a later one.
            let number = match self.cells.read(self.cells.at(head).load(Acquire), head) {
                Said::Nothing => return Popped::Empty,
                Said::Listed(CLOSED) => return Popped::Closed,
                Said::Listed(number) => number,
                Said::Gone(listed) => {
                    head = self.cells.first_after(listed);
                    continue;
                }
            };
            let Some(slot) = self.slots.get(number as usize) else {
                return Popped::Corrupt(self.corrupt(Wrong::NoSuchSlot, u64::from(number)));
            };
            let taken = slot.ready_at(self.number, head).and_then(|seen| slot.try_take(number, seen, me));
            // Taken by us or by another, it is no longer to be had here (Q1).
            if let Some(held) = taken {
                self.move_head(head.wrapping_add(1));
                return Popped::Taken(held, head);
            }
            head = head.wrapping_add(1);
        }
        Popped::Corrupt(self.endless(head))
    }

    /// Returns whether a slot is in the list by its last post. The poster is dead, and its words are known to the caller.
    pub(crate) fn lists(&self, slot: u32) -> bool {
        let Some(place) = self.slots[slot as usize].place() else { return false };
        // ORDERING: Relaxed; the poster wrote it, if anybody did. Who has taken the slot since has changed its word.
        let said = self.cells.read(self.cells.at(place).load(Relaxed), place);
        said == Said::Listed(slot)
    }

    /// Returns the slot that is listed at `position`, if one is: for whoever wants to fetch what will be taken next.
    #[inline]
    pub(crate) fn listed(&self, position: u64) -> Option<u32> {
        // ORDERING: Relaxed; a hint.
        match self.cells.read(self.cells.at(position).load(Relaxed), position) {
            Said::Listed(slot) if (slot as usize) < self.slots.len() => Some(slot),
            _ => None,
        }
    }

    /// Returns the place of the first listing that is not taken, or of the next if there is none.
    fn settled_head(&self, steps: &mut Range<usize>) -> Result<u64, Why> {
        // ORDERING: Relaxed; a hint.
        let mut head = self.ends.head.position.load(Relaxed);
        let first = head;
        while steps.next().is_some() {
            // ORDERING: LISTING, acquire side.
            head = match self.cells.read(self.cells.at(head).load(Acquire), head) {
                Said::Nothing | Said::Listed(CLOSED) => return Ok(self.settle(first, head)),
                Said::Gone(listed) => self.cells.first_after(listed),
                Said::Listed(number) => {
                    let slot = self.slots.get(number as usize);
                    if slot.is_none_or(|slot| slot.ready_at(self.number, head).is_some()) {
                        return Ok(self.settle(first, head));
                    }
                    head.wrapping_add(1)
                }
            };
        }
        Err(Why::Corrupt(self.endless(head)))
    }

    fn settle(&self, first: u64, head: u64) -> u64 {
        if head != first {
            self.move_head(head);
        }
        head
    }

    /// Returns the place of the next listing, and whether the queue is closed there.
    fn settled_tail(&self, steps: &mut Range<usize>) -> Result<(u64, bool), Corrupt> {
        // ORDERING: TAIL, acquire side.
        let mut tail = self.ends.tail.position.load(Acquire);
        while steps.next().is_some() {
            // ORDERING: LISTING, acquire side, for what a closer did before.
            tail = match self.cells.read(self.cells.at(tail).load(Acquire), tail) {
                Said::Nothing => return Ok((tail, false)),
                Said::Listed(CLOSED) => return Ok((tail, true)),
                Said::Listed(_) => tail.wrapping_add(1),
                Said::Gone(listed) => listed.wrapping_add(1),
            };
        }
        Err(self.endless(tail))
    }

    /// Ends the queue behind what is listed. Returns whether it is closed now, as it is unless its words are corrupt.
    pub(crate) fn close(&self) -> bool {
        let mut steps = self.steps();
        while steps.next().is_some() {
            let tail = match self.settled_tail(&mut steps) {
                Ok((tail, false)) => tail,
                Ok((_, true)) => return true,
                Err(_) => return false,
            };
            let cell = self.cells.at(tail);
            // ORDERING: Relaxed; the exchange confirms it.
            let seen = cell.load(Relaxed);
            if let Said::Nothing = self.cells.read(seen, tail) {
                // ORDERING: LISTING, release side, for what the closer did before.
                let _ = cell.compare_exchange(seen, self.cells.listing(tail, CLOSED), Release, Relaxed);
                step("queue: closed");
            }
        }
        false
    }

    /// Returns whether the queue has been closed; what is listed may still be received. Not if its words are corrupt.
    pub(crate) fn is_closed(&self) -> bool {
        self.settled_tail(&mut self.steps()).is_ok_and(|(_, is_closed)| is_closed)
    }

    /// Returns how many are listed: exact while nobody pushes or pops, near it otherwise; none, if the words are corrupt.
    pub(crate) fn depth(&self) -> u64 {
        // The head first, so that the tail is not behind it.
        let Ok(head) = self.settled_head(&mut self.steps()) else { return 0 };
        let Ok((tail, _)) = self.settled_tail(&mut self.steps()) else { return 0 };
        distance(head, tail).min(self.slots.len() as u64)
    }

    /// Returns the most that were listed at a time whenever somebody looked.
    pub(crate) fn high_water(&self) -> u64 {
        self.note_depth();
        // ORDERING: Relaxed; a figure.
        self.ends.tail.high_water.load(Relaxed).min(self.slots.len() as u64)
    }

    /// Notes how many are listed now, if they are more than ever before. To look, who pushes needs the line of those who
    /// pop, which costs more than the push: so it is done after every 64th push, and whenever there is time to look.
    pub(crate) fn note_depth(&self) {
        let depth = self.depth();
        // ORDERING: Relaxed, both; a figure.
        if depth > self.ends.tail.high_water.load(Relaxed) {
            self.ends.tail.high_water.fetch_max(depth, Relaxed);
        }
    }
}
