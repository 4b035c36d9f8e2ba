//! NEON: sixteen bytes at a time, on every 64-bit ARM.

#![allow(unsafe_code)]

use super::machine::{BLOCK, Job, Machine};
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_u64_u8,
};

/// The floor of 64-bit ARM.
#[derive(Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    /// The proof that NEON is there: the architecture.
    pub(super) const FLOOR: Self = Self(());
}

impl Machine for Neon {
    type Pattern = uint8x16_t;

    #[inline(always)]
    fn pattern(self, byte: u8) -> uint8x16_t {
        // SAFETY: wants NEON, which every such processor has.
        unsafe { vdupq_n_u8(byte) }
    }

    #[inline(always)]
    fn mask<const N: usize>(self, patterns: [uint8x16_t; N], block: &[u8; BLOCK]) -> u64 {
        // SAFETY: wants NEON, which every such processor has.
        unsafe { mask(patterns, block) }
    }

    #[inline]
    fn perform<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }
}

/// The bit of each place among eight.
static BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

#[inline]
#[target_feature(enable = "neon")]
fn mask<const N: usize>(patterns: [uint8x16_t; N], block: &[u8; BLOCK]) -> u64 {
    let bits = load(&BITS);
    let (quarters, _) = block.as_chunks::<16>();
    let mut found = [vdupq_n_u8(0); 4];
    for (found, quarter) in found.iter_mut().zip(quarters) {
        let bytes = load(quarter);
        for pattern in patterns {
            *found = vorrq_u8(*found, vceqq_u8(bytes, pattern));
        }
        *found = vandq_u8(*found, bits);
    }
    // Neighbours are added three times: eight bytes, of one bit each, become one.
    let [a, b, c, d] = found;
    let sums = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
    vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: `vld1q_u8` wants 16 readable bytes, of any alignment. `bytes` is a reference to 16.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}
