//! Slots in escrow: each belongs to whoever first shows its ticket, which travels by other means than a queue.
//!
//! The ticket is the slot's number and its generation. The slot's word says that it is `Ready` in a queue of which there is no
//! list, so nobody comes across it; it is taken by its number, if the generation is still the ticket's. A ticket is used once:
//! whoever takes the slot makes it another generation. What nobody comes for is reclaimed when it has been there for some
//! time; whoever comes later finds another generation, or nothing in escrow.
//!
//! ```text
//! deposit: the slot is posted to the escrow, then the time noted        redeem, reclaim: taken by exactly that word
//! ```
//! - X1: of all who redeem a ticket, and who reclaim its slot, one gets it.
//! - X2: a time that is found was noted for this deposit, or for a later one, whose word is another. One that was not noted, because
//!   its depositor died, is noted by the first that would reclaim.
//! - HANDOVER and PLACE: as in `slot`.

use super::slot::{Held, Owner, QueueNumber, Slot, Time};
use super::word::MOST_QUEUES;

/// The queue that has no list.
pub(crate) const ESCROW: QueueNumber = (MOST_QUEUES - 1) as QueueNumber;

/// Puts a slot in escrow; returns the generation that its ticket names. `now` counts upwards.
pub(crate) fn deposit(slot: &Slot, held: &Held, me: Owner, now: u64) -> u64 {
    slot.post(held, ESCROW, me, Time::First);
    slot.list_at(now);
    held.generation()
}

/// Takes a slot by its ticket, unless that was used or has expired.
pub(crate) fn redeem(slot: &Slot, number: u32, generation: u64, me: Owner) -> Option<Held> {
    let seen = slot.word();
    if !seen.is_ready_in(ESCROW) || seen.generation() != generation {
        return None;
    }
    slot.try_take(number, seen, me)
}

/// Takes a slot that is in escrow since `before` or longer.
pub(crate) fn reclaim(slot: &Slot, number: u32, before: u64, now: u64, me: Owner) -> Option<Held> {
    let (seen, since) = slot.ready_since(ESCROW)?;
    match since {
        Some(since) if since <= before => slot.try_take(number, seen, me),
        Some(_) => None,
        None => {
            slot.list_at(now);
            None
        }
    }
}
