//! Eight bytes at a time in a plain register, for machines without vector code of their own here.

use super::machine::{BLOCK, Job, Machine};

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const LOW_SEVEN: u64 = u64::from_ne_bytes([0x7f; 8]);

/// Any machine.
#[derive(Clone, Copy)]
pub(super) struct Swar;

impl Machine for Swar {
    type Pattern = u64;

    #[inline(always)]
    fn pattern(self, byte: u8) -> u64 {
        ONES * u64::from(byte)
    }

    #[inline(always)]
    fn mask<const N: usize>(self, patterns: [u64; N], block: &[u8; BLOCK]) -> u64 {
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

    #[inline]
    fn perform<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }
}

/// Sets the top bit of each byte that is zero, and no other bit. Exact: no carry crosses a byte.
#[inline(always)]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_SEVEN) + LOW_SEVEN) | word | LOW_SEVEN)
}
