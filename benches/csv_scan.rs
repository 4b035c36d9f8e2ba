//! How fast is a fold over the records of a mapped CSV file?
//!
//! Unit: GB of the file per second, the file in the page cache. CPUs: two. The file has lines `station;temperature`
//! with 413 stations and one decimal. LIMIT counts the newlines with memchr, a half on each of two threads: no reader
//! that looks at every byte is faster. Excluded: opening the file.
//!
//! `RINGMILL_BENCH_ROWS` sets the number of lines (10 million), `RINGMILL_BENCH_DIR` where the file lies.

#[path = "common/mod.rs"]
mod common;

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::data::{STATIONS, Scratch, write_stations};
use common::raw::fork_join::{ForkJoin, half};
use common::{Table, say, seconds, setting};
use ringmill::Pool;
use ringmill::csv::{CsvError, CsvFile};

fn main() -> Result<(), Box<dyn Error>> {
    let rows = setting("RINGMILL_BENCH_ROWS", 10_000_000);
    let mut tenths = 0;
    let scratch = Scratch::new("stations.csv", |file| {
        tenths = write_stations(file, rows)?;
        Ok(())
    })?;
    let file = CsvFile::options().delimiter(b';').open(scratch.path())?;
    let (station, temperature) = (file.column("station")?, file.column("temperature")?);
    let pool = Pool::builder().workers(2).build()?;
    let alone = Pool::builder().workers(1).build()?;
    say(pool.sizing());

    let count = |pool: &Pool| -> Result<usize, CsvError> {
        pool.fold_records(
            &file,
            || 0,
            |count, _| {
                *count += 1;
                Ok(())
            },
            |a, b| a + b,
        )
    };
    let sum = |pool: &Pool| -> Result<f64, CsvError> {
        pool.fold_records(
            &file,
            || 0.0,
            |sum, record| {
                *sum += record.f64(temperature)?;
                Ok(())
            },
            |a, b| a + b,
        )
    };
    let group = |pool: &Pool| -> Result<HashMap<Vec<u8>, Group>, CsvError> {
        pool.fold_records(
            &file,
            HashMap::new,
            |groups: &mut HashMap<Vec<u8>, Group>, record| {
                let name = record.bytes(station)?;
                let value = record.f64(temperature)?;
                match groups.get_mut(&*name) {
                    Some(group) => group.add(value),
                    None => groups.entry(name.into_owned()).or_default().add(value),
                }
                Ok(())
            },
            merge,
        )
    };

    assert_eq!(count(&pool)?, rows);
    let exact = tenths as f64 / 10.0;
    for pool in [&pool, &alone] {
        assert!((sum(pool)? - exact).abs() < 1e-3 * rows as f64, "the sum is the generator's");
        let groups = group(pool)?;
        assert_eq!(groups.len(), STATIONS.min(rows));
        assert_eq!(groups.values().map(|group| group.count).sum::<usize>(), rows);
    }

    let found = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let newlines =
        |k: usize| found[k].store(memchr::memchr_iter(b'\n', half(file.bytes(), k)).count(), Relaxed);
    ForkJoin::with(newlines, |pair| pair.run());
    assert_eq!(found.iter().map(|found| found.load(Relaxed)).sum::<usize>(), rows + 1);

    let rate = |seconds: f64| file.len_bytes() as f64 / seconds / 1e9;
    let why = "the file was read before";
    Table::new("a fold over the records of station;temperature, GB/s")
        .row("LIMIT newlines by hand", || rate(ForkJoin::with(newlines, |pair| seconds(|| pair.run()))))
        .row("count, one worker", || rate(seconds(|| count(&alone).expect(why))))
        .row("count, two workers", || rate(seconds(|| count(&pool).expect(why))))
        .row("sum of a column, one worker", || rate(seconds(|| sum(&alone).expect(why))))
        .row("sum of a column, two workers", || rate(seconds(|| sum(&pool).expect(why))))
        .row("group by std's HashMap, one worker", || rate(seconds(|| group(&alone).expect(why))))
        .row("group by std's HashMap, two workers", || rate(seconds(|| group(&pool).expect(why))))
        .measure();
    Ok(())
}

#[derive(Default)]
struct Group {
    count: usize,
    sum: f64,
    most: f64,
}

impl Group {
    fn add(&mut self, value: f64) {
        self.most = if self.count == 0 { value } else { self.most.max(value) };
        self.count += 1;
        self.sum += value;
    }
}

fn merge(mut all: HashMap<Vec<u8>, Group>, more: HashMap<Vec<u8>, Group>) -> HashMap<Vec<u8>, Group> {
    for (name, group) in more {
        let sum = all.entry(name).or_default();
        sum.most = if sum.count == 0 { group.most } else { sum.most.max(group.most) };
        sum.count += group.count;
        sum.sum += group.sum;
    }
    all
}
