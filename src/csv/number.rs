//! Numbers from bytes, equal to the standard library's bit for bit.
//!
//! What is a number is what `str::parse` takes: an optional sign, digits with an optional point and exponent, `inf`,
//! `nan`; no spaces, no separators. Most numbers in files are short, and those take a path without branches on their
//! digits: eight bytes are loaded at once, the point is cut out, and the digits are summed in one register. A whole
//! number below 10^8 and a power of ten up to 10^7 are both exact as `f64`, so their quotient is rounded once, which
//! is the correct rounding (Clinger 1990). The digit sum is Lemire's.

/// Powers of ten that a quotient of short digits can need.
const POWERS: [f64; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

const ONES: u64 = 0x0101_0101_0101_0101;
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
    let away = word ^ (ONES * b'.' as u64);
    let points = !(((away & LOW_SEVEN) + LOW_SEVEN) | away | LOW_SEVEN);
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
    if ((digits.wrapping_add(ONES * 0x76)) | digits) & (ONES * 0x80) != 0 {
        return None;
    }
    Some(Short { negative, digits: sum(digits), behind })
}

/// Sums eight decimal digits, the first in the low byte.
#[inline(always)]
fn sum(digits: u64) -> u64 {
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

/// Reads an `f64` as `str::parse` does.
pub(crate) fn f64(bytes: &[u8]) -> Option<f64> {
    fast_float2::parse(bytes).ok()
}

/// Reads an `f32` as `str::parse` does: rounded once, not by way of `f64`.
pub(crate) fn f32(bytes: &[u8]) -> Option<f32> {
    fast_float2::parse(bytes).ok()
}

/// Reads an `i64` as `str::parse` does.
pub(crate) fn i64(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Reads a `u64` as `str::parse` does.
pub(crate) fn u64(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Reads `true` or `false` in any case, `1` or `0`.
pub(crate) fn bool(bytes: &[u8]) -> Option<bool> {
    match bytes {
        b"1" => Some(true),
        b"0" => Some(false),
        _ if bytes.eq_ignore_ascii_case(b"true") => Some(true),
        _ if bytes.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The first eight bytes of a field as the reader loads them, with other bytes of the file behind it.
    fn word(text: &str) -> u64 {
        let mut bytes = [b'7'; 8];
        let len = text.len().min(8);
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        u64::from_le_bytes(bytes)
    }

    fn agrees(text: &str) -> Result<(), TestCaseError> {
        let expected = text.parse::<f64>().ok().map(f64::to_bits);
        prop_assert_eq!(f64(text.as_bytes()).map(f64::to_bits), expected, "f64 {:?}", text);
        let single = text.parse::<f32>().ok().map(f32::to_bits);
        prop_assert_eq!(f32(text.as_bytes()).map(f32::to_bits), single, "f32 {:?}", text);
        if let Some(value) = short_f64(word(text), text.len()) {
            prop_assert_eq!(Some(value.to_bits()), expected, "short f64 {:?}", text);
        }
        if let Some(value) = short_i64(word(text), text.len()) {
            prop_assert_eq!(Some(value), text.parse().ok(), "short i64 {:?}", text);
        }
        if let Some(value) = short_u64(word(text), text.len()) {
            prop_assert_eq!(Some(value), text.parse().ok(), "short u64 {:?}", text);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_text_of_number_letters(letters in proptest::collection::vec(
            proptest::sample::select(&b"0123456789..--+eEinf aN\xc3_"[..]), 0..12,
        )) {
            agrees(&String::from_utf8_lossy(&letters))?;
        }

        #[test]
        fn every_short_decimal(negative: bool, whole in 0..100_000_000_u64, places in 0..8_u32) {
            let sign = if negative { "-" } else { "" };
            let unit = 10_u64.pow(places);
            agrees(&format!("{sign}{whole}"))?;
            agrees(&format!("{sign}{}.{:0places$}", whole / unit, whole % unit, places = places as usize))?;
        }

        #[test]
        fn every_f64_as_it_is_printed(bits: u64) {
            agrees(&f64::from_bits(bits).to_string())?;
            agrees(&format!("{:e}", f64::from_bits(bits)))?;
        }
    }

    #[test]
    fn corners() {
        for text in [
            "",
            ".",
            "-",
            "+",
            "-.",
            "1.",
            ".5",
            "-.5",
            "+1",
            "-0",
            "-0.0",
            "0.1",
            "1..2",
            "1.2.3",
            "--1",
            "inf",
            "-inf",
            "+Infinity",
            "NaN",
            "-nan",
            "1e5",
            "1e",
            "e5",
            "1e400",
            "1e-400",
            " 1",
            "1 ",
            "12345678",
            "123456789",
            "9007199254740993",
            "2.2250738585072011e-308",
            "1_0",
            "0x1",
            "5.",
        ] {
            agrees(text).unwrap();
        }
    }

    #[test]
    fn the_short_path_takes_what_is_common() {
        for text in ["12.3", "-9.9", "0", "99999999", "-1234.56", ".5", "5."] {
            assert!(short_f64(word(text), text.len()).is_some(), "{text}");
        }
        for text in ["", "-", ".", "-.", "1e5", "+1", "123456789"] {
            assert!(short_f64(word(text), text.len()).is_none(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_and_booleans() {
        assert_eq!(i64(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(i64(b"9223372036854775808"), None);
        assert_eq!(u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(u64(b"-1"), None);
        assert_eq!(bool(b"TRUE"), Some(true));
        assert_eq!(bool(b"0"), Some(false));
        assert_eq!(bool(b"yes"), None);
    }
}
