//! SSE2 and AVX2: sixteen and thirty-two bytes at a time.
//!
//! SSE2 is part of every x86-64; whether AVX2 is there is asked at run time (the answer is cached by the standard
//! library). The loop is written once and inlined into a function for each instruction set.

#![allow(unsafe_code)]

use super::{BLOCK, in_blocks};
use std::arch::x86_64::{
    __m128i, __m256i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    _mm_setzero_si128, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_setzero_si256,
};

/// Writes the positions of the needles, `base` added, and returns how many there are.
#[inline]
pub(super) fn marks<const N: usize>(
    needles: [u8; N],
    window: &[u8],
    base: usize,
    marks: &mut [usize],
) -> usize {
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
    {
        // SAFETY: `marks_avx2` wants a CPU with the three features; all were just seen.
        unsafe { marks_avx2(needles, window, base, marks) }
    } else {
        marks_floor(needles, window, base, marks)
    }
}

pub(super) fn marks_floor<const N: usize>(
    needles: [u8; N],
    window: &[u8],
    base: usize,
    marks: &mut [usize],
) -> usize {
    // SAFETY: `marks_sse2` wants a CPU with SSE2; every x86-64 has it.
    unsafe { marks_sse2(needles, window, base, marks) }
}

#[target_feature(enable = "sse2")]
fn marks_sse2<const N: usize>(needles: [u8; N], window: &[u8], base: usize, marks: &mut [usize]) -> usize {
    let patterns = needles.map(|byte| _mm_set1_epi8(byte.cast_signed()));
    in_blocks(window, base, marks, |block| mask_sse2(patterns, block))
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

#[target_feature(enable = "avx2,bmi1,popcnt")]
fn marks_avx2<const N: usize>(needles: [u8; N], window: &[u8], base: usize, marks: &mut [usize]) -> usize {
    let patterns = needles.map(|byte| _mm256_set1_epi8(byte.cast_signed()));
    in_blocks(window, base, marks, |block| mask_avx2(patterns, block))
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
