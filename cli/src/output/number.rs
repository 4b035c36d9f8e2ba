//! How numbers are written in tables. JSON has them in full.

use std::time::Duration;

/// The shortest text that reads back as this very number.
pub(crate) fn exact(x: f64) -> String {
    if needs_exponent(x) { format!("{x:e}") } else { format!("{x}") }
}

/// The shortest text that reads back as this very number, among those of half the precision.
pub(crate) fn exact_single(x: f32) -> String {
    if needs_exponent(x.into()) { format!("{x:e}") } else { format!("{x}") }
}

fn needs_exponent(x: f64) -> bool {
    x != 0.0 && x.is_finite() && !(1e-5..1e16).contains(&x.abs())
}

/// At least `digits` significant digits, none of them a trailing zero after the point.
pub(crate) fn rounded(x: f64, digits: usize) -> String {
    if !x.is_finite() || x == 0.0 {
        return format!("{x}");
    }
    let magnitude = x.abs().log10().floor();
    if !(-5.0..16.0).contains(&magnitude) {
        return format!("{:.*e}", digits.saturating_sub(1), x);
    }
    let decimals = (digits as i32 - 1 - magnitude as i32).max(0) as usize;
    let text = format!("{x:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A number of bytes in the unit that suits it: `1.38 GB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut size = count as f64;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{} {}", three_digits(size), UNITS[unit]) }
}

/// Bytes per second: `1.85 GB/s`.
pub(crate) fn rate(count: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64().max(1e-9);
    format!("{}/s", bytes((count as f64 / seconds) as u64))
}

/// A time in the unit that suits it: `1.85 s`, `320 ms`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 0.9995 {
        format!("{} s", three_digits(seconds))
    } else if seconds >= 0.000_999_5 {
        format!("{} ms", three_digits(seconds * 1e3))
    } else {
        format!("{} us", three_digits(seconds * 1e6))
    }
}

fn three_digits(x: f64) -> String {
    match x {
        _ if x >= 99.95 => format!("{x:.0}"),
        _ if x >= 9.995 => format!("{x:.1}"),
        _ => format!("{x:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_reads_back() {
        for x in [0.0, 1.0, -99.9, 0.1 + 0.2, 1e300, -1e-300, 123456789012345680.0, f64::MAX] {
            assert_eq!(exact(x).parse::<f64>().unwrap(), x);
        }
        assert_eq!(exact_single(0.1), "0.1");
        assert_eq!(exact(12.0), "12");
        assert_eq!(exact(1e20), "1e20");
        assert_eq!(exact(f64::INFINITY), "inf");
    }

    #[test]
    fn rounded_keeps_digits_that_count() {
        assert_eq!(rounded(3.0290321_f64, 6), "3.02903");
        assert_eq!(rounded(1234567.89, 6), "1234568");
        assert_eq!(rounded(0.5, 6), "0.5");
        assert_eq!(rounded(100.0, 6), "100");
        assert_eq!(rounded(0.000123456789, 6), "0.000123457");
        assert_eq!(rounded(-2.5e-9, 3), "-2.50e-9");
        assert_eq!(rounded(f64::NAN, 6), "NaN");
        assert_eq!(rounded(0.0, 6), "0");
    }

    #[test]
    fn units() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_380_000_000), "1.38 GB");
        assert_eq!(bytes(999_999), "1.00 MB");
        assert_eq!(rate(1_000_000_000, Duration::from_millis(500)), "2.00 GB/s");
        assert_eq!(duration(Duration::from_millis(320)), "320 ms");
        assert_eq!(duration(Duration::from_millis(1850)), "1.85 s");
        assert_eq!(duration(Duration::from_micros(42)), "42.0 us");
    }
}
