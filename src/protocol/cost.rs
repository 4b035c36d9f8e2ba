//! What loops cost lately: hints, small and lossy, for a caller that has to guess whether waking a helper pays.
//!
//! Two questions are answered. What did a piece of this kind of loop take when it last ran? A kind is its code's
//! address. And: how long have loops run alone, one soon after the other? Each by itself may be too short for a wake
//! that all together are worth. One word holds what belongs together, so what is read was written as one.
//!
//! ```text
//! entry  = kind:32 | nanoseconds per piece, plus one:32        0: nothing known
//! streak = nanoseconds spent alone:24 | end of the last loop:40, in nanoseconds of the caller's clock
//! ```
//! - C1: a word's two halves were written together. Two kinds that share an entry overwrite each other, two callers
//!   overwrite each other's streak; a lost hint costs a wake that was not needed, or one that comes a little later.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

const ENTRIES: usize = 64;

/// Costs of the kinds of loops that ran lately.
#[derive(Debug)]
pub(crate) struct Costs {
    entries: [AtomicU64; ENTRIES],
}

/// A kind of loop, from the address of its code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind(u32);

impl Kind {
    #[inline]
    pub(crate) fn new(address: usize) -> Self {
        // Fibonacci hashing: the high bits of the product depend on all bits of the address.
        Self(((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32)
    }

    /// Returns which entry the kind lies in, perhaps with others.
    #[inline]
    pub(crate) fn entry(self) -> usize {
        self.0 as usize % ENTRIES
    }
}

impl Costs {
    pub(crate) fn new() -> Self {
        Self { entries: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Returns the nanoseconds that a piece of this kind took, if it is known.
    #[inline]
    pub(crate) fn recall(&self, kind: Kind) -> Option<u32> {
        // ORDERING: Relaxed; a hint, whole in one word (C1). Model: loom-tests/cost.rs.
        let entry = self.entries[kind.entry()].load(Relaxed);
        (entry >> 32 == u64::from(kind.0) && entry as u32 > 0).then(|| entry as u32 - 1)
    }

    /// Remembers what a piece of this kind took.
    #[inline]
    pub(crate) fn remember(&self, kind: Kind, nanoseconds: u32) {
        let entry = u64::from(kind.0) << 32 | u64::from(nanoseconds.saturating_add(1));
        // ORDERING: Relaxed; as above.
        self.entries[kind.entry()].store(entry, Relaxed);
    }
}

/// How long loops have run alone, one soon after the other.
#[derive(Debug)]
pub(crate) struct Streak {
    word: AtomicU64,
}

const CLOCK: u64 = (1 << 40) - 1;
const MOST_SPENT: u64 = (1 << 24) - 1;

impl Streak {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0) }
    }

    /// Counts a loop that ran alone from `start` to `end`, and returns what the streak has spent with it. A loop that
    /// starts more than `pause` after the last begins a new streak. All in nanoseconds; `pause` is below 2^40.
    #[inline]
    pub(crate) fn spend(&self, start: u64, end: u64, pause: u64) -> u64 {
        // ORDERING: Relaxed; a hint, whole in one word (C1).
        let word = self.word.load(Relaxed);
        let goes_on = start.wrapping_sub(word) & CLOCK <= pause;
        let before = if goes_on { word >> 40 } else { 0 };
        let spent = (before + end.saturating_sub(start)).min(MOST_SPENT);
        // ORDERING: Relaxed; as above.
        self.word.store(spent << 40 | end & CLOCK, Relaxed);
        spent
    }

    /// Begins a new streak: the helpers were called.
    pub(crate) fn end(&self) {
        // ORDERING: Relaxed; as above.
        self.word.store(0, Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_streak_adds_up_until_there_is_a_pause() {
        let streak = Streak::new();
        assert_eq!(streak.spend(1_000_000, 1_002_000, 500), 2_000);
        assert_eq!(streak.spend(1_002_400, 1_003_400, 500), 3_000);
        assert_eq!(streak.spend(1_003_901, 1_004_901, 500), 1_000);
        streak.end();
        assert_eq!(streak.spend(2_000_000, 2_000_007, 500), 7);
        assert_eq!(streak.spend(CLOCK - 5, CLOCK + 5, 500), 10);
        assert_eq!(streak.spend(CLOCK + 6, CLOCK + 10, 500), 14, "over the clock's edge");
        assert_eq!(streak.spend(CLOCK + 11, CLOCK + 11 + (1 << 30), 500), MOST_SPENT);
    }
}
