//! What becomes of a ring's slots when the last handle of this process is gone.

use crate::protocol::departure::Departure;
use crate::protocol::retirement::Retirement;
use crate::protocol::slot::{Owner, Slot};

/// How this process's part in a ring ends: the claims to its memory, one for each slot and one for the handles.
#[derive(Debug)]
pub(super) struct Ending {
    claims: Retirement,
    /// Where other processes go on with the slots.
    departure: Option<Departure>,
}

impl Ending {
    /// The ring ends with us: its slots are retired.
    pub(super) fn of_the_ring(slots: usize) -> Self {
        Self { claims: Retirement::new(slots + 1), departure: None }
    }

    /// Others go on with the ring: its slots are counted out.
    pub(super) fn of_our_part(slots: usize) -> Self {
        Self { claims: Retirement::new(slots + 1), departure: Some(Departure::new(slots)) }
    }

    /// Announces the end, for the last handle, once; returns how many slots nobody here holds, whose claims are the caller's
    /// to give up.
    pub(super) fn begin(&self, slots: &[Slot], me: Owner) -> usize {
        self.claims.announce();
        (0..)
            .zip(slots)
            .filter(|(number, slot)| !slot.word().is_held_by(me) && self.end(*number, slot))
            .count()
    }

    /// Ends our part in a slot that is not ours; returns whether this call did, and its claim is the caller's to give up.
    fn end(&self, number: u32, slot: &Slot) -> bool {
        match &self.departure {
            None => slot.retire(),
            Some(departure) => departure.count_out(number),
        }
    }

    /// Ends our part in a slot that the caller has just given away, if the end was announced; returns whether this call did.
    #[inline]
    pub(super) fn end_if_announced(&self, number: u32, slot: &Slot) -> bool {
        self.claims.is_announced() && self.end(number, slot)
    }

    #[inline]
    pub(super) fn claims(&self) -> &Retirement {
        &self.claims
    }
}
