//! Dates and points in time, by jiff; those that nearly all files have, `2024-02-29` and `2024-02-29T12:30:00Z`, by hand,
//! which takes half the time (decision 0024).

use super::parser::Parser;
use super::plan::{ColumnSpec, ColumnsBuilder};
use super::policy::ColumnPolicy;
use crate::csv::column::ColumnRef;
use crate::csv::error::CsvError;
use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::sync::Arc;

/// How dates and points in time are written.
///
/// # Examples
///
/// See [`ColumnsBuilder::date`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeFormat {
    /// ISO 8601: `2024-02-29`, `2024-02-29T12:30:00.5+01:00`, `2024-02-29 12:30:00`.
    #[default]
    Iso,
    /// A pattern as of `strptime`, such as `%d.%m.%Y %H:%M`; what it may hold is listed in
    /// [`jiff::fmt::strtime`](https://docs.rs/jiff/latest/jiff/fmt/strtime/).
    Pattern(String),
}

impl TimeFormat {
    /// Makes a format of a pattern.
    ///
    /// # Examples
    ///
    /// See [`ColumnsBuilder::date`].
    pub fn pattern(pattern: impl Into<String>) -> Self {
        Self::Pattern(pattern.into())
    }

    /// Refuses a pattern that no field can be read by.
    fn check(&self) -> Result<(), CsvError> {
        let Self::Pattern(pattern) = self else { return Ok(()) };
        let any = Zoned::new(Timestamp::UNIX_EPOCH, TimeZone::UTC);
        let written = BrokenDownTime::from(&any).to_string(pattern);
        let read = written.and_then(|text| BrokenDownTime::parse(pattern, &text));
        read.map(drop).map_err(|error| CsvError::user(format!("time format {pattern:?}: {error}")))
    }
}

/// Reads days since 1970-01-01.
#[derive(Clone, Debug)]
pub(crate) struct Dates(pub(super) Arc<TimeFormat>);

impl Parser for Dates {
    type Value = i64;
    const NULL: i64 = 0;
    const EXPECTED: &'static str = "a date in the column's format";

    fn parse(&self, value: &[u8]) -> Option<i64> {
        let date = match &*self.0 {
            TimeFormat::Iso => match iso_day(value) {
                Some(day) => return Some(day),
                None => DateTimeParser::new().parse_date(value).ok()?,
            },
            TimeFormat::Pattern(pattern) => BrokenDownTime::parse(pattern, value).ok()?.to_date().ok()?,
        };
        Some(day_of(date))
    }
}

/// Reads nanoseconds since 1970-01-01T00:00:00Z; what has no offset is taken as UTC.
#[derive(Clone, Debug)]
pub(crate) struct Timestamps(pub(super) Arc<TimeFormat>);

impl Parser for Timestamps {
    type Value = i64;
    const NULL: i64 = 0;
    const EXPECTED: &'static str = "a point in time in the column's format, from 1677 to 2262";

    fn parse(&self, value: &[u8]) -> Option<i64> {
        let timestamp = match &*self.0 {
            TimeFormat::Iso => {
                if let Some(nanosecond) = iso_nanosecond(value) {
                    return Some(nanosecond);
                }
                let parser = DateTimeParser::new();
                let as_utc = || parser.parse_datetime(value).ok()?.to_zoned(TimeZone::UTC).ok();
                parser.parse_timestamp(value).ok().or_else(|| Some(as_utc()?.timestamp()))?
            }
            TimeFormat::Pattern(pattern) => {
                let time = BrokenDownTime::parse(pattern, value).ok()?;
                let as_utc = || time.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok();
                time.to_timestamp().ok().or_else(|| Some(as_utc()?.timestamp()))?
            }
        };
        i64::try_from(timestamp.as_nanosecond()).ok()
    }
}

/// Returns whether a value is a date and no more, written in full.
pub(super) fn is_iso_date(value: &[u8]) -> bool {
    iso_day(value).is_some()
}

/// Returns whether a value is a date and a time of the day.
pub(super) fn is_iso_timestamp(value: &[u8]) -> bool {
    value.len() > 10 && iso_day(&value[..10]).is_some() && Timestamps(Arc::default()).parse(value).is_some()
}

fn day_of(date: Date) -> i64 {
    days(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))
}

/// Reads `2024-02-29`, and nothing else.
fn iso_day(value: &[u8]) -> Option<i64> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = value else { return None };
    let [y0, y1, y2, y3, m0, m1, d0, d1] = digits([y0, y1, y2, y3, m0, m1, d0, d1])?;
    let (year, month, day) = (1000 * y0 + 100 * y1 + 10 * y2 + y3, 10 * m0 + m1, 10 * d0 + d1);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then(|| days(year, month, day))
}

/// Returns what digits stand for, if all are some.
#[inline]
fn digits<const N: usize>(bytes: [u8; N]) -> Option<[i64; N]> {
    let digits = bytes.map(|byte| byte.wrapping_sub(b'0'));
    digits.iter().all(|&digit| digit <= 9).then(|| digits.map(i64::from))
}

/// Reads `2024-02-29T12:30:00.5Z`, with a `T` or a space, with a fraction or without, with the `Z` or without.
fn iso_nanosecond(value: &[u8]) -> Option<i64> {
    let (day, time) = value.split_at_checked(10)?;
    let &[b'T' | b' ', h0, h1, b':', m0, m1, b':', s0, s1, ref rest @ ..] = time else { return None };
    let rest = rest.strip_suffix(b"Z").unwrap_or(rest);
    let fraction = match rest {
        [] => rest,
        [b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) => fraction,
        _ => return None,
    };
    let [h0, h1, m0, m1, s0, s1] = digits([h0, h1, m0, m1, s0, s1])?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (hour, minute, second) = (10 * h0 + h1, 10 * m0 + m1, 10 * s0 + s1);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction =
        (0..9).fold(0, |sum, at| sum * 10 + fraction.get(at).map_or(0, |byte| i64::from(byte - b'0')));
    let seconds = iso_day(day)? * 86_400 + hour * 3600 + minute * 60 + second;
    seconds.checked_mul(1_000_000_000)?.checked_add(fraction)
}

/// Counts the days since 1970-01-01, in years that begin with March so that the odd day comes last (Hinnant, "chrono-
/// compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl ColumnsBuilder<'_> {
    /// Asks for a column of dates, as days since 1970-01-01 (`i64`). Every field must hold one.
    ///
    /// With the feature `dates`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "day,tag,at\n1970-01-03,3.1.1970,1970-01-01T01:00:00.5+01:00\n")?;
    /// use ringmill::Pool;
    /// use ringmill::csv::{CsvFile, TimeFormat};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let columns = file
    ///     .columns()
    ///     .date("day", TimeFormat::Iso)
    ///     .date("tag", TimeFormat::pattern("%d.%m.%Y"))
    ///     .timestamp("at", TimeFormat::Iso)
    ///     .build()?;
    /// let columns = Pool::new()?.collect_columns(&columns)?;
    /// assert_eq!((columns.i64("day")[0], columns.i64("tag")[0], columns.i64("at")[0]), (2, 2, 500_000_000));
    /// assert!(file.columns().date("day", TimeFormat::pattern("%!")).build().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn date<'n>(self, column: impl Into<ColumnRef<'n>>, format: TimeFormat) -> Self {
        self.date_with(column, format, ColumnPolicy::fail())
    }

    /// Asks for a column of dates, and says what to do with fields that hold none.
    ///
    /// # Examples
    ///
    /// See [`date`](Self::date) and [`ColumnPolicy`].
    pub fn date_with<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        format: TimeFormat,
        policy: ColumnPolicy<i64>,
    ) -> Self {
        self.add_times(column.into(), format, |format| ColumnSpec::Date(format, policy))
    }

    /// Asks for a column of points in time, as nanoseconds since 1970-01-01T00:00:00Z (`i64`: the years 1677 to 2262).
    /// Every field must hold one; what has no offset from UTC is taken as UTC.
    ///
    /// With the feature `dates`.
    ///
    /// # Examples
    ///
    /// See [`date`](Self::date).
    pub fn timestamp<'n>(self, column: impl Into<ColumnRef<'n>>, format: TimeFormat) -> Self {
        self.timestamp_with(column, format, ColumnPolicy::fail())
    }

    /// Asks for a column of points in time, and says what to do with fields that hold none.
    ///
    /// # Examples
    ///
    /// See [`date`](Self::date) and [`ColumnPolicy`].
    pub fn timestamp_with<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        format: TimeFormat,
        policy: ColumnPolicy<i64>,
    ) -> Self {
        self.add_times(column.into(), format, |format| ColumnSpec::Timestamp(format, policy))
    }
}

impl ColumnsBuilder<'_> {
    fn add_times(
        self,
        column: ColumnRef<'_>,
        format: TimeFormat,
        spec: impl FnOnce(Arc<TimeFormat>) -> ColumnSpec,
    ) -> Self {
        let checked = format.check();
        self.add(column, spec(Arc::new(format))).also(checked)
    }

    /// Lets records pass by a date in one of their fields, as days since 1970-01-01, and says what to do with fields that
    /// hold none; a record without a date does not pass, whatever `passes` says to what stands in its place.
    ///
    /// With the feature `dates`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "n,day,at\n1,1969-12-31,1970-01-01T00:00:01Z\n2,1970-01-02,1970-01-01T00:00:02Z\n3,,\n")?;
    /// use ringmill::Pool;
    /// use ringmill::csv::{ColumnPolicy, CsvFile, TimeFormat};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let columns = file
    ///     .columns()
    ///     .i64("n")
    ///     .filter_date("day", TimeFormat::Iso, ColumnPolicy::null(), |day| day >= 0)
    ///     .filter_timestamp("at", TimeFormat::Iso, ColumnPolicy::fail(), |nanosecond| nanosecond > 0)
    ///     .build()?;
    /// assert_eq!(**Pool::new()?.collect_columns(&columns)?.i64("n"), [2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter_date<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        format: TimeFormat,
        policy: ColumnPolicy<i64>,
        passes: impl Fn(i64) -> bool + Send + Sync + 'static,
    ) -> Self {
        let checked = format.check();
        self.filter_values(column.into(), Dates(Arc::new(format)), policy, passes).also(checked)
    }

    /// Lets records pass by a point in time in one of their fields, as nanoseconds since 1970-01-01T00:00:00Z, as
    /// [`filter_date`](Self::filter_date) does by a date.
    ///
    /// # Examples
    ///
    /// See [`filter_date`](Self::filter_date).
    pub fn filter_timestamp<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        format: TimeFormat,
        policy: ColumnPolicy<i64>,
        passes: impl Fn(i64) -> bool + Send + Sync + 'static,
    ) -> Self {
        let checked = format.check();
        self.filter_values(column.into(), Timestamps(Arc::new(format)), policy, passes).also(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_quick_way_is_jiffs(text in "[0-9]{4}-[0-3][0-9]-[0-4][0-9]") {
            let jiff = DateTimeParser::new().parse_date(&text).ok().map(|date| {
                i64::from((date - Date::constant(1970, 1, 1)).get_days())
            });
            prop_assert_eq!(iso_day(text.as_bytes()), jiff);
        }

        #[test]
        fn the_quick_time_is_jiffs(
            text in "(1[5-9]|2[0-3])[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?Z?",
        ) {
            let parser = DateTimeParser::new();
            let civil = parser.parse_datetime(text.trim_end_matches('Z'));
            let jiff = civil.ok().and_then(|time| {
                i64::try_from(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond()).ok()
            });
            if let Some(nanosecond) = iso_nanosecond(text.as_bytes()) {
                prop_assert_eq!(Some(nanosecond), jiff, "{}", text);
            }
            // What the quick way leaves is read all the same.
            prop_assert_eq!(Timestamps(Arc::default()).parse(text.as_bytes()), jiff, "{}", text);
        }

        #[test]
        fn a_quick_day_is_ten_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..14)) {
            if iso_day(&bytes).is_some() {
                prop_assert!(DateTimeParser::new().parse_date(&bytes).is_ok());
            }
        }
    }

    #[test]
    fn points_in_time() {
        let iso = Timestamps(Arc::new(TimeFormat::Iso));
        assert_eq!(iso.parse(b"1970-01-01T00:00:01Z"), Some(1_000_000_000));
        assert_eq!(iso.parse(b"1970-01-01 00:00:01.000000002"), Some(1_000_000_002));
        assert_eq!(iso.parse(b"1970-01-01T01:00:00+02:00"), Some(-3_600_000_000_000));
        assert_eq!(iso.parse(b"1600-01-01T01:00:00Z"), None);
        assert_eq!(iso.parse(b"yesterday"), None);
        let pattern = Timestamps(Arc::new(TimeFormat::pattern("%d/%b/%Y:%H:%M:%S %z")));
        assert_eq!(pattern.parse(b"01/Jan/1970:01:00:00 +0100"), Some(0));
        let local = Timestamps(Arc::new(TimeFormat::pattern("%Y%m%d %H:%M")));
        assert_eq!(local.parse(b"19700102 00:01"), Some(86_460_000_000_000));
    }
}
