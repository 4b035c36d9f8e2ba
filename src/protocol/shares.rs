//! The pieces of one loop, dealt out to its workers and evened out by stealing.
//!
//! Pieces are numbered. Worker k starts with the k-th share of the numbers, so over repeated passes it meets the same
//! memory again; it takes from the front, several at a time while much is left. Who runs dry steals the back half of
//! the largest rest. One word holds a share, so every step is one exchange.
//!
//! ```text
//! share = end:32 | start:32       take: start + n       steal: end = middle, the thief runs [middle, end)
//! ```
//! - S1: a piece lies in one share or has been handed out, once. Every step moves a whole range from one place to
//!   another with one exchange.
//! - S2: a share's word never returns to a value it had, within one loop: its pieces are never put back. So an
//!   exchange that succeeds has compared what it meant to compare.
//! - Nothing rides on these words. What the caller wrote before the loop comes by POST, what a worker wrote inside
//!   goes by LEAVE, both of the board; the caller deals while nobody else is inside.

use std::ops::Range;

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// A share's owner takes one part in so many of what it has left, so that the rest can still be stolen. Half of a share
/// at once is still less than the textbook's guided schedule takes, and makes few steps of a short loop.
const TAKEN_AT_ONCE: u32 = 2;

fn pack(range: &Range<u32>) -> u64 {
    u64::from(range.end) << 32 | u64::from(range.start)
}

fn unpack(share: u64) -> Range<u32> {
    share as u32..(share >> 32) as u32
}

/// The pieces of one loop that nobody has taken yet.
#[derive(Debug)]
pub(crate) struct Shares {
    shares: Box<[CachePadded<AtomicU64>]>,
    cancelled: CachePadded<AtomicU32>,
}

impl Shares {
    /// Makes empty shares for at most `workers` workers.
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            shares: (0..workers).map(|_| CachePadded::new(AtomicU64::new(0))).collect(),
            cancelled: CachePadded::new(AtomicU32::new(0)),
        }
    }

    /// Deals `pieces` to the first `workers` workers, in order. Only while nobody else is inside.
    pub(crate) fn deal(&self, pieces: Range<u32>, workers: usize) {
        let workers = workers.clamp(1, self.shares.len()) as u64;
        let edge = |k: u64| pieces.start + (pieces.len() as u64 * k.min(workers) / workers) as u32;
        // ORDERING: Relaxed, here and in every method below; nothing rides on these words (see above). Exclusivity
        // comes from the exchanges. Model: loom-tests/shares.rs.
        if self.cancelled.load(Relaxed) != 0 {
            self.cancelled.store(0, Relaxed);
        }
        for (k, share) in self.shares.iter().enumerate() {
            let k = k as u64;
            share.store(pack(&(edge(k)..edge(k + 1))), Relaxed);
        }
    }

    /// Takes at most `most` pieces for `worker`, its own first, then half of the largest rest of another.
    /// Empty once all have been taken or the loop was cancelled.
    pub(crate) fn take(&self, worker: usize, most: u32) -> Range<u32> {
        // ORDERING: Relaxed; whoever misses it runs a piece more.
        if self.cancelled.load(Relaxed) != 0 {
            return 0..0;
        }
        self.take_own(worker, most).or_else(|| self.steal(worker, most)).unwrap_or(0..0)
    }

    /// Returns whether `take` would have handed out a piece just now.
    pub(crate) fn is_any_left(&self) -> bool {
        self.cancelled.load(Relaxed) == 0 && self.largest().is_some()
    }

    /// Returns whether `take_share` would have handed out a piece just now.
    pub(crate) fn is_share_left(&self, worker: usize) -> bool {
        !unpack(self.shares[worker].load(Relaxed)).is_empty()
    }

    /// Takes all that is left of the worker's own share.
    pub(crate) fn take_share(&self, worker: usize) -> Range<u32> {
        unpack(self.shares[worker].swap(0, Relaxed))
    }

    /// Takes from the front of the worker's own share.
    fn take_own(&self, worker: usize, most: u32) -> Option<Range<u32>> {
        let share = &self.shares[worker];
        let mut word = share.load(Relaxed);
        loop {
            let Range { start, end } = unpack(word);
            if start >= end {
                return None;
            }
            let count = (end - start).div_ceil(TAKEN_AT_ONCE).min(most);
            match share.compare_exchange_weak(word, pack(&(start + count..end)), Relaxed, Relaxed) {
                Ok(_) => return Some(start..start + count),
                Err(now) => word = now,
            }
        }
    }

    /// Moves the back half of the largest share into the worker's own, which is empty, but for what it takes at once.
    fn steal(&self, thief: usize, most: u32) -> Option<Range<u32>> {
        loop {
            let (victim, word) = self.largest()?;
            let Range { start, end } = unpack(word);
            let middle = start + (end - start) / 2;
            if self.shares[victim].compare_exchange(word, pack(&(start..middle)), Relaxed, Relaxed).is_err() {
                continue;
            }
            let taken = middle + (end - middle).div_ceil(TAKEN_AT_ONCE).min(most);
            // Our share is empty and nobody puts into it but us, so a plain store loses nothing (S1).
            self.shares[thief].store(pack(&(taken..end)), Relaxed);
            return Some(middle..taken);
        }
    }

    fn largest(&self) -> Option<(usize, u64)> {
        self.shares
            .iter()
            .map(|share| share.load(Relaxed))
            .enumerate()
            .filter(|(_, word)| !unpack(*word).is_empty())
            .max_by_key(|(_, word)| unpack(*word).len())
    }

    /// Hands out no more pieces of this loop.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(1, Relaxed);
    }
}
