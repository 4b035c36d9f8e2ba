//! Eight fields at once, in the registers of AVX-512 machines.
//!
//! Sixteen bytes for each of eight fields are two registers: the even fields and the odd ones. What differs from field
//! to field (where it begins, its sign, its point) is a mask with sixteen bits for each, so that every step is one
//! instruction for four fields or for eight. The bits up to the point are the point's bit and that less one; the
//! leading zeros of the point's bit are the power of ten.

#![allow(unsafe_code)]

use super::brief;
use super::column::Number;
use super::sixteen::BYTES;
use std::arch::x86_64::{
    __m128i, __m512i, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi16, _mm_cmpeq_epi16_mask,
    _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi16, _mm_setzero_si128, _mm_shuffle_epi8, _mm_sub_epi16,
    _mm_test_epi16_mask, _mm_unpackhi_epi64, _mm_unpacklo_epi16, _mm_xor_si128, _mm512_add_epi64,
    _mm512_broadcast_i32x4, _mm512_bslli_epi128, _mm512_cmpeq_epi8_mask, _mm512_cmpge_epu8_mask,
    _mm512_cvtepu16_epi64, _mm512_inserti32x4, _mm512_lzcnt_epi64, _mm512_madd_epi16, _mm512_maddubs_epi16,
    _mm512_mask_cmpeq_epi8_mask, _mm512_mask_cmple_epu8_mask, _mm512_mask_mov_epi8, _mm512_maskz_mov_epi8,
    _mm512_mul_epu32, _mm512_packus_epi32, _mm512_permutex2var_pd, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_srli_epi64,
    _mm512_sub_epi8,
};

/// Fields that are read at once.
const FIELDS: usize = 8;

/// What was read of eight fields; nothing of it holds for those that are bad.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimals {
    /// All the digits of each as one whole number, below 10^16.
    pub(super) digits: [u64; FIELDS],
    /// The power of ten by which the digits of each are too large.
    pub(super) powers: [f64; FIELDS],
    /// Bits of the fields that have a minus.
    pub(super) negative: u8,
    /// Bits of the fields that have a point.
    pub(super) pointed: u8,
    /// Bits of the fields that are no short decimals.
    pub(super) bad: u8,
}

/// A machine with those parts of AVX-512 that server processors have had since 2017. Made by [`detect`](Self::detect)
/// alone.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        let there = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        there.then_some(Self(()))
    }

    /// Reads as many numbers as are whole eights; returns how many it could not read, as [`read`](super::column::read)
    /// does, and the spans of the others.
    #[inline]
    pub(super) fn read<T: Number, S: Iterator<Item = (usize, usize)>>(
        self,
        bytes: &[u8],
        spans: S,
        numbers: &mut [[T; FIELDS]],
        odd: &mut [u32],
    ) -> (usize, S) {
        // SAFETY: wants parts of AVX-512 and the bit instructions; `self` is the proof of them.
        unsafe { read(bytes, spans, numbers, odd) }
    }
}

/// Fields that are looked at together: what is stored of them one by one is loaded eight at a time, which is slow while a
/// store is on its way.
const TOGETHER: usize = 64;

#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi1,bmi2")]
fn read<T: Number, S: Iterator<Item = (usize, usize)>>(
    bytes: &[u8],
    mut spans: S,
    numbers: &mut [[T; FIELDS]],
    odd: &mut [u32],
) -> (usize, S) {
    let (mut count, mut first) = (0, 0);
    // As long as all fields are brief, eight bytes of each are enough.
    let mut brief = true;
    let mut known = [(0, 0); TOGETHER];
    let mut words = [[0; FIELDS]; TOGETHER / FIELDS];
    let mut lens = words;
    for numbers in numbers.chunks_mut(TOGETHER / FIELDS) {
        let known = &mut known[..numbers.len() * FIELDS];
        for known in &mut *known {
            *known = spans.next().unwrap_or_default();
        }
        if brief {
            let stores = words.as_flattened_mut().iter_mut().zip(lens.as_flattened_mut());
            for (&(start, end), (word, len)) in known.iter().zip(stores) {
                // A field near the start of the bytes, where eight are not at hand, is taken for a long one.
                let last = bytes.get(end.wrapping_sub(brief::BYTES)..end).and_then(|last| last.first_chunk());
                *word = u64::from_le_bytes(*last.unwrap_or(&[0; brief::BYTES]));
                *len = end.wrapping_sub(start) as u64;
                brief &= (*len <= brief::BYTES as u64) & last.is_some();
            }
        }
        if brief {
            for (eight, (numbers, (&words, &lens))) in
                numbers.iter_mut().zip(words.iter().zip(&lens)).enumerate()
            {
                let decimals = brief::decimals(words, lens);
                let bad = T::of_eight(&decimals, numbers) | decimals.bad;
                count += list(bad, first + eight * FIELDS, &mut odd[count..]);
            }
        } else {
            count += read_long(bytes, known, numbers, first, &mut odd[count..]);
        }
        first += known.len();
    }
    (count, spans)
}

/// Lists the set bits, counted from `first`, and returns how many there are.
#[inline]
fn list(mut bits: u8, first: usize, odd: &mut [u32]) -> usize {
    let mut count = 0;
    while bits != 0 {
        odd[count] = first as u32 + bits.trailing_zeros();
        count += 1;
        bits &= bits - 1;
    }
    count
}

/// Reads fields of up to sixteen bytes; `first` is the number of the first.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi1,bmi2")]
fn read_long<T: Number>(
    bytes: &[u8],
    spans: &[(usize, usize)],
    numbers: &mut [[T; FIELDS]],
    first: usize,
    odd: &mut [u32],
) -> usize {
    let mut count = 0;
    let (spans, _) = spans.as_chunks::<FIELDS>();
    for (eight, (numbers, spans)) in numbers.iter_mut().zip(spans).enumerate() {
        let mut lasts = [&[0; BYTES]; FIELDS];
        let mut begins = [BYTES as u8; FIELDS];
        for (&(start, end), (last, begin)) in spans.iter().zip(lasts.iter_mut().zip(&mut begins)) {
            // Sixteen bytes before the field's end: all but the first fields of a file have them.
            if let Some(bytes) = bytes.get(..end).and_then(|bytes| bytes.last_chunk()) {
                *last = bytes;
                let len = end.wrapping_sub(start);
                *begin = if len <= BYTES { (BYTES - len) as u8 } else { BYTES as u8 };
            }
        }
        let decimals = decimals(lasts, u64::from_le_bytes(begins));
        let bad = T::of_eight(&decimals, numbers) | decimals.bad;
        count += list(bad, first + eight * FIELDS, &mut odd[count..]);
    }
    count
}

/// What a register of four fields is made of: a bit for each byte.
struct Kinds {
    digits: u64,
    points: u64,
    minus: u64,
    /// Within the field, and none of these.
    others: u64,
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn kinds(bytes: __m512i, begins: __m512i) -> Kinds {
    let places = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0f0e_0d0c_0b0a_0908, 0x0706_0504_0302_0100));
    let inside = _mm512_cmpge_epu8_mask(places, begins);
    let first = _mm512_cmpeq_epi8_mask(places, begins);
    let minus = _mm512_mask_cmpeq_epi8_mask(first, bytes, _mm512_set1_epi8(b'-'.cast_signed()));
    let points = _mm512_mask_cmpeq_epi8_mask(inside, bytes, _mm512_set1_epi8(b'.'.cast_signed()));
    let values = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b'0'.cast_signed()));
    let digits = _mm512_mask_cmple_epu8_mask(inside, values, _mm512_set1_epi8(9));
    Kinds { digits, points, minus, others: inside ^ minus ^ points ^ digits }
}

/// Puts the bits of eight fields in the order of the fields, sixteen for each.
#[inline]
#[target_feature(enable = "sse2")]
fn in_order(even: u64, odd: u64) -> __m128i {
    let word = |bits: u64| _mm_set_epi64x(0, bits.cast_signed());
    _mm_unpacklo_epi16(word(even), word(odd))
}

/// Sums the digits by fours, those before the point moved over it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn fours(bytes: __m512i, digits: u64, up_to_point: u64) -> __m512i {
    let values = _mm512_sub_epi8(bytes, _mm512_set1_epi8(b'0'.cast_signed()));
    let values = _mm512_maskz_mov_epi8(digits, values);
    let values = _mm512_mask_mov_epi8(values, up_to_point, _mm512_bslli_epi128::<1>(values));
    let pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi16(10 | 1 << 8));
    _mm512_madd_epi16(pairs, _mm512_set1_epi32(100 | 1 << 16))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn gather(a: &[u8; BYTES], b: &[u8; BYTES], c: &[u8; BYTES], d: &[u8; BYTES]) -> __m512i {
    let all = _mm512_inserti32x4::<0>(_mm512_setzero_si512(), bytemuck::cast(*a));
    let all = _mm512_inserti32x4::<1>(all, bytemuck::cast(*b));
    let all = _mm512_inserti32x4::<2>(all, bytemuck::cast(*c));
    _mm512_inserti32x4::<3>(all, bytemuck::cast(*d))
}

/// For each byte of a register of four fields the number of its field, even ones or odd ones.
const FIELD_OF: [[u8; 64]; 2] = {
    let mut fields = [[0; 64]; 2];
    let mut at = 0;
    while at < 64 {
        fields[0][at] = (at / BYTES * 2) as u8;
        fields[1][at] = (at / BYTES * 2 + 1) as u8;
        at += 1;
    }
    fields
};

/// The first bytes of the even 16-bit numbers, and then of the odd ones.
const APART: [u8; 16] = [0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15];

/// Exact powers of ten, by how many digits stand behind the point.
const POWERS: [[f64; 8]; 2] =
    [[1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7], [1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]];

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn decimals(lasts: [&[u8; BYTES]; FIELDS], begins: u64) -> Decimals {
    let [a, b, c, d, e, f, g, h] = lasts;
    let (even, odd) = (gather(a, c, e, g), gather(b, d, f, h));
    let begins = _mm512_broadcast_i32x4(_mm_set_epi64x(0, begins.cast_signed()));
    let [of_even, of_odd] = FIELD_OF.map(|fields| _mm512_shuffle_epi8(begins, bytemuck::cast(fields)));
    let (evens, odds) = (kinds(even, of_even), kinds(odd, of_odd));
    let points = in_order(evens.points, odds.points);
    let before = _mm_sub_epi16(points, _mm_set1_epi16(1));
    // Nothing where there is no point.
    let none = _mm_cmpeq_epi16(points, _mm_setzero_si128());
    let up_to_point = _mm_andnot_si128(none, _mm_xor_si128(points, before));
    let up_to_point = _mm_shuffle_epi8(up_to_point, bytemuck::cast(APART));
    let up_to_even = _mm_cvtsi128_si64(up_to_point).cast_unsigned();
    let up_to_odd = _mm_cvtsi128_si64(_mm_unpackhi_epi64(up_to_point, up_to_point)).cast_unsigned();
    let others = in_order(evens.others, odds.others);
    let digits = in_order(evens.digits, odds.digits);
    let minus = in_order(evens.minus, odds.minus);
    let second = _mm_and_si128(points, before);
    let bad = _mm_test_epi16_mask(others, others)
        | _mm_cmpeq_epi16_mask(digits, _mm_setzero_si128())
        | _mm_test_epi16_mask(second, second);
    let fours =
        _mm512_packus_epi32(fours(even, evens.digits, up_to_even), fours(odd, odds.digits, up_to_odd));
    let eights = _mm512_madd_epi16(fours, _mm512_set1_epi32(10_000 | 1 << 16));
    let first = _mm512_mul_epu32(eights, _mm512_set1_epi64(100_000_000));
    let digits = _mm512_add_epi64(first, _mm512_srli_epi64::<32>(eights));
    // 48 and the digits behind the point, or 64: the permutation takes them modulo 16.
    let zeros = _mm512_lzcnt_epi64(_mm512_cvtepu16_epi64(points));
    let [few, many] = POWERS.map(bytemuck::cast);
    Decimals {
        digits: bytemuck::cast(digits),
        powers: bytemuck::cast(_mm512_permutex2var_pd(few, zeros, many)),
        negative: _mm_test_epi16_mask(minus, minus),
        pointed: _mm_test_epi16_mask(points, points),
        bad,
    }
}
