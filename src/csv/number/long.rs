//! Sixteen to twenty-four bytes: what programs print of an `f64`, points in time in nanoseconds.
//!
//! Three words hold the digits, the last ending where the field does; what stands before the point is moved over it. Up
//! to nineteen digits are a whole number below 2^64, and that is divided by a power of five exactly: a quotient of 63
//! bits or more, and whether anything remains. So it is rounded once. The division is a product with a reciprocal, set
//! right (Möller and Granlund, "Improved division by invariant integers", 2011).

use super::short::{ONES, points, sum, tops_unless_digits};

/// The longest field without its sign.
const MOST: usize = 24;
/// The shortest: two words of it are loaded wherever it lies.
const LEAST: usize = 16;
/// More than this many times 10^16 may not fit with what is below.
const MOST_FIRST: u64 = u64::MAX / 10_000_000_000_000_000 - 1;

/// What was read of a field.
struct Long {
    negative: bool,
    /// All the digits as one whole number.
    digits: u64,
    /// How many of them stand behind the point, if there is one.
    behind: Option<usize>,
}

/// Reads `-?[0-9]*\.?[0-9]*` of some length; `None` says nothing about the field.
#[inline]
fn long(field: &[u8]) -> Option<Long> {
    let (negative, field) = match field {
        [b'-', field @ ..] => (true, field),
        field => (false, field),
    };
    let len = field.len();
    if !(LEAST..=MOST).contains(&len) {
        return None;
    }
    let word = |at: usize| Some(u64::from_le_bytes(*field.get(at..)?.first_chunk()?));
    let [first, second, third] = [word(0)?, word(len - 16)?, word(len - 8)?];
    // Of the first word what is not in the others, at its end. In two steps, since it may be nothing.
    let shift = 4 * (MOST - len);
    let first = first << shift << shift;
    let zeros = ONES * u64::from(b'0');
    let words = [first ^ (zeros << shift << shift), second ^ zeros, third ^ zeros];
    let (words, behind) = over_point(words, [first, second, third].map(points));
    let bad = words.iter().fold(0, |bad, &word| bad | tops_unless_digits(word));
    let [first, second, third] = words.map(sum);
    if bad != 0 || first > MOST_FIRST {
        return None;
    }
    let digits = (first * 100_000_000 + second) * 100_000_000 + third;
    Some(Long { negative, digits, behind })
}

/// Moves what stands before the first point over it, and returns how many bytes stand behind that.
#[inline(always)]
fn over_point(words: [u64; 3], points: [u64; 3]) -> ([u64; 3], Option<usize>) {
    let [first, second, third] = words;
    let moved = |word: u64, point: u64| {
        let place = point.trailing_zeros() / 8;
        let behind = u64::MAX << (8 * place);
        ((word & !behind) << 8 | (word & (behind << 8)), 7 - place as usize)
    };
    if points[0] != 0 {
        let (first, behind) = moved(first, points[0]);
        ([first, second, third], Some(behind + 16))
    } else if points[1] != 0 {
        let (second, behind) = moved(second, points[1]);
        ([first << 8, second | first >> 56, third], Some(behind + 8))
    } else if points[2] != 0 {
        let (third, behind) = moved(third, points[2]);
        ([first << 8, second << 8 | first >> 56, third | second >> 56], Some(behind))
    } else {
        (words, None)
    }
}

/// A divisor with its top bit set, and its reciprocal.
#[derive(Clone, Copy)]
struct Divisor {
    divisor: u64,
    /// What is left of the largest number of two words, divided by the divisor, without the top bit.
    reciprocal: u64,
    /// By how many bits the divisor was moved up.
    shift: u32,
}

/// The powers of five that digits behind a point need.
const FIVES: [Divisor; MOST] = {
    let mut fives = [Divisor { divisor: 0, reciprocal: 0, shift: 0 }; MOST];
    let (mut power, mut five) = (0, 1_u64);
    while power < MOST {
        let shift = five.leading_zeros();
        let divisor = five << shift;
        let reciprocal = (u128::MAX / divisor as u128 - (1 << 64)) as u64;
        fives[power] = Divisor { divisor, reciprocal, shift };
        power += 1;
        five = five.wrapping_mul(5);
    }
    fives
};

impl Divisor {
    /// Divides a number of two words whose first is below the divisor; returns the quotient, and whether anything
    /// remains.
    #[inline(always)]
    fn divide(self, high: u64, low: u64) -> (u64, bool) {
        let Self { divisor, reciprocal, .. } = self;
        let product = u128::from(reciprocal) * u128::from(high);
        let guess = product.wrapping_add(u128::from(high) << 64 | u128::from(low));
        let mut quotient = ((guess >> 64) as u64).wrapping_add(1);
        let mut rest = low.wrapping_sub(quotient.wrapping_mul(divisor));
        if rest > guess as u64 {
            quotient = quotient.wrapping_sub(1);
            rest = rest.wrapping_add(divisor);
        }
        if rest >= divisor {
            quotient = quotient.wrapping_add(1);
            rest = rest.wrapping_sub(divisor);
        }
        (quotient, rest != 0)
    }
}

/// Returns the `f64` nearest to a whole number that has so many digits behind the point.
#[inline(always)]
fn rounded(digits: u64, behind: usize) -> f64 {
    if digits == 0 {
        return 0.0;
    }
    let five = FIVES[behind];
    let shift = digits.leading_zeros();
    let high = digits << shift;
    // The quotient has its top bit in the first place or in the second.
    let (quotient, remains) = five.divide(high >> 1, high << 63);
    // Far below what is kept, one bit stands for all that is left away. The conversion rounds.
    let all = (quotient >> 1) | (quotient & 1) | u64::from(remains);
    let exponent = five.shift as i32 - shift as i32 - 62 - behind as i32;
    let power = f64::from_bits(((1023 + exponent) as u64) << 52);
    all.cast_signed() as f64 * power
}

/// Reads an `f64`; `None` leaves it to the general parser.
#[inline]
pub(super) fn f64(field: &[u8]) -> Option<f64> {
    let Long { negative, digits, behind } = long(field)?;
    let value = rounded(digits, behind.unwrap_or(0));
    Some(f64::from_bits(value.to_bits() | u64::from(negative) << 63))
}

/// Reads an `f32`; `None` leaves it to the general parser.
#[inline]
pub(super) fn f32(field: &[u8]) -> Option<f32> {
    let value = f64(field)?;
    // Rounding twice differs from rounding once only where the first ends halfway between two `f32`.
    let halfway = value.to_bits() & 0x1fff_ffff == 0x1000_0000;
    (!halfway).then_some(value as f32)
}

/// Reads an `i64`; `None` leaves it to the general parser.
#[inline]
pub(super) fn i64(field: &[u8]) -> Option<i64> {
    let Long { negative, digits, behind } = long(field)?;
    let value = i64::try_from(digits).ok()?;
    behind.is_none().then_some(if negative { -value } else { value })
}

/// Reads a `u64`; `None` leaves it to the general parser.
#[inline]
pub(super) fn u64(field: &[u8]) -> Option<u64> {
    let Long { negative, digits, behind } = long(field)?;
    (behind.is_none() && !negative).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn a_quotient_is_rounded_as_str_parse_rounds(digits: u64, fewer in 0..64_u32, behind in 0..MOST) {
            let digits = digits >> fewer;
            let text = format!("{digits}e-{behind}");
            prop_assert_eq!(rounded(digits, behind).to_bits(), text.parse::<f64>().unwrap().to_bits(), "{}", text);
        }

        #[test]
        fn a_division_is_one_of_two_words(digits: u64, low: u64, power in 0..MOST) {
            let five = FIVES[power];
            let high = digits % five.divisor;
            let whole = u128::from(high) << 64 | u128::from(low);
            let (quotient, rest) = (whole / u128::from(five.divisor), whole % u128::from(five.divisor));
            prop_assert_eq!(five.divide(high, low), (quotient as u64, rest != 0));
        }

        #[test]
        fn halves_go_to_the_even_one(mantissa in 1_u64 << 53..1 << 54, up in 0..10_u32) {
            // A number that lies right between two, and its neighbours.
            for digits in [-1, 0, 1].map(|by| (mantissa | 1).saturating_mul(1 << up).saturating_add_signed(by)) {
                prop_assert_eq!(rounded(digits, 0).to_bits(), (digits as f64).to_bits());
                prop_assert_eq!(rounded(digits, 3).to_bits(), format!("{digits}e-3").parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn every_long_field(sign in "-?", text in "[0-9]{0,24}\\.?[0-9]{0,24}", letter in proptest::option::weighted(0.2, (0..25_usize, any::<u8>()))) {
            let mut field = (sign + &text).into_bytes();
            if let Some((at, letter)) = letter && let Some(byte) = field.get_mut(at) {
                *byte = letter;
            }
            let expected = std::str::from_utf8(&field).ok();
            if let Some(value) = f64(&field) {
                let expected = expected.and_then(|text| text.parse::<f64>().ok());
                prop_assert_eq!(Some(value.to_bits()), expected.map(f64::to_bits));
            }
            if let Some(value) = f32(&field) {
                let expected = expected.and_then(|text| text.parse::<f32>().ok());
                prop_assert_eq!(Some(value.to_bits()), expected.map(f32::to_bits));
            }
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
        for text in [
            "0.8444218515250481",
            "-0.05135830211449",
            "12345.678901234567",
            "-9007199254740993.00",
            "0.00012345678901234567",
        ] {
            assert_eq!(f64(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in
            ["1700000000000000000", "-1700000000000000000", "9223372036854775807", "00000000000000000000007"]
        {
            assert_eq!(i64(text.as_bytes()), text.parse().ok(), "{text}");
        }
        assert_eq!(u64(b"18429999999999999999"), Some(18_429_999_999_999_999_999));
        for text in [
            "18446744073709551615",
            "123456789012345678901234",
            "1.5",
            "0.84442185152504811111111111",
            "0.844421851525048e1",
        ] {
            assert_eq!(f64(text.as_bytes()), None, "{text}");
        }
    }
}
