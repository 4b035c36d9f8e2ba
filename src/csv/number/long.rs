//! Whole numbers of sixteen to twenty-four bytes: keys, points in time in nanoseconds.
//!
//! Three words hold the digits, the last ending where the field does. Up to nineteen digits are below 2^64.

use super::short::{ONES, sum, tops_unless_digits};

/// The longest field without its sign.
const MOST: usize = 24;
/// The shortest: two words of it are loaded wherever it lies.
const LEAST: usize = 16;
/// More than this many times 10^16 may not fit with what is below.
const MOST_FIRST: u64 = u64::MAX / 10_000_000_000_000_000 - 1;

/// Reads `-?[0-9]+` of some length, whether it is negative and its digits; `None` says nothing about the field.
#[inline]
fn long(field: &[u8]) -> Option<(bool, u64)> {
    let (negative, field) = match field {
        [b'-', field @ ..] => (true, field),
        field => (false, field),
    };
    let len = field.len();
    if !(LEAST..=MOST).contains(&len) {
        return None;
    }
    let zeros = ONES * u64::from(b'0');
    let word = |at: usize| Some(u64::from_le_bytes(*field.get(at..)?.first_chunk()?) ^ zeros);
    // Of the first word what is not in the others, at its end. In two steps, since it may be nothing.
    let shift = 4 * (MOST - len);
    let words = [word(0)? << shift << shift, word(len - 16)?, word(len - 8)?];
    let bad = words.iter().fold(0, |bad, &word| bad | tops_unless_digits(word));
    let [first, second, third] = words.map(sum);
    if bad != 0 || first > MOST_FIRST {
        return None;
    }
    Some((negative, (first * 100_000_000 + second) * 100_000_000 + third))
}

/// Reads an `i64`; `None` leaves it to the general parser.
#[inline]
pub(super) fn i64(field: &[u8]) -> Option<i64> {
    let (negative, digits) = long(field)?;
    let value = i64::try_from(digits).ok()?;
    Some(if negative { -value } else { value })
}

/// Reads a `u64`; `None` leaves it to the general parser.
#[inline]
pub(super) fn u64(field: &[u8]) -> Option<u64> {
    let (negative, digits) = long(field)?;
    (!negative).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn every_long_field(
            sign in "-?",
            digits in "[0-9]{14,26}",
            letter in proptest::option::weighted(0.3, (0..25_usize, any::<u8>())),
        ) {
            let mut field = (sign + &digits).into_bytes();
            if let Some((at, letter)) = letter && let Some(byte) = field.get_mut(at) {
                *byte = letter;
            }
            let expected = std::str::from_utf8(&field).ok();
            if let Some(value) = i64(&field) {
                prop_assert_eq!(Some(value), expected.and_then(|text| text.parse().ok()));
            }
            if let Some(value) = u64(&field) {
                prop_assert_eq!(Some(value), expected.and_then(|text| text.parse().ok()));
            }
        }
    }

    #[test]
    fn it_takes_what_is_common() {
        for text in
            ["1700000000000000000", "-1700000000000000000", "9223372036854775807", "00000000000000000000007"]
        {
            assert_eq!(i64(text.as_bytes()), text.parse().ok(), "{text}");
        }
        assert_eq!(u64(b"18429999999999999999"), Some(18_429_999_999_999_999_999));
        for text in [
            "18446744073709551615",
            "123456789012345678901234",
            "15",
            "1700000000000000.000",
            "-9223372036854775808",
        ] {
            assert_eq!(i64(text.as_bytes()), None, "{text}");
        }
    }
}
