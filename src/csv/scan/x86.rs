//! SSE2 and AVX2: sixteen and thirty-two bytes at a time.
//!
//! SSE2 is part of every x86-64; whether AVX2 is there is asked at run time, and the standard library keeps the answer.

#![allow(unsafe_code)]

use super::machine::{BLOCK, Job, Machine};
use std::arch::x86_64::{
    __m128i, __m256i, _mm_clmulepi64_si128, _mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_cvtsi128_si64,
    _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
};

/// The floor of x86-64.
#[derive(Clone, Copy)]
pub(super) struct Sse2(());

impl Sse2 {
    /// The proof that SSE2 is there: the architecture.
    pub(super) const FLOOR: Self = Self(());
}

/// A machine with AVX2, and with the bit instructions and the carry-less product that all of those have. Made by [`detect`](Self::detect) alone.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("pclmulqdq");
        there.then_some(Self(()))
    }
}

impl Machine for Sse2 {
    type Pattern = __m128i;

    #[inline(always)]
    fn pattern(self, byte: u8) -> __m128i {
        // SAFETY: wants SSE2, which every x86-64 has.
        unsafe { _mm_set1_epi8(byte.cast_signed()) }
    }

    #[inline(always)]
    fn mask<const N: usize>(self, patterns: [__m128i; N], block: &[u8; BLOCK]) -> u64 {
        // SAFETY: wants SSE2, which every x86-64 has.
        unsafe { mask_sse2(patterns, block) }
    }

    #[inline]
    fn perform<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }
}

#[inline]
#[target_feature(enable = "sse2")]
fn mask_sse2<const N: usize>(patterns: [__m128i; N], block: &[u8; BLOCK]) -> u64 {
    let (quarters, _) = block.as_chunks::<16>();
    let mut mask = 0;
    for (index, quarter) in quarters.iter().enumerate() {
        // SAFETY: `_mm_loadu_si128` wants 16 readable bytes, of any alignment. `quarter` is a reference to 16.
        let bytes = unsafe { _mm_loadu_si128(quarter.as_ptr().cast()) };
        let mut found = _mm_setzero_si128();
        for pattern in patterns {
            found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, pattern));
        }
        mask |= u64::from(_mm_movemask_epi8(found).cast_unsigned()) << (16 * index);
    }
    mask
}

impl Machine for Avx2 {
    type Pattern = __m256i;

    #[inline(always)]
    fn pattern(self, byte: u8) -> __m256i {
        // SAFETY: wants AVX; `self` is the proof of AVX2, which includes it.
        unsafe { _mm256_set1_epi8(byte.cast_signed()) }
    }

    #[inline(always)]
    fn mask<const N: usize>(self, patterns: [__m256i; N], block: &[u8; BLOCK]) -> u64 {
        // SAFETY: wants AVX2; `self` is the proof of it.
        unsafe { mask_avx2(patterns, block) }
    }

    #[inline(always)]
    fn parities(self, bits: u64) -> u64 {
        // SAFETY: wants the carry-less product; `self` is the proof of it.
        unsafe { parities_by_product(bits) }
    }

    #[inline]
    fn perform<J: Job>(self, job: J) -> J::Output {
        // SAFETY: wants AVX2, the bit instructions and the product; `self` is the proof of them.
        unsafe { perform_avx2(self, job) }
    }
}

#[target_feature(enable = "avx2,bmi1,popcnt,pclmulqdq")]
fn perform_avx2<J: Job>(avx2: Avx2, job: J) -> J::Output {
    job.run(avx2)
}

#[inline]
#[target_feature(enable = "avx2")]
fn mask_avx2<const N: usize>(patterns: [__m256i; N], block: &[u8; BLOCK]) -> u64 {
    let (halves, _) = block.as_chunks::<32>();
    let mut mask = 0;
    for (index, half) in halves.iter().enumerate() {
        // SAFETY: `_mm256_loadu_si256` wants 32 readable bytes, of any alignment. `half` is a reference to 32.
        let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        let mut found = _mm256_setzero_si256();
        for pattern in patterns {
            found = _mm256_or_si256(found, _mm256_cmpeq_epi8(bytes, pattern));
        }
        mask |= u64::from(_mm256_movemask_epi8(found).cast_unsigned()) << (32 * index);
    }
    mask
}

/// The parities as a product without carries: by a factor of all ones, each bit is the sum of those up to it.
#[inline]
#[target_feature(enable = "pclmulqdq")]
pub(super) fn parities_by_product(bits: u64) -> u64 {
    let product = _mm_clmulepi64_si128::<0>(_mm_cvtsi64_si128(bits.cast_signed()), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product).cast_unsigned()
}
