//! What do typed columns of a mapped CSV file cost?
//!
//! Unit: seconds for the file. CPUs: two. The file, in the page cache, has ten columns: a number, a date, two short
//! texts, six floats. LIMIT counts the newlines with memchr, a half on each of two threads: no reader that looks at
//! every byte is faster. Excluded: opening the file.
//!
//! `RINGMILL_BENCH_ROWS` sets the number of lines (11 million, 1 GB), `RINGMILL_BENCH_DIR` where the file lies.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::data::{FLOATS, Scratch, write_ticks};
use common::raw::fork_join::{ForkJoin, half};
use common::{Table, say, seconds, setting};
use ringmill::Pool;
use ringmill::csv::{CsvError, CsvFile};

fn main() -> Result<(), Box<dyn Error>> {
    let rows = setting("RINGMILL_BENCH_ROWS", 11_000_000);
    let mut exact = 0;
    let scratch = Scratch::new("ticks.csv", |file| {
        exact = write_ticks(file, rows)?;
        Ok(())
    })?;
    let file = CsvFile::open(scratch.path())?;
    let pool = Pool::builder().workers(2).build()?;
    let alone = Pool::builder().workers(1).build()?;
    say(pool.sizing());
    say(format_args!("{rows} records, {} bytes", file.len_bytes()));

    let one = file.columns().f64("close").build()?;
    let six = FLOATS.iter().fold(file.columns(), |columns, name| columns.f64(*name)).build()?;
    let text = file.columns().str("symbol").build()?;
    let few = file.columns().f64("close").filter_bytes("symbol", |symbol| symbol == b"S07").build()?;

    let sum = |pool: &Pool, columns: &_| -> Result<f64, CsvError> {
        pool.fold_batches(
            columns,
            || 0.0,
            |sum, batch| {
                *sum += batch.f64(0).iter().sum::<f64>();
                Ok(())
            },
            |a, b| a + b,
        )
    };
    let parse_six = |pool: &Pool| -> Result<f64, CsvError> {
        let fold = |sums: &mut [f64; 6], batch: &ringmill::csv::Batch<'_>| {
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum += batch.f64(column).iter().sum::<f64>();
            }
            Ok(())
        };
        let add = |a: [f64; 6], b: [f64; 6]| std::array::from_fn(|column| a[column] + b[column]);
        Ok(pool.fold_batches(&six, || [0.0; 6], fold, add)?[3])
    };
    let collect = |pool: &Pool| -> Result<f64, CsvError> {
        let columns = pool.collect_columns(&six)?;
        Ok(columns.f64("close")[0])
    };
    let texts = |pool: &Pool| -> Result<usize, CsvError> {
        let bytes = |sum: &mut usize, batch: &ringmill::csv::Batch<'_>| {
            *sum += batch.bytes(0).iter().map(<[u8]>::len).sum::<usize>();
            Ok(())
        };
        pool.fold_batches(&text, || 0, bytes, |a, b| a + b)
    };

    let exact = exact as f64 / 1e4;
    for pool in [&pool, &alone] {
        for found in
            [sum(pool, &one)?, parse_six(pool)?, pool.collect_columns(&six)?.f64("close").iter().sum()]
        {
            assert!((found - exact).abs() < 1e-6 * exact, "the sum is the generator's");
        }
        assert_eq!(texts(pool)?, 3 * rows);
    }

    let found = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let newlines =
        |k: usize| found[k].store(memchr::memchr_iter(b'\n', half(file.bytes(), k)).count(), Relaxed);
    ForkJoin::with(newlines, |pair| pair.run());
    assert_eq!(found.iter().map(|found| found.load(Relaxed)).sum::<usize>(), rows + 1);

    let why = "the file was read before";
    Table::new("columns of a file of ten, seconds")
        .row("LIMIT newlines by hand", || ForkJoin::with(newlines, |pair| seconds(|| pair.run())))
        .row("count records", || seconds(|| pool.count_records(&file).expect(why)))
        .row("sum of one column", || seconds(|| sum(&pool, &one).expect(why)))
        .row("sum of one column, one worker", || seconds(|| sum(&alone, &one).expect(why)))
        .row("the same of one record in 97, by text", || seconds(|| sum(&pool, &few).expect(why)))
        .row("six float columns in batches", || seconds(|| parse_six(&pool).expect(why)))
        .row("six float columns in batches, one worker", || seconds(|| parse_six(&alone).expect(why)))
        .row("six float columns into arrays", || seconds(|| collect(&pool).expect(why)))
        .row("six float columns into arrays, one worker", || seconds(|| collect(&alone).expect(why)))
        .row("one column of text", || seconds(|| texts(&pool).expect(why)))
        .measure();
    Ok(())
}
