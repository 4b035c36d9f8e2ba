//! A queue of slots: a list of hints in the order of posting, and the slots' words that decide.
//!
//! A cell holds a slot's number and the lap it was written in. Who pushes posts the slot first and lists it then, so
//! nobody ever waits behind an unfinished push. Who pops takes the slot by its word, and a listing whose slot is gone
//! is passed over. Head and tail are hints too: anybody who finds one behind helps it on, so a participant that stops
//! between two steps stops nobody.
//!
//! ```text
//! cell = lap:40 | slot:24          cells: twice the slots or more, a power of two
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
//! - ONCE: `advance` to the second look at the head, by way of the slot's next post. A slot that is `Ready` again
//!   because it went round is not taken for its old listing, so the order of posting holds.

use super::slot::{Held, Owner, QueueNumber, Slot, Time};
use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// Instead of a slot's number: nothing comes after.
const CLOSED: u32 = SLOTS_END;

/// One more than the largest number of a slot.
pub(crate) const SLOTS_END: u32 = (1 << 24) - 1;

const SLOT_BITS: u32 = 24;

/// One place in a queue's list.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Cell(AtomicU64);

impl Cell {
    /// Makes a cell that was last written in the lap before the one of `position`, or never.
    pub(crate) fn before(position: u64, index: usize, cells: usize) -> Self {
        let lap = position / cells as u64 + u64::from((index as u64) < position % cells as u64);
        Self(AtomicU64::new(lap << SLOT_BITS | u64::from(CLOSED - 1)))
    }
}

/// Where pushing happens, and what those who push keep count of.
#[derive(Debug)]
#[repr(C, align(128))]
struct Tail {
    position: AtomicU64,
    /// A head that was seen lately.
    head: AtomicU64,
    high_water: AtomicU64,
}

/// Where popping happens.
#[derive(Debug)]
#[repr(C, align(128))]
struct Head {
    position: AtomicU64,
}

/// The two ends of a queue, on lines of their own.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Ends {
    tail: Tail,
    head: Head,
}

impl Ends {
    /// Makes the ends of a queue that has had `position` listings and has none now.
    pub(crate) fn new(position: u64) -> Self {
        Self {
            tail: Tail {
                position: AtomicU64::new(position),
                head: AtomicU64::new(position),
                high_water: AtomicU64::new(0),
            },
            head: Head { position: AtomicU64::new(position) },
        }
    }
}

/// A queue, and the slots that it lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue<'a> {
    pub(crate) number: QueueNumber,
    pub(crate) ends: &'a Ends,
    /// A power of two, at least twice as many as there are slots.
    pub(crate) cells: &'a [Cell],
    pub(crate) slots: &'a [Slot],
}

/// What a pop comes to.
#[derive(Debug)]
pub(crate) enum Popped {
    /// A slot, and which listing of the queue it was.
    Taken(Held, u64),
    /// Nothing is listed now.
    Empty,
    /// Nothing is listed, and nothing will be.
    Closed,
}

/// Why a push was refused; the slot is the caller's as before.
#[derive(Debug)]
pub(crate) enum Refused {
    /// As many are listed as may be.
    Full(Held),
    /// The queue is closed.
    Closed(Held),
}

/// How a cell's lap stands to a position's.
enum Lap {
    Before,
    Listed(u32),
    After,
}

impl Queue<'_> {
    fn cell(&self, position: u64) -> &AtomicU64 {
        &self.cells[position as usize & (self.cells.len() - 1)].0
    }

    fn lap(&self, position: u64) -> u64 {
        position >> self.cells.len().trailing_zeros()
    }

    /// What is written at a position.
    fn listing(&self, position: u64, slot: u32) -> u64 {
        (self.lap(position) + 1) << SLOT_BITS | u64::from(slot)
    }

    fn compare(&self, cell: u64, position: u64) -> Lap {
        // The difference of two 40-bit laps, in the upper bits so that it wraps where they do.
        let ahead = (cell >> SLOT_BITS << SLOT_BITS).wrapping_sub(self.listing(position, 0)) as i64;
        match ahead {
            0 => Lap::Listed(cell as u32 & CLOSED),
            ..0 => Lap::Before,
            _ => Lap::After,
        }
    }

    /// Lists the slot, if fewer than `bound` are listed.
    #[inline]
    pub(crate) fn push(&self, held: Held, me: Owner, time: Time, bound: u64) -> Result<(), Refused> {
        self.slots[held.slot as usize].post(&held, self.number, me, time);
        loop {
            // ORDERING: Relaxed; a hint. The cell decides.
            let tail = self.ends.tail.position.load(Relaxed);
            let cell = self.cell(tail);
            // ORDERING: Relaxed; the exchange confirms it, and nothing is read by way of it.
            let seen = cell.load(Relaxed);
            match self.compare(seen, tail) {
                Lap::Before => {}
                Lap::Listed(CLOSED) => return self.refuse(held, me, time, Refused::Closed),
                Lap::Listed(_) => {
                    self.help(&self.ends.tail.position, tail);
                    continue;
                }
                // The tail has moved on by a lap since we looked.
                Lap::After => continue,
            }
            if bound < self.slots.len() as u64 && !self.has_room(tail, bound) {
                return self.refuse(held, me, time, Refused::Full);
            }
            // ORDERING: LISTING, release side: the post above is seen by whoever sees the listing.
            // Model: loom-tests/queue.rs.
            if cell.compare_exchange(seen, self.listing(tail, held.slot), Release, Relaxed).is_ok() {
                self.help(&self.ends.tail.position, tail);
                self.note_depth(tail);
                return Ok(());
            }
        }
    }

    #[cold]
    fn refuse(&self, held: Held, me: Owner, time: Time, why: fn(Held) -> Refused) -> Result<(), Refused> {
        match self.slots[held.slot as usize].retract(&held, self.number, me, time) {
            true => Err(why(held)),
            // Somebody found the post without a listing and took it: it has arrived.
            false => Ok(()),
        }
    }

    /// Returns whether fewer than `bound` are listed before `tail`. Passes over what is taken, to be exact.
    fn has_room(&self, tail: u64, bound: u64) -> bool {
        loop {
            // ORDERING: Relaxed; a head that is behind makes us see less room, never more.
            let head = self.ends.head.position.load(Relaxed);
            if tail.wrapping_sub(head) < bound {
                return true;
            }
            if !self.pass_over(head) {
                return false;
            }
        }
    }

    /// Helps the head on if the slot listed there is taken; returns whether it looks worth looking again.
    fn pass_over(&self, head: u64) -> bool {
        // ORDERING: LISTING, acquire side.
        match self.compare(self.cell(head).load(Acquire), head) {
            Lap::Listed(slot) if slot != CLOSED => {
                let Some(slot) = self.slots.get(slot as usize) else { return false };
                let is_here = slot.word().is_ready_in(self.number);
                // ORDERING: Relaxed; a hint, and reading it again is all we want.
                if is_here && self.ends.head.position.load(Relaxed) == head {
                    return false;
                }
                self.help(&self.ends.head.position, head);
                true
            }
            Lap::After => true,
            _ => false,
        }
    }

    /// Takes the slot that was listed first.
    #[inline]
    pub(crate) fn pop(&self, me: Owner) -> Popped {
        loop {
            // ORDERING: Relaxed; a hint. Cell and word decide.
            let head = self.ends.head.position.load(Relaxed);
            // ORDERING: LISTING, acquire side: the slot's word is the one posted for this listing, or a later one.
            let number = match self.compare(self.cell(head).load(Acquire), head) {
                Lap::Before => return Popped::Empty,
                Lap::Listed(CLOSED) => return Popped::Closed,
                Lap::Listed(number) => number,
                // The head has moved on by a lap since we looked.
                Lap::After => continue,
            };
            let Some(slot) = self.slots.get(number as usize) else {
                // Not a number that any of us wrote.
                return Popped::Empty;
            };
            let seen = slot.word();
            // ORDERING: ONCE, second look. Whoever took the slot for this listing saw the head beyond it before it
            // posted the slot again, and `word` acquired that post. Relaxed; coherence does the rest.
            if self.ends.head.position.load(Relaxed) != head {
                continue;
            }
            let taken = match seen.is_ready_in(self.number) {
                true => slot.try_take(number, seen, me),
                false => None,
            };
            // Taken by us or by another, it is no longer to be had here (Q1).
            self.help(&self.ends.head.position, head);
            if let Some(held) = taken {
                return Popped::Taken(held, head);
            }
        }
    }

    /// Moves a hint on from `position`, unless somebody has.
    #[inline]
    fn help(&self, hint: &AtomicU64, position: u64) {
        // ORDERING: Relaxed; ONCE goes by this order within a thread: the head moves before the slot is posted again.
        let _ = hint.compare_exchange(position, position.wrapping_add(1), Relaxed, Relaxed);
    }

    /// Ends the queue behind what is listed.
    pub(crate) fn close(&self) {
        loop {
            // ORDERING: Relaxed, as in `list`.
            let tail = self.ends.tail.position.load(Relaxed);
            let cell = self.cell(tail);
            let seen = cell.load(Relaxed);
            match self.compare(seen, tail) {
                Lap::Listed(CLOSED) => return,
                Lap::Listed(_) => self.help(&self.ends.tail.position, tail),
                Lap::After => {}
                Lap::Before => {
                    // ORDERING: LISTING, release side, for what the closer did before.
                    if cell.compare_exchange(seen, self.listing(tail, CLOSED), Release, Relaxed).is_ok() {
                        return;
                    }
                }
            }
        }
    }

    /// Returns whether the queue has been closed; what is listed may still be received.
    pub(crate) fn is_closed(&self) -> bool {
        loop {
            // ORDERING: Relaxed, as in `list`; Acquire for what the closer did before.
            let tail = self.ends.tail.position.load(Relaxed);
            match self.compare(self.cell(tail).load(Acquire), tail) {
                Lap::Before => return false,
                Lap::Listed(slot) => {
                    if slot == CLOSED {
                        return true;
                    }
                    self.help(&self.ends.tail.position, tail);
                }
                Lap::After => {}
            }
        }
    }

    /// Returns how many are listed: exact while nobody pushes or pops, near it otherwise.
    pub(crate) fn depth(&self) -> u64 {
        // ORDERING: Relaxed, both; a figure. The head first, so that the tail is not behind it.
        let head = self.ends.head.position.load(Relaxed);
        self.ends.tail.position.load(Relaxed).saturating_sub(head).min(self.slots.len() as u64)
    }

    /// Returns the most that were ever listed at a time, as far as those who pushed have seen.
    pub(crate) fn high_water(&self) -> u64 {
        // ORDERING: Relaxed; a figure.
        self.ends.tail.high_water.load(Relaxed).min(self.slots.len() as u64)
    }

    /// Notes the depth after a push at `tail`. Looks at the head, which is another's line, only if by the head that was
    /// seen last this would be the deepest yet.
    #[inline]
    fn note_depth(&self, tail: u64) {
        let ends = &self.ends.tail;
        // ORDERING: Relaxed, all; figures.
        let high_water = ends.high_water.load(Relaxed);
        if tail.wrapping_add(1).wrapping_sub(ends.head.load(Relaxed)) <= high_water {
            return;
        }
        let head = self.ends.head.position.load(Relaxed);
        ends.head.store(head, Relaxed);
        ends.high_water.fetch_max(tail.wrapping_add(1).saturating_sub(head), Relaxed);
    }
}
