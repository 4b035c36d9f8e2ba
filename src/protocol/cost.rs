//! What a piece of each kind of loop cost when it last ran: a table of hints, small and lossy.
//!
//! A caller that finds every helper asleep has to guess whether waking one pays. A loop's kind is its code's address;
//! one word holds the kind and the cost, so what is read was written as one.
//!
//! ```text
//! entry = kind:32 | nanoseconds per piece, plus one:32        0: nothing known
//! ```
//! - C1: an entry's two halves were written together. Two kinds that share an entry overwrite each other; a lost hint
//!   costs a wake that was not needed.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

const ENTRIES: usize = 64;

/// Costs of the kinds of loops that ran lately.
#[derive(Debug)]
pub(crate) struct Costs {
    entries: Box<[AtomicU64]>,
}

/// A kind of loop, from the address of its code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind(u32);

impl Kind {
    pub(crate) fn new(address: usize) -> Self {
        // Fibonacci hashing: the high bits of the product depend on all bits of the address.
        Self(((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32)
    }

    /// Returns which entry the kind lies in, perhaps with others.
    pub(crate) fn entry(self) -> usize {
        self.0 as usize % ENTRIES
    }
}

impl Costs {
    pub(crate) fn new() -> Self {
        Self { entries: (0..ENTRIES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Returns the nanoseconds that a piece of this kind took, if it is known.
    pub(crate) fn recall(&self, kind: Kind) -> Option<u32> {
        // ORDERING: Relaxed; a hint, whole in one word (C1). Model: loom-tests/cost.rs.
        let entry = self.entries[kind.entry()].load(Relaxed);
        (entry >> 32 == u64::from(kind.0) && entry as u32 > 0).then(|| entry as u32 - 1)
    }

    /// Remembers what a piece of this kind took.
    pub(crate) fn remember(&self, kind: Kind, nanoseconds: u32) {
        let entry = u64::from(kind.0) << 32 | u64::from(nanoseconds.saturating_add(1));
        // ORDERING: Relaxed; as above.
        self.entries[kind.entry()].store(entry, Relaxed);
    }
}
