//! What do the marks of a CSV file cost, and the count of its records, before anybody takes a record?
//!
//! Unit: nanoseconds for 64 bytes, on one CPU. `near` goes over 256 KiB again and again, which lie in the second cache;
//! `far` once over 256 MiB, which lie in memory. LIMIT reads every word and adds it up. The texts are those of
//! `csv_count`: `short` has two fields in 14 bytes, `plain` ten in a hundred, `quoted` five, most of them in quotes. The
//! searches are the library's own, with the best instructions that this machine has.
//!
//! `RINGMILL_BENCH_BYTES` sets the size of what is far.

#[path = "common/mod.rs"]
mod common;

// The files of the library that search, and no others.
#[allow(unused, missing_docs, unreachable_pub)]
#[path = "../src/csv/dialect.rs"]
mod dialect;
#[allow(dead_code)]
#[path = "../src/sys/prefetch.rs"]
mod prefetch;
#[allow(unused, unused_macros)]
#[path = "../src/csv/scan/mod.rs"]
mod scan;

mod csv {
    pub(crate) use crate::dialect;
}
mod sys {
    pub(crate) use crate::prefetch;
}

use std::hint::black_box;

use common::data::{Row, fill, plain, quoted, short, sum_of_words};
use common::{Table, ns_per_call, setting};
use dialect::Dialect;

/// What lies in the second cache.
const NEAR: usize = 256 << 10;
/// Bytes searched at once, as blocks of records are.
const WINDOW: usize = 64 << 10;
const BLOCK: f64 = 64.0;

fn main() -> std::io::Result<()> {
    let far = setting("RINGMILL_BENCH_BYTES", 256 << 20);
    for (name, delimiter, row) in
        [("short", b';', short as Row), ("plain", b',', plain), ("quoted", b',', quoted)]
    {
        let mut text = Vec::with_capacity(far + 4096);
        let rows = fill(&mut text, far, row)?;
        let dialect = Dialect { delimiter, ..Dialect::default() };
        let mut places = vec![0; WINDOW + scan::SLACK];
        assert_eq!(scan::count(&dialect, &text).entered(false).records, rows);
        let mut marks = |bytes: &[u8]| {
            let windows = bytes.chunks(WINDOW);
            windows.map(|window| scan::dense(&dialect, window, &mut places).marks).sum::<usize>()
        };
        // A window that begins inside quotes finds other marks; from the first one on it takes as long.
        assert!(marks(&text[..WINDOW]) > 0);
        let (near, far) = (&text[..NEAR], &text[..]);
        Table::with_columns(format!("a search in a {name} file, ns for 64 bytes"), &["near", "far"])
            .row_of("LIMIT every word read", || [(near, 200), (far, 1)].map(|at| timed(at, sum_of_words)))
            .row_of("marks", || [(near, 200), (far, 1)].map(|at| timed(at, &mut marks)))
            .row_of("count", || {
                [(near, 200), (far, 1)].map(|at| timed(at, |text| scan::count(&dialect, text)))
            })
            .measure();
    }
    Ok(())
}

/// Goes over a text so many times and returns what 64 bytes of it cost.
fn timed<R>((text, times): (&[u8], usize), mut search: impl FnMut(&[u8]) -> R) -> f64 {
    ns_per_call(times, || black_box(search(black_box(text)))) / (text.len() as f64 / BLOCK)
}
