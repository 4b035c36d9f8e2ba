//! Which pages of a region have been mapped for writing before anybody touches them.
//!
//! To touch a page of a mapped file for the first time costs two faults, one to read and one to write, and the second
//! goes to the file system. One call for many pages costs a tenth of that (docs/performance.md), so a loop that is
//! about to change a block asks for it first. Once per block: to ask again would walk the page table for nothing.
//!
//! A bit per block says that somebody asked. Two who ask at once both do it, which does no harm; and pages that the
//! kernel takes back later are touched the ordinary way.

use std::ops::Range;

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// As much as a large page; one call takes a fraction of a millisecond.
const BLOCK_BYTES: usize = 2 << 20;

/// One bit per block; no words at all where asking gains nothing.
#[derive(Debug)]
pub(super) struct FirstTouch {
    asked: Box<[AtomicU64]>,
}

impl FirstTouch {
    /// Makes the bits of a region of `len_bytes` bytes.
    pub(super) fn of(len_bytes: usize) -> Self {
        let words = len_bytes.div_ceil(BLOCK_BYTES).div_ceil(64);
        Self { asked: (0..words).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Makes no bits: pages of this region are best touched as they come.
    pub(super) fn never() -> Self {
        Self { asked: Box::default() }
    }

    /// Calls `ask` with every block that has bytes of `range` and that nobody has asked for.
    #[inline]
    pub(super) fn claim(&self, range: Range<usize>, mut ask: impl FnMut(Range<usize>)) {
        if self.asked.is_empty() || range.is_empty() {
            return;
        }
        for block in range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES) {
            let (word, bit) = (&self.asked[block / 64], 1 << (block % 64));
            // ORDERING: Relaxed, both; a hint. The pages are ordered by the page table, not by this.
            if word.load(Relaxed) & bit == 0 && word.fetch_or(bit, Relaxed) & bit == 0 {
                ask(block * BLOCK_BYTES..(block + 1) * BLOCK_BYTES);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_block_of_a_range_is_asked_for_once(
            len in 1usize..1 << 30,
            ranges in proptest::collection::vec((0.0f64..1.0, 0.0f64..1.0), 1..20),
        ) {
            let touch = FirstTouch::of(len);
            let mut asked = vec![0; len.div_ceil(BLOCK_BYTES)];
            for (from, to) in ranges {
                let start = (from.min(to) * len as f64) as usize;
                let end = (from.max(to) * len as f64) as usize;
                touch.claim(start..end, |block| asked[block.start / BLOCK_BYTES] += 1);
                let within = start / BLOCK_BYTES..end.div_ceil(BLOCK_BYTES).max(start / BLOCK_BYTES);
                prop_assert!(start == end || asked[within].iter().all(|&times| times == 1));
            }
            prop_assert!(asked.iter().all(|&times| times <= 1));
        }
    }

    #[test]
    fn without_bits_nothing_is_asked_for() {
        FirstTouch::never().claim(0..1 << 40, |_| panic!("asked"));
    }
}
