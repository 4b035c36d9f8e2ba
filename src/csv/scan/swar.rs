//! Eight bytes at a time in a plain register, for machines without vector code of their own here.

use super::{BLOCK, in_blocks};

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const LOW_SEVEN: u64 = u64::from_ne_bytes([0x7f; 8]);

/// Writes the positions of the needles, `base` added, and returns how many there are.
pub(super) fn marks<const N: usize>(
    needles: [u8; N],
    window: &[u8],
    base: usize,
    marks: &mut [usize],
) -> usize {
    let patterns = needles.map(|byte| ONES * u64::from(byte));
    in_blocks(window, base, marks, |block| mask(patterns, block))
}

#[inline(always)]
fn mask<const N: usize>(patterns: [u64; N], block: &[u8; BLOCK]) -> u64 {
    let (words, _) = block.as_chunks::<8>();
    let mut mask = 0;
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = patterns.iter().fold(0, |found, pattern| found | zero_bytes(word ^ pattern));
        // The top bit of each byte, gathered into eight neighbouring bits.
        let bits = (found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= bits << (8 * index);
    }
    mask
}

/// Sets the top bit of each byte that is zero, and no other bit. Exact: no carry crosses a byte.
#[inline(always)]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_SEVEN) + LOW_SEVEN) | word | LOW_SEVEN)
}
