//! AVX-512: 64 bytes at a time, and set bits turned into numbers without a loop over them.
//!
//! The compressing store of bytes came with VBMI2, in the second generation of these machines. The first one clocks
//! itself down when it works in such width, and is left to AVX2.

#![allow(unsafe_code)]

use super::machine::{BLOCK, Job, Machine};
use super::x86::parities_by_product;
use std::arch::x86_64::{
    __m128i, __m512i, _mm512_add_epi32, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask, _mm512_cvtepu8_epi32,
    _mm512_extracti32x4_epi32, _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8,
    _mm512_set1_epi32, _mm512_storeu_si512,
};

/// A machine with AVX-512 of the second generation. Made by [`detect`](Self::detect) alone.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("pclmulqdq");
        there.then_some(Self(()))
    }
}

impl Machine for Avx512 {
    type Pattern = __m512i;

    #[inline(always)]
    fn pattern(self, byte: u8) -> __m512i {
        // SAFETY: wants AVX-512F; `self` is the proof of it.
        unsafe { _mm512_set1_epi8(byte.cast_signed()) }
    }

    #[inline(always)]
    fn mask<const N: usize>(self, patterns: [__m512i; N], block: &[u8; BLOCK]) -> u64 {
        // SAFETY: wants AVX-512BW; `self` is the proof of it.
        unsafe { mask(patterns, block) }
    }

    #[inline(always)]
    fn parities(self, bits: u64) -> u64 {
        // SAFETY: wants the carry-less product; `self` is the proof of it.
        unsafe { parities_by_product(bits) }
    }

    #[inline(always)]
    fn flatten(self, bits: u64, base: u32, numbers: &mut [u32; BLOCK]) -> usize {
        // SAFETY: wants AVX-512F, VBMI2 and the bit instructions; `self` is the proof of them.
        unsafe { flatten(bits, base, numbers) }
    }

    #[inline]
    fn perform<J: Job>(self, job: J) -> J::Output {
        // SAFETY: wants what `detect` asked for; `self` is the proof of it.
        unsafe { perform(self, job) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
fn perform<J: Job>(avx512: Avx512, job: J) -> J::Output {
    job.run(avx512)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &[u8; BLOCK]) -> __m512i {
    // SAFETY: `_mm512_loadu_si512` wants 64 readable bytes, of any alignment. `block` is a reference to 64.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn mask<const N: usize>(patterns: [__m512i; N], block: &[u8; BLOCK]) -> u64 {
    let bytes = load(block);
    patterns.iter().fold(0, |found, &pattern| found | _mm512_cmpeq_epi8_mask(bytes, pattern))
}

/// The numbers of the places in a block.
static PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        places[at] = at as u8;
        at += 1;
    }
    places
};

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn flatten(bits: u64, base: u32, numbers: &mut [u32; BLOCK]) -> usize {
    let count = bits.count_ones() as usize;
    let packed = _mm512_maskz_compress_epi8(bits, load(&PLACES));
    let (quarters, _) = numbers.as_chunks_mut::<16>();
    widen(_mm512_castsi512_si128(packed), base, &mut quarters[0]);
    if count > 16 {
        widen(_mm512_extracti32x4_epi32::<1>(packed), base, &mut quarters[1]);
        if count > 32 {
            widen(_mm512_extracti32x4_epi32::<2>(packed), base, &mut quarters[2]);
            widen(_mm512_extracti32x4_epi32::<3>(packed), base, &mut quarters[3]);
        }
    }
    count
}

/// Writes sixteen bytes as numbers, `base` added.
#[inline]
#[target_feature(enable = "avx512f")]
fn widen(bytes: __m128i, base: u32, numbers: &mut [u32; 16]) {
    let wide = _mm512_add_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(base.cast_signed()));
    // SAFETY: `_mm512_storeu_si512` wants room for 64 bytes, of any alignment. `numbers` is a reference to 16 words.
    unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), wide) }
}
