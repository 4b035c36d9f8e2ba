//! Eight fields of up to eight bytes at once: a lane of 64 bits for each.
//!
//! As in `sixteen.rs` a field ends where its lane does, so that its last digit stands in the top byte whatever its length. All
//! steps are those of one lane; none crosses to another, and so half as many are needed as for sixteen bytes each.

use super::lanes::Decimals;
use super::short::ONES;
use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_andnot_si512, _mm512_castsi512_pd,
    _mm512_cmpeq_epi8_mask, _mm512_cmpeq_epi64_mask, _mm512_cmpgt_epu64_mask, _mm512_cmpneq_epi64_mask,
    _mm512_lzcnt_epi64, _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_mask_slli_epi64,
    _mm512_maskz_mov_epi8, _mm512_maskz_sub_epi64, _mm512_mul_epu32, _mm512_or_si512, _mm512_permutexvar_pd,
    _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_slli_epi64, _mm512_sllv_epi64, _mm512_srli_epi64, _mm512_srlv_epi64, _mm512_sub_epi64,
    _mm512_subs_epu8, _mm512_test_epi64_mask, _mm512_testn_epi64_mask, _mm512_xor_si512,
};

/// Fields that are read at once.
pub(super) const FIELDS: usize = 8;
/// Bytes of a field at most.
pub(super) const BYTES: usize = 8;

/// Powers of ten, by how many bytes stand behind the point; of eight, where there is no point, the first is taken.
const POWERS: [f64; FIELDS] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// Reads the fields that are the last `lens` bytes of each of `words`; those of more than eight bytes are bad.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
pub(super) fn decimals(words: [u64; FIELDS], lens: [u64; FIELDS]) -> Decimals {
    let words: __m512i = bytemuck::cast(words);
    let lens: __m512i = bytemuck::cast(lens);
    let each = |word: u64| _mm512_set1_epi64(word.cast_signed());
    let long = _mm512_cmpgt_epu64_mask(lens, each(BYTES as u64));
    // Bits in front of the field: 64 and more of one that is empty or too long, of which shifts leave nothing.
    let before = _mm512_sub_epi64(each(64), _mm512_slli_epi64::<3>(lens));
    let first = _mm512_and_si512(_mm512_srlv_epi64(words, before), each(0xff));
    let minus = _mm512_cmpeq_epi64_mask(first, each(u64::from(b'-')));
    let field = _mm512_sllv_epi64(each(u64::MAX), before);
    let field = _mm512_mask_slli_epi64::<8>(field, minus, field);
    let points = _mm512_cmpeq_epi8_mask(words, _mm512_set1_epi8(b'.'.cast_signed()));
    let points = _mm512_and_si512(_mm512_maskz_mov_epi8(points, each(u64::MAX)), field);
    let pointed = _mm512_test_epi64_mask(points, points);
    let lowest = _mm512_and_si512(points, _mm512_sub_epi64(_mm512_setzero_si512(), points));
    let one_point = _mm512_sub_epi64(_mm512_slli_epi64::<8>(lowest), lowest);
    let many_points = _mm512_cmpneq_epi64_mask(points, one_point);
    let places = _mm512_andnot_si512(points, field);
    let no_digit = _mm512_testn_epi64_mask(places, places);
    let digits = _mm512_and_si512(_mm512_xor_si512(words, each(ONES * u64::from(b'0'))), places);
    let over_nine = _mm512_subs_epu8(digits, _mm512_set1_epi8(9));
    let other = _mm512_test_epi64_mask(over_nine, over_nine);
    // What stands before the point moves over it; without one nothing does.
    let up_to_point = _mm512_maskz_sub_epi64(pointed, lowest, each(1));
    let moved = _mm512_slli_epi64::<8>(_mm512_and_si512(digits, up_to_point));
    let digits = _mm512_or_si512(moved, _mm512_andnot_si512(up_to_point, digits));
    let pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(10 | 1 << 8));
    let fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(100 | 1 << 16));
    let digits = _mm512_add_epi64(_mm512_mul_epu32(fours, each(10_000)), _mm512_srli_epi64::<32>(fours));
    let behind = _mm512_srli_epi64::<3>(_mm512_lzcnt_epi64(points));
    let powers = _mm512_permutexvar_pd(behind, _mm512_castsi512_pd(bytemuck::cast(POWERS)));
    Decimals {
        digits: bytemuck::cast(digits),
        powers: bytemuck::cast(powers),
        negative: minus,
        pointed,
        bad: long | many_points | no_digit | other,
    }
}
