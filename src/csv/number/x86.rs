//! Sixteen bytes in one register of AVX2 machines.
//!
//! The same steps as in plain registers, each an instruction: a shuffle moves what stands before the point over it, and
//! three multiplications sum the digits by pairs, by fours and by eights.

#![allow(unsafe_code)]

use super::column::Job;
use super::sixteen::{BYTES, Decimal, Reader};
use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_cvtsi128_si64, _mm_madd_epi16, _mm_maddubs_epi16,
    _mm_movemask_epi8, _mm_packus_epi32, _mm_set1_epi8, _mm_setr_epi8, _mm_setr_epi16, _mm_shuffle_epi8,
    _mm_sub_epi8, _mm_subs_epu8, _mm_testz_si128,
};

/// A machine with AVX2, and with the bit instructions that all of those have. Made by [`detect`](Self::detect) alone.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        there.then_some(Self(()))
    }

    /// Does the job in a function that may use the machine's instructions.
    #[inline]
    pub(super) fn perform<J: Job>(self, job: J) -> J::Output {
        // SAFETY: wants AVX2 and the bit instructions; `self` is the proof of them.
        unsafe { perform(self, job) }
    }
}

impl Reader for Avx2 {
    #[inline(always)]
    fn read(self, last: &[u8; BYTES], len: usize) -> Decimal {
        // SAFETY: wants AVX2 and the bit instructions; `self` is the proof of them.
        unsafe { read(last, len) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn perform<J: Job>(avx2: Avx2, job: J) -> J::Output {
    job.run(avx2)
}

/// Rows of a table whose index is cut to five bits instead of compared.
const ROWS: usize = 32;

/// For each place of the point, and for none, which byte goes where. The top bit makes a zero.
const OVER_POINT: [[u8; BYTES]; ROWS] = {
    let mut places = [[0; BYTES]; ROWS];
    let mut point = 0;
    while point < ROWS {
        let mut to = 0;
        while to < BYTES {
            let moved = point < BYTES && to <= point;
            places[point][to] = if !moved {
                to as u8
            } else if to == 0 {
                0x80
            } else {
                to as u8 - 1
            };
            to += 1;
        }
        point += 1;
    }
    places
};

/// For each place at which a field may begin, ones from there on.
const FROM: [[u8; BYTES]; ROWS] = {
    let mut masks = [[0; BYTES]; ROWS];
    let mut from = 0;
    while from <= BYTES {
        let mut at = from;
        while at < BYTES {
            masks[from][at] = 0xff;
            at += 1;
        }
        from += 1;
    }
    masks
};

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn read(last: &[u8; BYTES], len: usize) -> Decimal {
    let bytes: __m128i = bytemuck::cast(*last);
    let places = |byte: u8| _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed())));
    // Of a field that is too long, anything.
    let begin = BYTES.wrapping_sub(len) % ROWS;
    let minus = places(b'-').cast_unsigned() >> begin & 1;
    let from = (begin + minus as usize) % ROWS;
    let found = places(b'.').cast_unsigned() >> from << from;
    let point = (found | 1 << BYTES).trailing_zeros() as usize;
    let digits = _mm_sub_epi8(bytes, _mm_set1_epi8(b'0'.cast_signed()));
    let digits = _mm_and_si128(digits, bytemuck::cast(FROM[from]));
    let digits = _mm_shuffle_epi8(digits, bytemuck::cast(OVER_POINT[point % ROWS]));
    let over_nine = _mm_subs_epu8(digits, _mm_set1_epi8(9));
    let tens = _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1);
    let pairs = _mm_maddubs_epi16(digits, tens);
    let fours = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1));
    let fours = _mm_packus_epi32(fours, fours);
    let eights = _mm_madd_epi16(fours, _mm_setr_epi16(10_000, 1, 10_000, 1, 10_000, 1, 10_000, 1));
    let eights = _mm_cvtsi128_si64(eights).cast_unsigned();
    Decimal {
        digits: (eights & 0xffff_ffff) * 100_000_000 + (eights >> 32),
        point,
        negative: minus != 0,
        good: (_mm_testz_si128(over_nine, over_nine) != 0)
            & (len <= BYTES)
            & (from + usize::from(found != 0) < BYTES),
    }
}
