//! Numbers as text, quickly: fixed point, two digits at a time.

/// The digits of 00 to 99.
const PAIRS: &[u8; 200] = b"\
00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/// The two digits of a number below 100.
#[inline]
pub(super) fn pair(number: u32) -> [u8; 2] {
    let at = number as usize * 2;
    [PAIRS[at], PAIRS[at + 1]]
}

/// Appends a whole number.
#[inline]
pub(super) fn whole(out: &mut Vec<u8>, mut number: u64) {
    let mut text = [0; 20];
    let mut start = text.len();
    while number >= 100 {
        start -= 2;
        text[start..start + 2].copy_from_slice(&pair((number % 100) as u32));
        number /= 100;
    }
    if number >= 10 {
        start -= 2;
        text[start..start + 2].copy_from_slice(&pair(number as u32));
    } else {
        start -= 1;
        text[start] = b'0' + number as u8;
    }
    out.extend_from_slice(&text[start..]);
}

/// Appends a number of hundredths: 1234 is `12.34`.
#[inline]
pub(super) fn hundredths(out: &mut Vec<u8>, number: u32) {
    fixed::<2>(out, u64::from(number));
}

/// Appends a number with an even number of places behind the point: 12345 with four of them is `1.2345`.
#[inline]
pub(super) fn fixed<const PLACES: usize>(out: &mut Vec<u8>, number: u64) {
    let mut unit = const { 10_u64.pow(PLACES as u32) };
    whole(out, number / unit);
    out.push(b'.');
    for _ in 0..PLACES / 2 {
        let rest = number % unit;
        unit /= 100;
        out.extend_from_slice(&pair((rest / unit) as u32));
    }
}

/// Appends a number of tenths between -999 and 999: -123 is `-12.3`.
#[inline]
pub(super) fn tenths(out: &mut Vec<u8>, number: i32) {
    debug_assert!((-999..=999).contains(&number));
    let size = number.unsigned_abs();
    let [tens, ones] = pair(size / 10);
    let text = [b'-', tens, ones, b'.', b'0' + (size % 10) as u8];
    let start = match (number < 0, tens == b'0') {
        (false, false) => &text[1..],
        (false, true) => &text[2..],
        (true, false) => &text[..],
        (true, true) => &[b'-', ones, b'.', text[4]],
    };
    out.extend_from_slice(start);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_tenth() {
        for number in -999..=999 {
            let expected = format!("{:.1}", f64::from(number) / 10.0);
            assert_eq!(text(|out| tenths(out, number)), expected);
        }
    }

    #[test]
    fn whole_numbers_and_hundredths() {
        for number in [0, 9, 10, 99, 100, 101, 999, 1000, 123_456_789, u64::MAX] {
            assert_eq!(text(|out| whole(out, number)), number.to_string());
        }
        assert_eq!(text(|out| hundredths(out, 5)), "0.05");
        assert_eq!(text(|out| hundredths(out, 123_450)), "1234.50");
        assert_eq!(text(|out| fixed::<4>(out, 12_345)), "1.2345");
        assert_eq!(text(|out| fixed::<6>(out, 1_000_203)), "1.000203");
    }
}
