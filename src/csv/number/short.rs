//! Up to eight bytes, read from a field's first byte on.
//!
//! A whole number below 10^8 and a power of ten up to 10^7 are both exact as `f64`, so their quotient is rounded once,
//! which is the correct rounding (Clinger 1990). The digit sum is Lemire's.

/// Powers of ten that a quotient of short digits can need.
const POWERS: [f64; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

pub(super) const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Up to eight digits, read without a look at each.
struct Short {
    negative: bool,
    /// All the digits as one whole number.
    digits: u64,
    /// How many of them stand behind the point, if there is one.
    behind: Option<usize>,
}

/// Reads `-?[0-9]*\.?[0-9]*` with one to eight digits and point, the field being the low `len` bytes of `word`.
///
/// `None` says nothing about the field: the general path decides.
#[inline(always)]
fn short(word: u64, len: usize) -> Option<Short> {
    let negative = word as u8 == b'-';
    let sign = usize::from(negative);
    if len > 8 || len <= sign {
        return None;
    }
    let (word, len) = (word >> (8 * sign), len - sign);
    let word = word & (u64::MAX >> (64 - 8 * len));
    let points = points(word);
    let (digits, count, behind) = if points == 0 {
        (word, len, None)
    } else {
        let place = points.trailing_zeros() as usize / 8;
        let low = (1_u64 << (8 * place)) - 1;
        ((word & low) | ((word >> 8) & !low), len - 1, Some(len - 1 - place))
    };
    if count == 0 {
        return None;
    }
    // The last digit goes to the top byte; what is shifted in below are zeros, as digits.
    let shift = 64 - 8 * count;
    let digits = (digits << shift) ^ ((ONES * b'0' as u64) << shift);
    if tops_unless_digits(digits) != 0 {
        return None;
    }
    Some(Short { negative, digits: sum(digits), behind })
}

/// Sets the top bit of each byte that is a point.
#[inline(always)]
pub(super) fn points(word: u64) -> u64 {
    let away = word ^ (ONES * b'.' as u64);
    !(((away & LOW_SEVEN) + LOW_SEVEN) | away | LOW_SEVEN)
}

/// Returns zero if all bytes are below ten.
#[inline(always)]
pub(super) fn tops_unless_digits(digits: u64) -> u64 {
    // A carry into the next byte comes from one whose own top bit is set.
    (digits.wrapping_add(ONES * 0x76) | digits) & (ONES * 0x80)
}

/// Sums eight decimal digits, the first in the low byte.
#[inline(always)]
pub(super) fn sum(digits: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let high = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let low = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    high.wrapping_add(low) >> 32
}

/// Reads a short `f64` whose first eight bytes, if it has as many, are `word`; `None` leaves it to [`f64`].
#[inline(always)]
pub(crate) fn short_f64(word: u64, len: usize) -> Option<f64> {
    let Short { negative, digits, behind } = short(word, len)?;
    let value = digits as f64 / POWERS[behind.unwrap_or(0) & 7];
    // The sign as a bit, since in many files it is a coin toss that no predictor guesses.
    Some(f64::from_bits(value.to_bits() | u64::from(negative) << 63))
}

/// Reads a short `i64`; `None` leaves it to [`i64`].
#[inline(always)]
pub(crate) fn short_i64(word: u64, len: usize) -> Option<i64> {
    let Short { negative, digits, behind } = short(word, len)?;
    let value = digits as i64;
    behind.is_none().then_some(if negative { -value } else { value })
}

/// Reads a short `u64`; `None` leaves it to [`u64`].
#[inline(always)]
pub(crate) fn short_u64(word: u64, len: usize) -> Option<u64> {
    let Short { negative, digits, behind } = short(word, len)?;
    (behind.is_none() && !negative).then_some(digits)
}
