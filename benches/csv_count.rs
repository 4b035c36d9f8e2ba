//! How fast are the records of a mapped CSV file counted?
//!
//! Unit: GB of the file per second, the file in the page cache, its pages in the process's tables. CPUs: two. `plain` has
//! ten columns without quotes, `quoted` texts with quotes, doubled quotes, commas and line breaks, and ends lines with
//! CRLF. LIMIT reads every word of the file and adds it up, a half on each of two threads: no reader is faster. Excluded:
//! opening the file and the first touch of its pages.
//!
//! `RINGMILL_BENCH_BYTES` sets the size of each file (512 MiB), `RINGMILL_BENCH_DIR` where they lie.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use common::data::{Row, Scratch, fill, plain, quoted, sum_of_words};
use common::raw::fork_join::{ForkJoin, half};
use common::{Table, say, seconds, setting};
use ringmill::Pool;
use ringmill::csv::CsvFile;

fn main() -> Result<(), Box<dyn Error>> {
    let bytes = setting("RINGMILL_BENCH_BYTES", 512 << 20);
    let pool = Pool::builder().workers(2).build()?;
    let alone = Pool::builder().workers(1).build()?;
    say(pool.sizing());
    for (name, row) in [("plain", plain as Row), ("quoted", quoted)] {
        let mut rows = 0;
        let scratch = Scratch::new(name, |file| {
            rows = fill(file, bytes, row)?;
            Ok(())
        })?;
        let file = CsvFile::options().headers(false).open(scratch.path())?;
        assert_eq!(pool.count_records(&file)?, rows);
        assert_eq!(alone.count_records(&file)?, rows);

        let sums = [AtomicU64::new(0), AtomicU64::new(0)];
        let words = |k: usize| sums[k].store(sum_of_words(half(file.bytes(), k)), Relaxed);
        let lines = [AtomicU64::new(0), AtomicU64::new(0)];
        let newlines = |k: usize| {
            lines[k].store(memchr::memchr_iter(b'\n', half(file.bytes(), k)).count() as u64, Relaxed);
        };
        let rate = |seconds: f64| file.len_bytes() as f64 / seconds / 1e9;
        let why = "the file was read before";
        Table::new(format!("records of a {name} file counted, GB/s"))
            .row("LIMIT every word read", || rate(ForkJoin::with(words, |pair| seconds(|| pair.run()))))
            .row("newlines by memchr, quotes or not", || {
                rate(ForkJoin::with(newlines, |pair| seconds(|| pair.run())))
            })
            .row("one worker", || rate(seconds(|| alone.count_records(&file).expect(why))))
            .row("two workers", || rate(seconds(|| pool.count_records(&file).expect(why))))
            .measure();
    }
    Ok(())
}
