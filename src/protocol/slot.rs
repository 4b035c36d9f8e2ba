//! One slot: a word that says who owns the payload beside it.
//!
//! The word is all that parties race on. To own the payload is to have moved the word last. What travels with the
//! payload (its valid length, a tag, a sequence number) lies on the word's line and is the owner's, as the payload is.
//!
//! ```text
//! Ready(queue, poster, g)  --take-->  Held(owner, queue, g + 1)  --post-->  Ready(other queue, owner, g + 1)
//!                          --retire-> Retired                    --set_aside--> Abandoned  --take--> Held
//! ```
//! - S1: only the participant that moved the word last touches the payload. `take` and `retire` exchange exactly the
//!   word they saw, and the generation makes each word of a slot's life another one; what is `Held` its owner alone
//!   moves on. The token [`Held`] is made by `take` and consumed by the step that gives the slot away.
//! - S2: the payload is initialised in every state.
//!   What a dead participant holds is its one sweeper's (V3), who `adopt`s it.
//! - S3: while readers are counted the word stays `Held` and nobody writes; the reader that leaves last owns the slot.
//! - HANDOVER: `post` to `take`, carries the payload. RETURN is the same pair on the way back to the free queue, and
//!   carries the end of the last owner's accesses.
//! - PLACE: `post` to `ready_at`, carries that the slot's place in a list is no longer an earlier one.
//! - READ: `drop_reader` to the last `drop_reader`, carries the end of each reader's accesses.

use super::word::{ABANDONED, DIRTY, HELD, READY, RETIRED, RETRY};
pub(crate) use super::word::{FREE, MOST_QUEUES, Owner, QueueNumber, Word};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use crate::sync::fence;
use crate::sync::step::step;

use Ordering::{Acquire, Relaxed, Release};

/// No place in any list.
const UNLISTED: u64 = u64::MAX;

/// Whether a queue gets a payload for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    First,
    /// A holder had it and gave it up.
    Again,
}

/// The token of a held slot: its holder owns the payload (S1).
#[derive(Debug)]
#[must_use = "a slot whose token is lost is lost"]
pub(crate) struct Held {
    pub(crate) slot: u32,
    word: Word,
}

impl Held {
    /// Returns the queue that the slot was taken from.
    pub(crate) fn came_from(&self) -> QueueNumber {
        self.word.queue()
    }

    /// Returns whether an earlier holder gave the payload up.
    pub(crate) fn is_retry(&self) -> bool {
        self.word.0 & RETRY != 0
    }

    /// Returns how often the slot had been taken, modulo 2^40.
    pub(crate) fn generation(&self) -> u64 {
        self.word.generation()
    }

    /// Returns whether the holder has begun to change what it received.
    #[inline]
    pub(crate) fn is_dirty(&self) -> bool {
        self.word.0 & DIRTY != 0
    }

    #[inline]
    fn posted(&self, queue: QueueNumber, owner: Owner, time: Time) -> Word {
        let flags = if time == Time::Again { RETRY } else { 0 };
        Word::new(self.word.generation(), owner, queue, flags, READY)
    }
}

/// One slot, on a line of its own together with the line that is fetched beside it.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Slot {
    word: AtomicU64,
    /// The place in its queue's list, once the slot has one.
    listed_at: AtomicU64,
    readers: AtomicU32,
    /// Elements of the payload that are valid; the holder's.
    pub(crate) len: AtomicU64,
    /// The user's own number; the holder's.
    pub(crate) tag: AtomicU64,
    /// The payload's place in its order; the holder's.
    pub(crate) sequence: AtomicU64,
}

impl Slot {
    /// Makes a free slot that was taken `generation` times, released by `poster`.
    pub(crate) fn new(poster: Owner, generation: u64) -> Self {
        Self {
            word: AtomicU64::new(Word::new(generation, poster, FREE, 0, READY).0),
            listed_at: AtomicU64::new(UNLISTED),
            readers: AtomicU32::new(0),
            len: AtomicU64::new(0),
            tag: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
        }
    }

    /// Returns what the word says now.
    pub(crate) fn word(&self) -> Word {
        // ORDERING: Relaxed; whoever goes by it confirms it.
        Word(self.word.load(Relaxed))
    }

    /// Returns the word if the slot waits in `queue` by the listing at `position`, and by no other.
    #[inline]
    pub(crate) fn ready_at(&self, queue: QueueNumber, position: u64) -> Option<Word> {
        // ORDERING: PLACE, acquire side: the place that is read next belongs to this post or to a later one, never to
        // one before. If the word is still this one when it is taken, the place was this post's.
        let word = Word(self.word.load(Acquire));
        // ORDERING: Relaxed; see above. Written before the listing that led here, so by LISTING it is there.
        (word.is_ready_in(queue) && self.listed_at.load(Relaxed) == position).then_some(word)
    }

    /// Returns the word if the slot waits in `queue`, and what has been noted as its place.
    pub(crate) fn ready_since(&self, queue: QueueNumber) -> Option<(Word, Option<u64>)> {
        // ORDERING: PLACE, acquire side, as above. Model: loom-tests/escrow.rs.
        let seen = Word(self.word.load(Acquire));
        // ORDERING: Relaxed; see above.
        let place = self.listed_at.load(Relaxed);
        seen.is_ready_in(queue).then_some((seen, Some(place).filter(|&place| place != UNLISTED)))
    }

    /// Notes the place at which the caller is about to list the slot that it posted.
    #[inline]
    pub(crate) fn list_at(&self, position: u64) {
        // ORDERING: Relaxed; goes by LISTING.
        self.listed_at.store(position, Relaxed);
        step("slot: place noted");
    }

    /// Returns the place that was noted for the last post, if one was.
    pub(crate) fn place(&self) -> Option<u64> {
        // ORDERING: Relaxed; of a poster that is known to be dead, the last value is seen.
        Some(self.listed_at.load(Relaxed)).filter(|&place| place != UNLISTED)
    }

    /// Takes the slot if its word is still the one that was seen, which has to be `Ready` or `Abandoned`.
    #[inline]
    pub(crate) fn try_take(&self, number: u32, seen: Word, owner: Owner) -> Option<Held> {
        debug_assert!(seen.is_ready() || seen.is_abandoned());
        let word = Word::new(seen.generation().wrapping_add(1), owner, seen.queue(), seen.0 & RETRY, HELD);
        // ORDERING: HANDOVER and RETURN, acquire side. Model: loom-tests/slot.rs.
        self.word.compare_exchange(seen.0, word.0, Acquire, Relaxed).ok()?;
        step("slot: taken");
        Some(Held { slot: number, word })
    }

    /// Takes the slot from a dead holder, as it is, if its word is still the one that was seen. The caller sweeps that holder.
    pub(crate) fn adopt(&self, number: u32, seen: Word, owner: Owner) -> Option<Held> {
        debug_assert!(seen.is_held());
        let flags = seen.0 & (DIRTY | RETRY);
        let word = Word::new(seen.generation().wrapping_add(1), owner, seen.queue(), flags, HELD);
        // ORDERING: Relaxed; what the dead did is known by PROOF or ESTATE.
        self.word.compare_exchange(seen.0, word.0, Relaxed, Relaxed).ok()?;
        step("slot: adopted");
        Some(Held { slot: number, word })
    }

    /// Says that `queue` has the slot, for the first time or again. Whoever learns of it may take it from now on.
    ///
    /// The token stays with the caller until the slot is listed: a queue that refuses it [`retract`](Self::retract)s.
    #[inline]
    pub(crate) fn post(&self, held: &Held, queue: QueueNumber, owner: Owner, time: Time) {
        // ORDERING: PLACE, with the release below: who sees this post sees no place of an earlier one.
        self.listed_at.store(UNLISTED, Relaxed);
        step("slot: place forgotten");
        // ORDERING: HANDOVER, RETURN and PLACE, release side. Model: loom-tests/slot.rs.
        self.word.store(held.posted(queue, owner, time).0, Release);
        step("slot: posted");
    }

    /// Takes a post back that no queue has listed; returns whether the slot is the caller's again.
    ///
    /// It is not if somebody found it without a listing.
    pub(crate) fn retract(&self, held: &Held, queue: QueueNumber, owner: Owner, time: Time) -> bool {
        let posted = held.posted(queue, owner, time);
        // ORDERING: Relaxed; what we find is what we wrote.
        let is_ours = self.word.compare_exchange(posted.0, held.word.0, Relaxed, Relaxed).is_ok();
        step("slot: retracted");
        is_ours
    }

    /// Notes that the holder begins to change the payload.
    #[inline]
    pub(crate) fn mark_dirty(&self, held: &mut Held) {
        held.word.0 |= DIRTY;
        // ORDERING: Relaxed; for whoever finds the holder dead, and a dead holder's stores are all done.
        self.word.store(held.word.0, Relaxed);
        // In the order of the program: a holder that dies before this has changed nothing.
        fence::in_thread();
        step("slot: dirty");
    }

    /// Takes the slot out of circulation, its payload kept, until somebody takes it on purpose.
    pub(crate) fn set_aside(&self, held: Held, owner: Owner) {
        let word = Word::new(held.word.generation(), owner, held.came_from(), RETRY, ABANDONED);
        // ORDERING: HANDOVER, release side.
        self.word.store(word.0, Release);
        step("slot: set aside");
    }

    /// Takes the slot out of service for good, unless somebody holds it; returns whether this call did.
    ///
    /// The holder of a slot that was not retired calls this again after it has given the slot back.
    pub(crate) fn retire(&self) -> bool {
        // ORDERING: Relaxed; the exchange confirms it.
        let seen = Word(self.word.load(Relaxed));
        if !seen.is_ready() && !seen.is_abandoned() {
            return false;
        }
        // ORDERING: RETURN, acquire side: whoever unmaps the payload does so after its last owner's accesses.
        self.word.compare_exchange(seen.0, RETIRED, Acquire, Relaxed).is_ok()
    }

    /// Gives a held slot to one reader; from now on it is the readers' together.
    pub(crate) fn share(&self, held: Held) {
        let Held { .. } = held;
        // ORDERING: Relaxed; others learn of the slot from the first reader.
        self.readers.store(1, Relaxed);
    }

    /// Counts one more reader, beside one that is counted; returns how many there were before.
    pub(crate) fn add_reader(&self) -> u32 {
        // ORDERING: Relaxed; the reader that is counted keeps the slot shared.
        self.readers.fetch_add(1, Relaxed)
    }

    /// Counts one reader less. The last gets the slot, whose number is `number`, for itself (S3).
    pub(crate) fn drop_reader(&self, number: u32) -> Option<Held> {
        // ORDERING: READ, release side. Model: loom-tests/slot.rs.
        if self.readers.fetch_sub(1, Release) != 1 {
            return None;
        }
        // ORDERING: READ, acquire side: synchronises with every reader that left before.
        fence(Acquire);
        Some(self.held_again(number))
    }

    /// Gives the slot to its reader if there is just one.
    pub(crate) fn drop_only_reader(&self, number: u32) -> Option<Held> {
        // ORDERING: READ, acquire side, as in `drop_reader`.
        self.readers.compare_exchange(1, 0, Acquire, Relaxed).ok()?;
        Some(self.held_again(number))
    }

    fn held_again(&self, number: u32) -> Held {
        // ORDERING: Relaxed; the word has not changed since the slot was shared (S3), and readers came to know then.
        Held { slot: number, word: Word(self.word.load(Relaxed)) }
    }
}
