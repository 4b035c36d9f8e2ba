//! `ringmill demo`: the command's work on generated data, timed on one worker and on all.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ringmill::array::SharedArray;
use ringmill::pool::Pool;
use serde::Serialize;
use tempfile::TempDir;

use crate::args::{Aggregate, Amount, Common, DemoArgs, Dialect, GroupArgs, Making, Source, Where};
use crate::array::{self, Scaling};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::generate;
use crate::group;
use crate::interrupt::{Hold, Unfinished};
use crate::output::{Align, Output, Rows, Value, number};
use crate::stats;
use crate::workers;

/// The same data for everyone.
const MAKING: Making = Making { seed: 1, force: false };
const CSV: &str = "trips.csv";
const ARRAY: &str = "prices.npy";

pub(crate) fn run(args: &DemoArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let demo = Demo { all: workers::pool(common.threads)?, one: workers::single()?, silent: common.json };
    let folder = Folder::create(args)?;
    demo.say(output, demo.all.sizing())?;
    let files = demo.make(&folder, args.bytes)?;
    demo.say(output, &files)?;
    let (steps, cities) = demo.work(&files)?;
    if demo.silent {
        let (workers, why) = (demo.all.workers(), demo.all.sizing().to_string());
        output.json(&Report { workers, why, steps })?;
    } else {
        output.table(&demo.table(&steps))?;
        output.line(format_args!(
            "\nringmill group {CSV} --by city --agg mean:price,max:price,p99:price,count\n"
        ))?;
        output.table(&cities)?;
    }
    let farewell = folder.leave()?;
    demo.say(output, format_args!("\n{farewell}"))
}

/// The files that the demonstration works on.
struct Files {
    csv: PathBuf,
    csv_bytes: u64,
    records: u64,
    array: PathBuf,
    array_bytes: u64,
    numbers: u64,
    made_in: Duration,
}

impl Display for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "made {CSV} ({} records, {}) and {ARRAY} ({} numbers, {}) in {}",
            self.records,
            number::bytes(self.csv_bytes),
            self.numbers,
            number::bytes(self.array_bytes),
            number::duration(self.made_in),
        )
    }
}

/// One job, timed.
#[derive(Debug, Serialize)]
struct Step {
    job: &'static str,
    bytes: u64,
    seconds_one_worker: f64,
    seconds_all_workers: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    workers: usize,
    why: String,
    steps: Vec<Step>,
}

/// The pools to compare.
struct Demo {
    one: Pool,
    all: Pool,
    silent: bool,
}

impl Demo {
    fn say(&self, output: &mut Output, line: impl Display) -> Result<(), Failure> {
        if self.silent {
            return Ok(());
        }
        output.line(line)?;
        output.flush()
    }

    fn make(&self, folder: &Folder, bytes: u64) -> Result<Files, Failure> {
        let started = Instant::now();
        let amount = |bytes| Amount { rows: None, bytes: Some(bytes) };
        let (csv, array) = (folder.path.join(CSV), folder.path.join(ARRAY));
        let trips = generate::trips(&self.all, &csv, amount(bytes), MAKING)?;
        let prices = generate::array::<f64>(&self.all, &array, amount(bytes / 2), MAKING)?;
        Ok(Files {
            csv,
            csv_bytes: trips.bytes,
            records: trips.rows,
            array,
            array_bytes: prices.bytes,
            numbers: prices.rows,
            made_in: started.elapsed(),
        })
    }

    /// Does every job on both pools; returns the times and what the grouping found.
    fn work(&self, files: &Files) -> Result<(Vec<Step>, Rows), Failure> {
        let by_city = prices_by_city(&files.csv)?;
        let input = Input::open(&by_city.source)?;
        let all = Filter::new(&input, &Where::default())?;
        let mut array = SharedArray::<f64>::open_npy(&files.array)?;
        let (csv_bytes, array_bytes) = (files.csv_bytes, files.array_bytes);
        let scaling = Scaling { mul: 1.07, add: 0.5 };
        let steps = vec![
            self.time("count records", csv_bytes, |pool| input.count(pool).map(drop))?,
            self.time("summarise every column", csv_bytes, |pool| {
                stats::summarise(pool, &input, &all, false).map(drop)
            })?,
            self.time("group by city", csv_bytes, |pool| group::group(pool, &input, &by_city).map(drop))?,
            self.time("change the array in place", array_bytes, |pool| {
                array::scale(pool, &mut array, scaling)
            })?,
            self.time("sum the array", array_bytes, |pool| array::sum_of(pool, &array).map(drop))?,
        ];
        Ok((steps, group::group(&self.all, &input, &by_city)?.into_rows()))
    }

    /// Times a job on one worker and on all: the better of two runs, of which the first meets the pages.
    fn time(
        &self,
        job: &'static str,
        bytes: u64,
        mut run: impl FnMut(&Pool) -> Result<(), Failure>,
    ) -> Result<Step, Failure> {
        let mut best = |pool: &Pool| {
            let mut best = Duration::MAX;
            for _ in 0..2 {
                let started = Instant::now();
                run(pool)?;
                best = best.min(started.elapsed());
            }
            Ok::<f64, Failure>(best.as_secs_f64())
        };
        Ok(Step { job, bytes, seconds_one_worker: best(&self.one)?, seconds_all_workers: best(&self.all)? })
    }

    fn table(&self, steps: &[Step]) -> Rows {
        let all = match self.all.workers() {
            1 => "1 worker again".to_owned(),
            workers => format!("{workers} workers"),
        };
        let mut table = Rows::new([
            ("job".to_owned(), Align::Left),
            ("size".to_owned(), Align::Right),
            ("1 worker".to_owned(), Align::Right),
            (all, Align::Right),
            ("gain".to_owned(), Align::Right),
        ]);
        for step in steps {
            let rate = |seconds| Value::Text(number::rate(step.bytes, Duration::from_secs_f64(seconds)));
            table.push(vec![
                Value::Text(step.job.to_owned()),
                Value::Text(number::bytes(step.bytes)),
                rate(step.seconds_one_worker),
                rate(step.seconds_all_workers),
                Value::Text(format!("{:.2}x", step.seconds_one_worker / step.seconds_all_workers)),
            ]);
        }
        table
    }
}

fn prices_by_city(csv: &Path) -> Result<GroupArgs, Failure> {
    let aggregates = ["mean:price", "max:price", "p99:price", "count"].map(str::parse::<Aggregate>);
    Ok(GroupArgs {
        source: Source { files: vec![csv.to_owned()], dialect: Dialect::default() },
        taken: Where::default(),
        by: vec!["city".to_owned()],
        aggregates: aggregates.into_iter().collect::<Result<_, _>>().map_err(Failure::new)?,
    })
}

/// The directory of the files, removed at the end unless it was to be kept.
struct Folder {
    path: PathBuf,
    temporary: Option<TempDir>,
    _unfinished: Option<Unfinished>,
}

impl Folder {
    fn create(args: &DemoArgs) -> Result<Self, Failure> {
        let parent = args.dir.clone().unwrap_or_else(std::env::temp_dir);
        fs::create_dir_all(&parent).map_err(|error| Failure::at(&parent, "create the directory", &error))?;
        let hold = Hold::during("removing the files");
        let folder = tempfile::Builder::new()
            .prefix("ringmill-demo-")
            .tempdir_in(&parent)
            .map_err(|error| Failure::at(&parent, "create a directory in it", &error))?;
        let path = folder.path().to_owned();
        let unfinished = (!args.keep).then(|| Unfinished::at(&path));
        hold.release()?;
        let temporary = if args.keep {
            let _kept = folder.keep();
            None
        } else {
            Some(folder)
        };
        Ok(Self { path, temporary, _unfinished: unfinished })
    }

    /// Removes the files, or leaves them; returns what became of them.
    fn leave(self) -> Result<String, Failure> {
        let path = self.path.display();
        let Some(folder) = self.temporary else { return Ok(format!("The files are in {path}.")) };
        folder.close().map_err(|error| Failure::at(&self.path, "remove the files", &error))?;
        Ok("The files are gone again; --keep would leave them.".to_owned())
    }
}
