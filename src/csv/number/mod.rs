//! Numbers from bytes, equal to the standard library's bit for bit.
//!
//! What is a number is what `str::parse` takes: an optional sign, digits with an optional point and exponent, `inf`,
//! `nan`; no spaces, no separators. Most numbers in files are short, and those take paths without branches on their
//! digits: all bytes are loaded at once, the point is cut out, and the digits are summed in a register. Up to fifteen
//! digits and a power of ten up to 10^22 are both exact as `f64`, so their quotient is rounded once, which is the
//! correct rounding (Clinger 1990). All else is left to general parsers.
//!
//! ```text
//! short.rs    eight bytes, from a field's start on: one field of a record
//! long.rs     whole numbers of up to twenty-four bytes
//! sixteen.rs  sixteen bytes, up to a field's end; x86.rs the same with vector instructions
//! lanes.rs    eight times sixteen bytes, on machines with AVX-512; brief.rs eight times eight
//! column.rs   a whole column of fields
//! ```

#[cfg(target_arch = "x86_64")]
mod brief;
pub(crate) mod column;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod long;
mod short;
mod sixteen;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use short::{short_f64, short_i64, short_u64};

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
    long::i64(bytes).or_else(|| std::str::from_utf8(bytes).ok()?.parse().ok())
}

/// Reads a `u64` as `str::parse` does.
pub(crate) fn u64(bytes: &[u8]) -> Option<u64> {
    long::u64(bytes).or_else(|| std::str::from_utf8(bytes).ok()?.parse().ok())
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
    use super::column::Number;
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Debug;
    use std::str::FromStr;

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
        column_agrees::<f64, _>(text, |value| value.to_bits())?;
        column_agrees::<f32, _>(text, |value| value.to_bits())?;
        column_agrees::<i64, _>(text, |value| value)?;
        column_agrees::<u64, _>(text, |value| value)?;
        Ok(())
    }

    /// Reads the text as a column of two fields with every reader, other bytes of the file around it.
    fn column_agrees<T, B>(text: &str, bits: impl Fn(T) -> B) -> Result<(), TestCaseError>
    where
        T: Number + FromStr,
        B: PartialEq + Debug + Copy,
    {
        let expected = text.parse::<T>().ok().map(&bits);
        prop_assert_eq!(T::parse(text.as_bytes()).map(&bits), expected, "{:?}", text);
        let bytes = format!("{text},-7.5,--77777777777777.7{text}");
        let len = text.len();
        // Eights of the text, of others, and of both, and some more.
        let mut spans = [(0, len); 21];
        for (index, span) in spans.iter_mut().enumerate().skip(1) {
            match (index / 8, index % 3) {
                (0, _) | (1, 0) | (2, 0) => *span = (bytes.len() - len, bytes.len()),
                (_, 1) => *span = (len + 1, len + 5),
                _ => *span = (len + 8, len + 23),
            }
        }
        // The same where no field is near the start of the bytes, so that eights of brief ones are read as such.
        let others = format!("77777777,-7.5,{text}");
        let other_spans: [_; 21] =
            std::array::from_fn(|index| if index % 3 == 1 { (9, 13) } else { (14, 14 + len) });
        let check = |bytes: &str, spans: &[(usize, usize)], numbers: &[T], odd: &[u32]| {
            prop_assert!(odd.is_sorted());
            let text_at = |&&(start, end): &&(usize, usize)| &bytes[start..end] == text;
            for (index, span) in spans.iter().enumerate().filter(|(_, span)| text_at(span)) {
                if !odd.contains(&(index as u32)) {
                    prop_assert_eq!(Some(bits(numbers[index])), expected, "{:?}", text);
                }
                let usual = text.bytes().all(|byte| byte.is_ascii_digit());
                if usual && (1..=16).contains(&len) && size_of::<T>() == 8 && span.1 >= 16 {
                    prop_assert!(!odd.contains(&(index as u32)), "{:?}", text);
                }
            }
            Ok(())
        };
        let (mut numbers, mut odd) = ([T::default(); 21], [0; 21]);
        for (bytes, spans) in [(&bytes, spans), (&others, other_spans)] {
            let count = column::read(bytes.as_bytes(), spans.into_iter(), &mut numbers, &mut odd);
            check(bytes, &spans, &numbers, &odd[..count])?;
            for plain in [false, true] {
                let count = column::read_one_by_one(
                    plain,
                    bytes.as_bytes(),
                    spans.into_iter(),
                    &mut numbers,
                    &mut odd,
                );
                check(bytes, &spans, &numbers, &odd[..count])?;
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_text_of_number_letters(letters in proptest::collection::vec(
            proptest::sample::select(&b"0123456789..--+eEinf aN\xc3_"[..]), 0..24,
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
        fn every_decimal(negative: bool, digits in "[0-9]{1,22}", point in proptest::option::of(0..22_usize)) {
            let mut text = digits;
            if let Some(point) = point {
                text.insert(point.min(text.len()), '.');
            }
            agrees(&text)?;
            agrees(&format!("{}{text}", if negative { "-" } else { "+" }))?;
        }

        #[test]
        fn every_f32_between_two(bits in 0x0080_0000..0x4f00_0000_u32) {
            let middle = (f64::from(f32::from_bits(bits)) + f64::from(f32::from_bits(bits + 1))) / 2.0;
            agrees(&middle.to_string())?;
        }

        #[test]
        fn every_whole_number(number: u64, shift in 0..64_u32) {
            agrees(&(number >> shift).to_string())?;
            agrees(&(number.cast_signed() >> shift).to_string())?;
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
            "00000000000000000000001",
            "16777217.5",
            "16777217",
            "0.8444218515250481",
            "-999999999999999.",
            "9999999999999999",
            "18446744073709551616",
            "18446744073709551615",
            "-9223372036854775809",
            "-9223372036854775808",
            "9223372036854775808",
            "9223372036854775807",
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
