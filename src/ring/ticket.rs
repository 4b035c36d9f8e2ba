//! A buffer on its way by other means than a queue: in a message, through a socket, on paper.

use std::fmt;
use std::time::Duration;

use super::error::SendError;
use super::{Buffer, Ring};
use crate::memory::Value;
use crate::protocol::escrow;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sys::clock;

/// What redeems a buffer that was [deposited](Ring::deposit): 16 bytes that travel by any channel.
///
/// It is a name and not a handle: whoever has it may copy it, and the first that redeems it gets the buffer. One that is lost
/// leaves its buffer with the ring, until somebody [reclaims](Ring::reclaim) it.
///
/// # Examples
///
/// ```
/// use ringmill::ring::{Ring, Ticket};
///
/// let ring = Ring::<u32>::builder().buffers(2).buffer_len(4).build()?;
/// let mut buffer = ring.claim()?;
/// buffer.fill(7);
/// let ticket: [u8; 16] = ring.deposit(buffer)?.to_bytes();
///
/// // Elsewhere, by a handle to the same ring:
/// let buffer = ring.redeem(Ticket::from_bytes(ticket))?;
/// assert_eq!(buffer[..], [7; 4]);
/// assert!(ring.redeem(Ticket::from_bytes(ticket)).is_err(), "a ticket is used once");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    ring: u64,
    /// generation:40 | slot:24
    slot: u64,
}

const SLOT_BITS: u32 = 24;

impl Ticket {
    /// Returns the ticket's bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.ring.to_le_bytes());
        bytes[8..].copy_from_slice(&self.slot.to_le_bytes());
        bytes
    }

    /// Makes a ticket of bytes. If they are not those of a ticket, it redeems nothing.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let bytes = u128::from_le_bytes(bytes);
        Self { ring: bytes as u64, slot: (bytes >> 64) as u64 }
    }

    fn number(self) -> u32 {
        self.slot as u32 & ((1 << SLOT_BITS) - 1)
    }

    fn generation(self) -> u64 {
        self.slot >> SLOT_BITS
    }
}

/// Says why a ticket redeems nothing.
///
/// # Examples
///
/// See [`Ticket`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedeemError {
    /// It is a ticket of another ring.
    Foreign,
    /// It was redeemed before, or its buffer was reclaimed, or it never was a ticket.
    Used,
    /// The ring is another process's, from which this one was forked.
    Closed,
}

impl fmt::Display for RedeemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "the ticket is of another ring",
            Self::Used => "the ticket was redeemed before, or has expired",
            Self::Closed => "the ring is another process's",
        })
    }
}

impl std::error::Error for RedeemError {}

impl<T: Value> Ring<T> {
    /// Gives a buffer away to whoever first shows its ticket: a process that has opened this ring, or a thread of this one.
    ///
    /// # Errors
    ///
    /// [`SendError::Foreign`] for a buffer of another ring, [`SendError::Closed`] in a forked process. Each gives the buffer back.
    ///
    /// # Examples
    ///
    /// See [`Ticket`].
    pub fn deposit(&self, buffer: Buffer<T>) -> Result<Ticket, SendError<T>> {
        if !buffer.core().is_of(self.core()) {
            return Err(SendError::Foreign(buffer));
        }
        if self.core().is_lost() {
            return Err(SendError::Closed(buffer));
        }
        let (core, held, len) = buffer.into_parts();
        let slot = core.get().slot(held.slot);
        // ORDERING: Relaxed; the slot is ours, and goes by HANDOVER.
        slot.len.store(len as u64, Relaxed);
        let generation = escrow::deposit(slot, &held, self.core().me(), clock::millis());
        Ok(Ticket { ring: self.core().id(), slot: generation << SLOT_BITS | u64::from(held.slot) })
    }

    /// Takes the buffer of a ticket. It counts as received.
    ///
    /// # Errors
    ///
    /// [`RedeemError`], if it is another ring's, or not redeemable any more.
    ///
    /// # Examples
    ///
    /// See [`Ticket`].
    pub fn redeem(&self, ticket: Ticket) -> Result<Buffer<T>, RedeemError> {
        let core = self.core();
        if core.is_lost() {
            return Err(RedeemError::Closed);
        }
        let number = ticket.number();
        if ticket.ring != core.id() || number as usize >= self.buffers() {
            return Err(RedeemError::Foreign);
        }
        let held = escrow::redeem(core.slot(number), number, ticket.generation(), core.me());
        held.map(|held| self.received(held)).ok_or(RedeemError::Used)
    }

    /// Frees the buffers that were deposited this long ago or longer, and that nobody came for; returns how many. Their
    /// tickets redeem nothing any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringmill::ring::{RedeemError, Ring};
    ///
    /// let ring = Ring::<u32>::builder().buffers(1).build()?;
    /// let ticket = ring.deposit(ring.claim()?)?;
    /// assert_eq!(ring.reclaim(Duration::from_secs(60)), 0);
    /// assert_eq!(ring.reclaim(Duration::ZERO), 1);
    /// assert_eq!(ring.redeem(ticket).unwrap_err(), RedeemError::Used);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reclaim(&self, age: Duration) -> usize {
        let core = self.core();
        if core.is_lost() {
            return 0;
        }
        let now = clock::millis();
        let before = now.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let reclaimed = (0..self.buffers() as u32)
            .filter_map(|number| escrow::reclaim(core.slot(number), number, before, now, core.me()));
        reclaimed.map(|held| self.received(held).release()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_ticket_gives_back_what_it_was_made_of(ring: u64, generation in 0u64..1 << 40, number in 0u32..1 << 24) {
            let ticket = Ticket { ring, slot: generation << SLOT_BITS | u64::from(number) };
            let again = Ticket::from_bytes(ticket.to_bytes());
            prop_assert_eq!((again, again.number(), again.generation()), (ticket, number, generation));
        }
    }
}
