//! Up to sixteen bytes, read up to a field's last byte.
//!
//! Loaded so that the field *ends* where the register does, its digits stand in their places whatever its length: the
//! last digit counts one. What lies before the field is masked away, what stands before the point is moved over it,
//! and the digits are summed by pairs. There is no branch on any of it, so that numbers of all lengths in one column
//! cost the same.

use super::short::{ONES, points, sum, tops_unless_digits};

/// Bytes that are read at once.
pub(super) const BYTES: usize = 16;

/// What was read of a field; nothing of it holds unless it is good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    /// All the digits as one whole number, below 10^16.
    pub(super) digits: u64,
    /// The place of the point among the sixteen bytes; [`BYTES`] if there is none.
    pub(super) point: usize,
    pub(super) negative: bool,
    /// The field is `-?[0-9]*\.?[0-9]*` with a digit, of sixteen bytes at the most.
    pub(super) good: bool,
}

/// Reads fields of up to sixteen bytes.
pub(super) trait Reader: Copy {
    /// Reads the field that is the last `len` of sixteen bytes.
    fn read(self, last: &[u8; BYTES], len: usize) -> Decimal;
}

/// Reads in plain registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain;

impl Reader for Plain {
    #[inline(always)]
    fn read(self, last: &[u8; BYTES], len: usize) -> Decimal {
        let begin = BYTES - len.min(BYTES);
        let negative = last[begin % BYTES] == b'-';
        let from = begin + usize::from(negative);
        // Bytes from `from` on, if there are any.
        let field = u128::MAX.checked_shl(8 * from as u32).unwrap_or(0);
        let word = u128::from_le_bytes(*last);
        let halves = [word as u64, (word >> 64) as u64].map(points);
        let found = (u128::from(halves[1]) << 64 | u128::from(halves[0])) & field;
        let point = found.trailing_zeros() as usize / 8;
        let pointed = usize::from(found != 0);
        // What stands before the point moves over it; without one nothing does.
        let behind = (u128::MAX << (8 * point.min(15))) << 8;
        let behind = if found == 0 { u128::MAX } else { behind };
        let word = if found == 0 { word } else { (word & !(behind | behind >> 8)) << 8 | (word & behind) };
        let field = if found == 0 { field } else { field << 8 };
        let zeros = u128::from(ONES * u64::from(b'0'));
        let digits = (word ^ (zeros << 64 | zeros)) & field;
        let [first, second] = [digits as u64, (digits >> 64) as u64];
        let bad = tops_unless_digits(first) | tops_unless_digits(second);
        Decimal {
            digits: sum(first) * 100_000_000 + sum(second),
            point,
            negative,
            good: (bad == 0) & (len <= BYTES) & (from + pointed < BYTES),
        }
    }
}
