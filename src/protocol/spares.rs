//! The parcels of a pipeline that nobody uses: which buffers are free to be filled again.
//!
//! A parcel is a number that stands for a buffer, and whoever has it has the buffer. A set bit is a free parcel. The
//! lowest is taken first, so a pipeline that needs few buffers keeps to the same few, which are near. Numbers are given
//! out as they are needed: a buffer joins when no other is free.
//!
//! ```text
//! new --adopt--> taken --put--> free --take--> taken
//! ```
//! - D1: a parcel is taken by one at a time: `adopt` gives each number once, and of those that clear a bit one saw it set.
//! - SPARE: `put` to `take`, carries the end of the last use of the buffer.

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// The token of a buffer: who has it has the buffer.
#[derive(Debug)]
#[must_use = "the buffer of a lost parcel is lost to the pipeline"]
pub(crate) struct Parcel(u32);

impl Parcel {
    /// Makes the token of this number, which no other token may have.
    pub(crate) fn new(number: u32) -> Self {
        Self(number)
    }

    pub(crate) fn number(&self) -> u32 {
        self.0
    }
}

/// The free ones among the parcels `0..adopted`.
#[derive(Debug)]
pub(crate) struct Spares {
    words: Box<[CachePadded<AtomicU64>]>,
    adopted: AtomicU32,
    most: u32,
}

impl Spares {
    /// Makes a set without any parcel that can have `most`.
    pub(crate) fn new(most: u32) -> Self {
        let words = (0..most.div_ceil(u64::BITS)).map(|_| CachePadded::new(AtomicU64::new(0))).collect();
        Self { words, adopted: AtomicU32::new(0), most }
    }

    /// Returns whether there is a free parcel just now.
    pub(crate) fn any(&self) -> bool {
        // ORDERING: Relaxed; `take` decides.
        self.words.iter().any(|word| word.load(Relaxed) != 0)
    }

    /// Returns whether there may be more parcels than there are.
    pub(crate) fn may_adopt(&self) -> bool {
        // ORDERING: Relaxed; a number that only grows.
        self.adopted.load(Relaxed) < self.most
    }

    /// Makes one parcel more. The caller has a buffer for it that has none yet; there are at most `most` of those.
    pub(crate) fn adopt(&self) -> Parcel {
        // ORDERING: Relaxed; the exchange alone makes the number one's own (D1).
        let number = self.adopted.fetch_add(1, Relaxed);
        debug_assert!(number < self.most);
        Parcel::new(number)
    }

    /// Takes the free parcel with the lowest number.
    pub(crate) fn take(&self) -> Option<Parcel> {
        for (index, word) in self.words.iter().enumerate() {
            // ORDERING: Relaxed; the exchange below decides.
            let mut seen = word.load(Relaxed);
            while seen != 0 {
                let bit = 1 << seen.trailing_zeros();
                // ORDERING: SPARE, acquire side. Model: loom-tests/spares.rs.
                let before = word.fetch_and(!bit, Acquire);
                if before & bit != 0 {
                    return Some(Parcel::new(index as u32 * u64::BITS + bit.trailing_zeros()));
                }
                seen = before & !bit;
            }
        }
        None
    }

    /// Gives a parcel back.
    pub(crate) fn put(&self, parcel: Parcel) {
        let Parcel(number) = parcel;
        // ORDERING: SPARE, release side.
        self.words[(number / u64::BITS) as usize].fetch_or(1 << (number % u64::BITS), Release);
    }
}
