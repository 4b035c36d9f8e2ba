//! What does a record cost in a group-by, beside the scan alone and a loop by hand?
//!
//! Nanoseconds a record, over a file `station;temperature` that lies in the page cache: one worker, then two. The limit is a
//! count of newlines by hand; the loop by hand is what one would write with memchr, a hash map and a float parser, on one
//! thread. Each row has checked its answer before it is timed. Opening the file is excluded.
//!
//! `RINGMILL_BENCH_ROWS` sets the lines (10 million), `RINGMILL_BENCH_DIR` where the file lies.

#[path = "common/mod.rs"]
mod common;

use common::data::{STATIONS, Scratch, write_stations};
use common::{Table, say, seconds, setting};
use ringmill::Pool;
use ringmill::csv::{CsvFile, GroupPlan};
use std::collections::HashMap;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = setting("RINGMILL_BENCH_ROWS", 10_000_000);
    let mut tenths = 0;
    let scratch = Scratch::new("groups.csv", |file| {
        tenths = write_stations(file, rows)?;
        Ok(())
    })?;
    let exact = tenths as f64 / 10.0;
    let file = CsvFile::options().delimiter(b';').open(scratch.path())?;
    let alone = Pool::builder().workers(1).build()?;
    let two = Pool::builder().workers(2).build()?;
    say(two.sizing());

    let temperature = "temperature";
    let count = file.group_by(["station"]).count().build()?;
    let extremes = file.group_by(["station"]).min(temperature).mean(temperature).max(temperature).build()?;
    let spread = file.group_by(["station"]).std(temperature).build()?;
    let quantiles = file.group_by(["station"]).quantiles(temperature, &[0.5, 0.99]).build()?;
    let total = file.group_by([0; 0]).sum(temperature).count().build()?;
    let stations = STATIONS.min(rows);
    for pool in [&alone, &two] {
        let counted = pool.group(&count)?;
        assert_eq!(counted.iter().filter_map(|group| group.value(0).count()).sum::<u64>(), rows as u64);
        assert!(
            [&extremes, &spread, &quantiles]
                .map(|plan| pool.group(plan).map(|groups| groups.len()))
                .iter()
                .all(|found| found.as_ref().is_ok_and(|&found| found == stations))
        );
        let all = pool.group(&total)?;
        assert!((all.group(0).number(0).unwrap_or_default() - exact).abs() < 1e-6 * exact.abs().max(1.0));
    }
    let by_hand = by_hand(file.bytes());
    let found = two.group(&extremes)?;
    for group in found.iter() {
        let (least, sum, most, count) = by_hand[group.key(0)];
        assert_eq!((group.number(0), group.number(2)), (Some(least), Some(most)));
        assert!((group.number(1).unwrap_or_default() - sum / count as f64).abs() < 1e-6);
    }

    let why = "the file was read before";
    let per_record = |seconds: f64| seconds / rows as f64 * 1e9;
    let group = |pool: &Pool, plan: &GroupPlan<'_>| per_record(seconds(|| pool.group(plan).expect(why)));
    Table::new("a group-by over station;temperature, ns a record")
        .row("LIMIT newlines by hand, one thread", || {
            per_record(seconds(|| memchr::memchr_iter(b'\n', file.bytes()).count()))
        })
        .row("records counted, one worker", || per_record(seconds(|| alone.count_records(&file).expect(why))))
        .row("loop by hand, one thread", || per_record(seconds(|| self::by_hand(file.bytes()))))
        .row("no key: sum and count, one worker", || group(&alone, &total))
        .row("count, one worker", || group(&alone, &count))
        .row("min, mean, max, one worker", || group(&alone, &extremes))
        .row("min, mean, max, two workers", || group(&two, &extremes))
        .row("standard deviation, one worker", || group(&alone, &spread))
        .row("two quantiles, one worker", || group(&alone, &quantiles))
        .measure();
    Ok(())
}

/// Least, sum, greatest and count by station, as one would write it.
fn by_hand(bytes: &[u8]) -> HashMap<&[u8], (f64, f64, f64, u64)> {
    let mut groups: HashMap<&[u8], (f64, f64, f64, u64)> = HashMap::new();
    let mut rest = bytes;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, next) = (&rest[..end], &rest[end + 1..]);
        rest = next;
        let Some(mark) = memchr::memchr(b';', line) else { continue };
        // The header is no number.
        let Ok(x) = fast_float2::parse::<f64, _>(&line[mark + 1..]) else { continue };
        let (least, sum, most, count) =
            groups.entry(&line[..mark]).or_insert((f64::INFINITY, 0.0, f64::NEG_INFINITY, 0));
        *least = least.min(x);
        *sum += x;
        *most = most.max(x);
        *count += 1;
    }
    groups
}
