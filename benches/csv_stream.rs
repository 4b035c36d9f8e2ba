//! What does a stream cost beside the mapped file, and does parsing hide behind what a stream waits for?
//!
//! Unit: GB of text per second. CPUs: two. The file has lines `station;temperature`; a column is summed. Each kind of
//! stream stands below its own limit: the same bytes taken out of the pipe, the file or the decompressor by one thread and
//! looked at by nobody. A pipe is filled by `cat`, which takes a CPU too. Excluded: opening, but not the header.
//!
//! `RINGMILL_BENCH_ROWS` sets the number of lines (10 million), `RINGMILL_BENCH_DIR` where the files lie.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

use common::data::{Scratch, write_stations};
use common::{Table, say, seconds, setting};
use ringmill::Pool;
use ringmill::csv::{CsvError, CsvFile, CsvStream, Record};

fn main() -> Result<(), Box<dyn Error>> {
    let rows = setting("RINGMILL_BENCH_ROWS", 10_000_000);
    let mut tenths = 0;
    let plain = Scratch::new("stations.csv", |file| {
        tenths = write_stations(file, rows)?;
        Ok(())
    })?;
    let text = || File::open(plain.path());
    let gzip = Scratch::new("stations.csv.gz", |file| {
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::new(6));
        io::copy(&mut text()?, &mut encoder)?;
        encoder.finish().map(drop)
    })?;
    let zstd = Scratch::new("stations.csv.zst", |file| zstd::stream::copy_encode(text()?, file, 3))?;

    let options = CsvFile::options().delimiter(b';');
    let file = options.open(plain.path())?;
    let pool = Pool::builder().workers(2).build()?;
    let alone = Pool::builder().workers(1).build()?;
    say(pool.sizing());

    let exact = tenths as f64 / 10.0;
    let check = |sum: f64| assert!((sum - exact).abs() < 1e-3 * rows as f64, "the sum is the generator's");
    let streamed = |pool: &Pool, stream: Result<CsvStream, CsvError>| {
        let stream = stream.expect("it was opened before");
        check(pool.fold_records(&stream, || 0.0, add, |a, b| a + b).expect("it was read before"));
    };
    let open = |path: &Path| options.open_stream(path);
    let piped = || options.open_reader("a pipe", cat(plain.path()));
    let sum = |pool: &Pool| pool.fold_records(&file, || 0.0, add, |a, b| a + b).expect("it was read before");
    check(sum(&pool));

    let rate = |seconds: f64| file.len_bytes() as f64 / seconds / 1e9;
    let taken = |reader: &dyn Fn() -> Box<dyn Read>| rate(seconds(|| drain(&mut *reader())));
    let unzip = || -> Box<dyn Read> {
        let reader = io::BufReader::with_capacity(256 << 10, File::open(gzip.path()).expect("it is there"));
        Box::new(flate2::bufread::MultiGzDecoder::new(reader))
    };
    let unzstd = || -> Box<dyn Read> {
        Box::new(zstd::Decoder::new(File::open(zstd.path()).expect("it is there")).expect("it is zstd"))
    };
    let mapped = |pool: &Pool| rate(seconds(|| check(sum(pool))));
    let read = |pool: &Pool, open: &dyn Fn() -> Result<CsvStream, CsvError>| {
        rate(seconds(|| streamed(pool, open())))
    };

    Table::new("the sum of a column of station;temperature, GB/s of text")
        .row("LIMIT a mapped file, two workers", || mapped(&pool))
        .row("a mapped file, one worker", || mapped(&alone))
        .row("the file taken by read", || taken(&|| Box::new(text().expect("it is there"))))
        .row("the file as a stream, two workers", || read(&pool, &|| open(plain.path())))
        .row("the file as a stream, one worker", || read(&alone, &|| open(plain.path())))
        .row("a pipe taken by read", || taken(&|| Box::new(cat(plain.path()))))
        .row("a pipe, two workers", || read(&pool, &piped))
        .row("gzip decompressed", || taken(&unzip))
        .row("gzip, two workers", || read(&pool, &|| open(gzip.path())))
        .row("zstd decompressed", || taken(&unzstd))
        .row("zstd, two workers", || read(&pool, &|| open(zstd.path())))
        .measure();
    Ok(())
}

fn add(sum: &mut f64, record: &Record<'_>) -> Result<(), CsvError> {
    *sum += record.f64(1)?;
    Ok(())
}

/// Starts a program that writes the file into a pipe; it ends with the pipe, and as a zombie until the bench ends.
#[expect(
    clippy::zombie_processes,
    reason = "its pipe outlives this function, and who reads that cannot wait for it"
)]
fn cat(path: &Path) -> ChildStdout {
    let child = Command::new("cat").arg(path).stdout(Stdio::piped()).spawn().expect("cat is everywhere");
    child.stdout.expect("it was asked for")
}

/// Takes all bytes, a chunk at a time, as a stream's first stage does.
fn drain(reader: &mut dyn Read) {
    let mut buffer = vec![0; 1 << 20];
    while reader.read(&mut buffer).expect("it was read before") > 0 {}
}
