//! `ringmill stats`: every column summarised in one pass.

mod distinct;
mod kind;
mod summary;
mod text_range;

use ringmill::csv::{CsvError, Record};
use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{Common, StatsArgs};
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Align, Output, Rows, Value};
use crate::workers;

use distinct::Distinct;
use kind::Kind;
use summary::Summary;

/// What is known of a file.
#[derive(Debug, Serialize)]
pub(crate) struct FileSummary {
    records: u64,
    columns: Rows,
}

pub(crate) fn run(args: &StatsArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let pool = workers::pool(common.threads)?;
    let input = Input::open(&args.file, &args.dialect)?;
    let summary = summarise(&pool, &input)?;
    if common.json { output.json(&summary) } else { output.table(&summary.columns) }
}

/// Summarises every column of a file.
pub(crate) fn summarise(pool: &Pool, input: &Input) -> Result<FileSummary, Failure> {
    let names = input.columns();
    let part = input.fold(pool, || Part::new(names.len()), Part::add, Part::merge)?;
    let mut columns = Rows::new([
        ("column", Align::Left),
        ("type", Align::Left),
        ("count", Align::Right),
        ("empty", Align::Right),
        ("min", Align::Right),
        ("max", Align::Right),
        ("mean", Align::Right),
        ("std", Align::Right),
        ("distinct", Align::Right),
    ]);
    for (name, column) in names.iter().zip(&part.columns) {
        columns.push(row(name, column));
    }
    Ok(FileSummary { records: part.records, columns })
}

fn row(name: &str, column: &Summary<'_>) -> Vec<Value> {
    let excerpt = |text: &[u8]| Value::Excerpt(String::from_utf8_lossy(text).into_owned());
    let (min, max) = match (column.kind, column.integers, column.text.bounds()) {
        (Kind::Integer, Some((min, max)), _) => (Value::Integer(min.into()), Value::Integer(max.into())),
        (Kind::Float, ..) => (Value::exact(column.extremes.min()), Value::exact(column.extremes.max())),
        (_, _, Some((min, max))) => (excerpt(min), excerpt(max)),
        _ => (Value::Missing, Value::Missing),
    };
    let (mean, deviation) = match column.kind {
        Kind::Integer | Kind::Float => (column.moments.mean(), column.moments.standard_deviation()),
        _ => (None, None),
    };
    let distinct = match column.distinct.count() {
        Some(count) => Value::Count(count as u64),
        None => Value::MoreThan(Distinct::MOST as u64),
    };
    vec![
        Value::Text(name.to_owned()),
        Value::Text(column.kind.name().to_owned()),
        Value::Count(column.filled),
        Value::Count(column.empty),
        min,
        max,
        Value::rounded(mean),
        Value::rounded(deviation),
        distinct,
    ]
}

/// What is known of a part of the file.
#[derive(Debug)]
struct Part<'f> {
    records: u64,
    columns: Vec<Summary<'f>>,
}

impl<'f> Part<'f> {
    fn new(columns: usize) -> Self {
        Self { records: 0, columns: (0..columns).map(|_| Summary::new()).collect() }
    }

    /// Takes in one record; a column that a short one lacks is empty there, what a long one has more is left out.
    #[inline]
    fn add(&mut self, record: &Record<'f>) -> Result<(), CsvError> {
        self.records += 1;
        let mut fields = record.fields();
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.add(record, index, fields.next())?;
        }
        Ok(())
    }

    fn merge(mut self, later: Self) -> Self {
        self.records += later.records;
        for (column, later) in self.columns.iter_mut().zip(later.columns) {
            column.merge(later);
        }
        self
    }
}
