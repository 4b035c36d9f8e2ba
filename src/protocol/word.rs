//! What a slot's word says. Pure arithmetic.
//!
//! ```text
//! generation:40 | owner:10 | queue:6 | flags:4 | state:4
//! ```
//! A generation that runs over its 40 bits comes round.

/// The number of a participant, below 1,024.
pub(crate) type Owner = u16;

/// The number of a queue, below 64; 0 is the free slots'.
pub(crate) type QueueNumber = u8;

/// The queue of the free slots.
pub(crate) const FREE: QueueNumber = 0;

/// The most queues a slot's word can name.
pub(crate) const MOST_QUEUES: usize = 64;

pub(crate) const READY: u64 = 1;
pub(crate) const HELD: u64 = 2;
pub(crate) const ABANDONED: u64 = 3;
pub(crate) const RETIRED: u64 = 4;

/// A flag: the holder has begun to change what it received.
pub(crate) const DIRTY: u64 = 1 << 4;
/// A flag: the payload comes a second time, from a holder that gave it up.
pub(crate) const RETRY: u64 = 1 << 5;

const STATE: u64 = 0xf;
const QUEUE_SHIFT: u32 = 8;
const OWNER_SHIFT: u32 = 14;
const GENERATION_SHIFT: u32 = 24;

/// What a slot's word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    #[inline]
    pub(crate) fn new(generation: u64, owner: Owner, queue: QueueNumber, flags: u64, state: u64) -> Self {
        debug_assert!(owner < 1 << 10 && usize::from(queue) < MOST_QUEUES);
        // What runs over the top of a generation is lost: it comes round.
        Self(
            generation << GENERATION_SHIFT
                | u64::from(owner) << OWNER_SHIFT
                | u64::from(queue) << QUEUE_SHIFT
                | flags
                | state,
        )
    }

    /// Returns whether the slot waits in `queue` for somebody to take it.
    #[inline]
    pub(crate) fn is_ready_in(self, queue: QueueNumber) -> bool {
        self.is_ready() && self.queue() == queue
    }

    #[inline]
    pub(crate) fn is_ready(self) -> bool {
        self.0 & STATE == READY
    }

    /// Returns whether `owner` holds the slot.
    pub(crate) fn is_held_by(self, owner: Owner) -> bool {
        self.is_held() && self.owner() == owner
    }

    /// Returns whether a holder set the slot aside.
    pub(crate) fn is_abandoned(self) -> bool {
        self.0 & STATE == ABANDONED
    }

    /// Returns whether somebody owns the payload.
    pub(crate) fn is_held(self) -> bool {
        self.0 & STATE == HELD
    }

    /// Returns the holder, or who gave the slot up last.
    pub(crate) fn owner(self) -> Owner {
        (self.0 >> OWNER_SHIFT) as Owner & 0x3ff
    }

    #[inline]
    pub(crate) fn queue(self) -> QueueNumber {
        (self.0 >> QUEUE_SHIFT) as u8 & 0x3f
    }

    #[inline]
    pub(crate) fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_word_gives_back_what_it_was_made_of(
            generation in 0u64..1 << 40,
            owner in 0u16..1 << 10,
            queue in 0u8..64,
            state in prop::sample::select(vec![READY, HELD, ABANDONED, RETIRED]),
        ) {
            let word = Word::new(generation, owner, queue, RETRY, state);
            prop_assert_eq!((word.generation(), word.queue()), (generation, queue));
            prop_assert_eq!(word.is_ready(), state == READY);
            prop_assert_eq!(word.is_ready_in(queue), state == READY);
            prop_assert!(!word.is_ready_in(queue ^ 1));
            prop_assert_eq!(word.is_abandoned(), state == ABANDONED);
            prop_assert_eq!((word.is_held(), word.owner()), (state == HELD, owner));
            prop_assert!(word.0 & RETRY != 0 && word.0 & DIRTY == 0);
            // The next generation is another word, also past the last one.
            prop_assert_ne!(Word::new(generation.wrapping_add(1), owner, queue, RETRY, state), word);
            prop_assert_eq!(Word::new(1 << 40 | generation, owner, queue, RETRY, state), word);
        }
    }
}
