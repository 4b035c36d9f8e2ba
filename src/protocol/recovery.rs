//! What becomes of the slots that a dead participant had.
//!
//! Slots' words are the truth and queues are lists of hints, so a death leaves little to mend: the slots that the dead held, and
//! those that it posted and did not come to list. Whoever sweeps takes each for its own, by one exchange, and gives it away as
//! any holder does. A sweeper that dies in between holds it then, and whoever sweeps the sweeper goes on from there.
//!
//! ```text
//! Held(dead, FREE)                    --> the free slots
//! Held(dead, q), not begun to change  --> q once more, marked RETRY
//! Held(dead, q), DIRTY                --> as the ring decided: the free slots; q once more, marked RETRY; set aside
//! Ready(q, dead), not listed          --> listed in q: the message is whole, nobody has had it
//! Ready(q, dead), listed              stays, and so does what is in escrow, for whoever has the ticket
//! what a closed queue cannot take     --> set aside
//! ```
//! - N3: a slot that names the dead as its owner is the one sweeper's to take (V3); the words of others are left alone.
//! - N4: `Ready` and not listed, posted by a dead one, is nobody's to take but the sweeper's, so it stays so until it is taken. A
//!   post forgets the slot's place before it is `Ready`, so a place that leads to a cell with the slot's listing is this
//!   post's, and the slot is listed.
//! - N5: whoever sees a number free finds no slot that its last participant held or left unlisted: the number is freed
//!   (V4) after all slots have been looked at.

use std::ops::AddAssign;

use super::escrow::ESCROW;
use super::participant::{Participants, Sweep};
use super::queue::{Queue, Refused};
use super::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};

/// What becomes of a slot whose holder died after it had begun to change what it received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dirty {
    /// It is freed, the message lost.
    Skip,
    /// It is sent again, marked.
    SendAgain,
    /// It is set aside for whoever inspects it.
    SetAside,
}

/// How many slots a sweep has given where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) freed: u32,
    /// Marked as coming a second time.
    pub(crate) sent_again: u32,
    /// Posted by the dead, and listed for it.
    pub(crate) listed: u32,
    pub(crate) set_aside: u32,
}

impl AddAssign for Recovered {
    fn add_assign(&mut self, more: Self) {
        self.freed += more.freed;
        self.sent_again += more.sent_again;
        self.listed += more.listed;
        self.set_aside += more.set_aside;
    }
}

/// The slots of a region, and where they go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery<'a, Q> {
    pub(crate) slots: &'a [Slot],
    /// Gives the queue of a number, if there is one.
    pub(crate) queue: Q,
    /// The sweeper.
    pub(crate) me: Owner,
    pub(crate) dirty: Dirty,
}

impl<'a, Q: Fn(QueueNumber) -> Option<Queue<'a>>> Recovery<'a, Q> {
    /// Gives away all that a dead participant had, resets by `reset` what it slept in or kept count of, and frees its number.
    /// Then everybody is to be woken.
    pub(crate) fn sweep(
        &self,
        sweep: Sweep,
        participants: Participants<'_>,
        reset: impl FnOnce(Owner),
    ) -> Recovered {
        let recovered = self.recover(&sweep);
        reset(sweep.dead);
        // Last (N5).
        participants.free(sweep);
        recovered
    }

    /// Gives away all that a dead participant had. An heir does so in its own name, before it has the number (`heir`).
    pub(crate) fn recover(&self, sweep: &Sweep) -> Recovered {
        let mut recovered = Recovered::default();
        for number in 0..self.slots.len() as u32 {
            self.recover_slot(number, sweep.dead, &mut recovered);
        }
        recovered
    }

    fn recover_slot(&self, number: u32, dead: Owner, recovered: &mut Recovered) {
        let slot = &self.slots[number as usize];
        let seen = slot.word();
        if seen.owner() != dead {
            return;
        }
        if seen.is_held() {
            if let Some(held) = slot.adopt(number, seen, self.me) {
                self.give(held, recovered);
            }
        } else if seen.is_ready() && !self.is_listed(number, seen.queue()) {
            // It is gone if somebody has taken it by its listing, after all (N4).
            if let Some(held) = slot.try_take(number, seen, self.me) {
                let time = if held.is_retry() { Time::Again } else { Time::First };
                self.push(held, seen.queue(), time, &mut recovered.listed, &mut recovered.set_aside);
            }
        }
    }

    fn is_listed(&self, number: u32, queue: QueueNumber) -> bool {
        // What is in escrow is its ticket's.
        queue == ESCROW || (self.queue)(queue).is_some_and(|queue| queue.lists(number))
    }

    /// Gives away a slot that the dead held.
    fn give(&self, held: Held, recovered: &mut Recovered) {
        let queue = held.came_from();
        let Recovered { freed, sent_again, set_aside, .. } = recovered;
        match self.dirty {
            _ if queue == FREE => self.push(held, FREE, Time::First, freed, set_aside),
            Dirty::Skip if held.is_dirty() => self.push(held, FREE, Time::First, freed, set_aside),
            Dirty::SetAside if held.is_dirty() => self.set_aside(held, set_aside),
            _ => self.push(held, queue, Time::Again, sent_again, set_aside),
        }
    }

    /// Lists a slot, however many are listed, or sets it aside if its queue takes nothing any more.
    fn push(&self, held: Held, queue: QueueNumber, time: Time, pushed: &mut u32, set_aside: &mut u32) {
        let result = match (self.queue)(queue) {
            Some(queue) => queue.push(held, self.me, time, u64::MAX),
            None => Err(Refused::Closed(held)),
        };
        match result {
            Ok(()) => *pushed += 1,
            Err(Refused::Full(held) | Refused::Closed(held) | Refused::Corrupt(held, _)) => {
                self.set_aside(held, set_aside);
            }
        }
    }

    fn set_aside(&self, held: Held, set_aside: &mut u32) {
        self.slots[held.slot as usize].set_aside(held, self.me);
        *set_aside += 1;
    }
}
