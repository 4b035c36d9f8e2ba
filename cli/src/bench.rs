//! `ringmill bench`: how fast a file is read, beside the rate at which the machine reads its memory.

use std::fs;
use std::time::{Duration, Instant};

use ringmill::array::SharedArray;
use ringmill::csv::{ColumnPolicy, ColumnType, Otherwise};
use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{BenchArgs, Common};
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Align, Output, Rows, Value, number};
use crate::workers;

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    workers: usize,
    file_bytes: u64,
    /// How much of the file had to come from a disk at first; nothing where the system does not tell.
    from_disk_bytes: Option<u64>,
    memory_bytes_per_second: f64,
    lines: Vec<Line>,
}

/// One kind of work over the whole file.
#[derive(Debug, Serialize)]
struct Line {
    work: String,
    seconds: f64,
    bytes_per_second: f64,
    of_memory: f64,
}

pub(crate) fn run(args: &BenchArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let pool = workers::pool(common.threads)?;
    let input = Input::open_records(&args.source)?;
    let bench = Bench { pool: &pool, input: &input, runs: args.runs.get(), buffer: args.buffer };
    let report = bench.report(args)?;
    if common.json {
        return output.json(&report);
    }
    output.line(format_args!(
        "{} workers, {}: the best of {} runs each",
        report.workers,
        number::bytes(report.file_bytes),
        bench.runs,
    ))?;
    output.table(&report.table())?;
    match report.from_disk_bytes {
        Some(bytes) if bytes > report.file_bytes / 100 => output.line(format_args!(
            "\nThe file was not in the page cache at first: {} came from its disk.",
            number::bytes(bytes)
        )),
        _ => Ok(()),
    }
}

impl Report {
    fn table(&self) -> Rows {
        let mut rows = Rows::new([
            ("work", Align::Left),
            ("time", Align::Right),
            ("rate", Align::Right),
            ("of memory", Align::Right),
        ]);
        let rate = |rate: f64| Value::Text(number::rate(rate as u64, Duration::from_secs(1)));
        let memory = Value::Text("read memory".to_owned());
        rows.push(vec![
            memory,
            Value::Missing,
            rate(self.memory_bytes_per_second),
            Value::Text("1.00".to_owned()),
        ]);
        for line in &self.lines {
            rows.push(vec![
                Value::Text(line.work.clone()),
                Value::Text(number::duration(Duration::from_secs_f64(line.seconds))),
                rate(line.bytes_per_second),
                Value::Text(format!("{:.2}", line.of_memory)),
            ]);
        }
        rows
    }
}

/// Records that are looked at for a column of numbers and one of text.
const SAMPLE: u64 = 10_000;

struct Bench<'a> {
    pool: &'a Pool,
    input: &'a Input,
    runs: usize,
    buffer: Option<u64>,
}

impl Bench<'_> {
    fn report(&self, args: &BenchArgs) -> Result<Report, Failure> {
        let file = self.input.file()?;
        let seen = file.infer(SAMPLE)?;
        let is = |wanted: &[ColumnType]| {
            seen.columns().iter().position(|column| column.kind().is_some_and(|kind| wanted.contains(&kind)))
        };
        let named = |name: &Option<String>, wanted: &[ColumnType]| match name {
            Some(name) => Ok(Some(self.input.column(name)?.index())),
            None => Ok::<_, Failure>(is(wanted)),
        };
        let sum = named(&args.sum, &[ColumnType::I64, ColumnType::U64, ColumnType::F64])?;
        let key = named(&args.by, &[ColumnType::Str])?;
        let label = |column: usize| &self.input.columns()[column];

        let memory = self.memory()?;
        let before = disk_bytes();
        let mut lines = vec![self.line("count records", memory, || {
            std::hint::black_box(self.pool.count_records(file)?);
            Ok(())
        })?];
        let from_disk_bytes = before.zip(disk_bytes()).map(|(before, after)| after - before);
        if let Some(column) = sum {
            let policy = ColumnPolicy::fail().empty(Otherwise::Default(0.0)).invalid(Otherwise::Default(0.0));
            let columns = file.columns().f64_with(column, policy).build()?;
            let work = format!("sum {}", label(column));
            lines.push(self.line(&work, memory, || {
                let add = |sum: &mut f64, batch: &ringmill::csv::Batch<'_>| {
                    *sum += batch.f64(0).iter().sum::<f64>();
                    Ok(())
                };
                let sum = self.pool.fold_batches(&columns, || 0.0, add, |left, right| left + right)?;
                std::hint::black_box(sum);
                Ok(())
            })?);
        }
        if let Some(key) = key {
            let mut builder = file.group_by([key]).count();
            let mut work = format!("group by {}", label(key));
            if let Some(column) = sum.filter(|&column| column != key) {
                let policy = ColumnPolicy::null();
                builder = builder.mean(column).policy(column, policy);
                work = format!("{work}, mean {}", label(column));
            }
            let plan = builder.build()?;
            lines.push(self.line(&work, memory, || {
                std::hint::black_box(self.pool.group(&plan)?.len());
                Ok(())
            })?);
        }
        Ok(Report {
            workers: self.pool.workers(),
            file_bytes: file.len_bytes(),
            from_disk_bytes,
            memory_bytes_per_second: memory,
            lines,
        })
    }

    /// Times some work on the file.
    fn line(
        &self,
        work: &str,
        memory: f64,
        run: impl FnMut() -> Result<(), Failure>,
    ) -> Result<Line, Failure> {
        let seconds = self.best(run)?;
        let bytes_per_second = self.input.len_bytes().unwrap_or(0) as f64 / seconds;
        Ok(Line { work: work.to_owned(), seconds, bytes_per_second, of_memory: bytes_per_second / memory })
    }

    /// The rate at which all workers together read memory that no cache holds, in bytes per second.
    fn memory(&self) -> Result<f64, Failure> {
        let bytes =
            self.buffer.map_or_else(buffer_bytes, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let words = (bytes / size_of::<u64>()).max(1);
        let mut buffer = SharedArray::<u64>::anonymous(&[words])?;
        self.pool.for_each_chunk(&mut buffer, |chunk| chunk.fill(1))?;
        let seconds = self.best(|| {
            let sum = |chunk: &[u64]| chunk.iter().fold(0_u64, |sum, &word| sum.wrapping_add(word));
            let sum = self.pool.map_reduce(&buffer, sum, u64::wrapping_add)?;
            std::hint::black_box(sum);
            Ok(())
        })?;
        Ok((words * size_of::<u64>()) as f64 / seconds)
    }

    fn best(&self, mut run: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
        let mut best = Duration::MAX;
        for _ in 0..self.runs {
            let started = Instant::now();
            run()?;
            best = best.min(started.elapsed());
        }
        Ok(best.as_secs_f64().max(1e-9))
    }
}

const LEAST_BUFFER: usize = 64 << 20;
const MOST_BUFFER: usize = 1 << 30;

/// Four times the largest cache, as far as the system tells how large that is.
fn buffer_bytes() -> usize {
    let cache = |index: u32| {
        let text =
            fs::read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size")).ok()?;
        text.trim().strip_suffix('K')?.parse::<usize>().ok()
    };
    let largest = (0..5).filter_map(cache).max().unwrap_or(0) << 10;
    (4 * largest).clamp(LEAST_BUFFER, MOST_BUFFER)
}

/// How many bytes this process has had read from disks, mapped files included.
fn disk_bytes() -> Option<u64> {
    let counters = fs::read_to_string("/proc/self/io").ok()?;
    let line = counters.lines().find_map(|line| line.strip_prefix("read_bytes:"))?;
    line.trim().parse().ok()
}
