//! Eight keys at once: the first loop of `table.rs` in AVX-512.
//!
//! Each step is that of the plain loop, in eight lanes; what a lane may not load, because its key is near the end of the
//! bytes, it does not, and is missed.
//!
//! - V1: there is a [`Lanes`] only where the processor has the instructions.
//! - V2: a lane loads from the bytes only if sixteen of them lie from its key's start on.
//! - V3: the number of slots is a power of two, so a hash cut down to the bits below it is that of a slot.

#![allow(unsafe_code)]

use super::head::HEAD;
use super::table::{Home, Slot};
use std::arch::x86_64::*;

/// Rows at once.
pub(super) const ROWS: usize = 8;

/// The right to use the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes(());

impl Lanes {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        has.then_some(Self(()))
    }

    /// Looks at the home slots of as many rows as are whole eights: takes the numbers of the keys that lie there, lists the
    /// rows of the others in `missed`, and returns how many these are.
    ///
    /// # Panics
    ///
    /// If `numbers` is shorter than the rows, or `missed` is not eight longer.
    pub(super) fn look_at_home(self, home: Home<'_>, numbers: &mut [u32], missed: &mut [u32]) -> usize {
        // SAFETY: the call wants the processor to have what the function is compiled for (V1).
        unsafe { look_at_home(home, numbers, missed) }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn look_at_home(home: Home<'_>, numbers: &mut [u32], missed: &mut [u32]) -> usize {
    let Home { hashing, slots, keys, quote } = home;
    assert!(slots.len().is_power_of_two(), "V3");
    let ([offset0, offset1], [factor0, factor1, factor2]) = (hashing.offsets, hashing.factors);
    let [offset0, offset1] = [offset0, offset1].map(|word| _mm512_set1_epi64(word as i64));
    let [factor0, factor1, factor2] = [factor0, factor1, factor2].map(|word| _mm512_set1_epi64(word as i64));
    let quote = _mm512_set1_epi64(i64::from(quote));
    let bits = _mm512_set1_epi64(slots.len() as i64 - 1);
    let (low_byte, low_half) = (_mm512_set1_epi64(0xff), _mm512_set1_epi64(0xffff_ffff));
    let (ones, word_bits) = (_mm512_set1_epi64(-1), _mm512_set1_epi64(64));
    // One behind the last start from which a head can be loaded.
    let limit = _mm512_set1_epi64((keys.bytes.len() + 1).saturating_sub(HEAD) as i64);
    let places = keys.bytes.as_ptr().cast::<i64>();
    let slot_words = slots.as_ptr().cast::<i64>();
    let mut rows = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mut count = 0;
    let (starts, _) = keys.starts.as_chunks::<ROWS>();
    let (ends, _) = keys.ends.as_chunks::<ROWS>();
    let (numbers, _) = numbers.as_chunks_mut::<ROWS>();
    assert!(
        ends.len() == starts.len() && numbers.len() >= starts.len(),
        "a row has a start, an end and a number"
    );
    for ((starts, ends), numbers) in starts.iter().zip(ends).zip(numbers) {
        let starts = _mm512_cvtepu32_epi64(load(starts));
        let ends = _mm512_cvtepu32_epi64(load(ends));
        let lens = _mm512_sub_epi64(ends, starts);
        let inside = _mm512_cmplt_epu64_mask(starts, limit);
        let none = _mm512_setzero_si512();
        // SAFETY: the gather wants eight bytes in bounds at each lane of the mask: there are sixteen (V2).
        let first = unsafe { _mm512_mask_i64gather_epi64::<1>(none, inside, starts, places) };
        let next = places.wrapping_byte_add(8);
        // SAFETY: as above, the latter eight.
        let second = unsafe { _mm512_mask_i64gather_epi64::<1>(none, inside, starts, next) };
        let unquoted = _mm512_cmpneq_epi64_mask(_mm512_and_si512(first, low_byte), quote);
        // The bytes of a word from the key's end on are cleared; shifts of 64 bits and more leave nothing.
        let len_bits = _mm512_slli_epi64::<3>(lens);
        let second_bits = _mm512_sub_epi64(_mm512_max_epu64(len_bits, word_bits), word_bits);
        let first = _mm512_andnot_si512(_mm512_sllv_epi64(ones, len_bits), first);
        let second = _mm512_andnot_si512(_mm512_sllv_epi64(ones, second_bits), second);
        let fold = |hash| _mm512_xor_si512(hash, _mm512_srli_epi64::<32>(hash));
        let hash = _mm512_mullo_epi64(_mm512_xor_si512(first, offset0), factor0);
        let hash = _mm512_xor_si512(fold(hash), _mm512_xor_si512(second, offset1));
        let hash = fold(_mm512_mullo_epi64(hash, factor1));
        let hash = fold(_mm512_mullo_epi64(hash, factor2));
        let hash = fold(_mm512_mullo_epi64(hash, factor0));
        // A slot is four words: two of the head, then length and number in one.
        const { assert!(size_of::<Slot>() == 32 && std::mem::offset_of!(Slot, len) == 16) };
        let at = _mm512_slli_epi64::<2>(_mm512_and_si512(hash, bits));
        // SAFETY: the gather wants eight bytes in bounds at each lane: a slot's first word, and there is such a slot (V3).
        let head0 = unsafe { _mm512_i64gather_epi64::<8>(at, slot_words) };
        // SAFETY: as above, its second word.
        let head1 = unsafe { _mm512_i64gather_epi64::<8>(at, slot_words.wrapping_add(1)) };
        // SAFETY: as above, its third word: two integers of 32 bits.
        let last = unsafe { _mm512_i64gather_epi64::<8>(at, slot_words.wrapping_add(2)) };
        let hits = inside
            & unquoted
            & _mm512_cmpeq_epi64_mask(head0, first)
            & _mm512_cmpeq_epi64_mask(head1, second)
            & _mm512_cmpeq_epi64_mask(_mm512_and_si512(last, low_half), lens);
        store(numbers, _mm512_cvtepi64_epi32(_mm512_srli_epi64::<32>(last)));
        let Some(room) = missed.get_mut(count..).and_then(|rest| rest.first_chunk_mut::<ROWS>()) else {
            unreachable!("there is room for eight more rows than there are");
        };
        // Written whether any is missed or not, which spares a branch that no predictor guesses.
        store(room, _mm256_maskz_compress_epi32(!hits, rows));
        count += hits.count_zeros() as usize;
        rows = _mm256_add_epi32(rows, _mm256_set1_epi32(ROWS as i32));
    }
    count
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn load(words: &[u32; ROWS]) -> __m256i {
    // SAFETY: the load wants 32 bytes in bounds, of any alignment: they are those of the array.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
fn store(words: &mut [u32; ROWS], values: __m256i) {
    // SAFETY: the store wants 32 bytes in bounds, of any alignment: they are those of the array.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), values) }
}
