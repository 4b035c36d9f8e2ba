//! `ringmill stats`: every column summarised in one pass, and drawn in a further one; of a stream in the same one.

mod distinct;
mod plot;
mod spread;
mod summary;
mod text_range;

use ringmill::csv::Record;
use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{Common, StatsArgs};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::look::Kind;
use crate::output::{Align, Output, Rows, Value};
use crate::workers;

use distinct::Distinct;
use plot::{Plot, Range};
use summary::Summary;

/// What is known of a file.
#[derive(Debug, Serialize)]
pub(crate) struct FileSummary {
    records: u64,
    columns: Rows,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plots: Vec<Plot>,
    #[serde(skip)]
    numeric: Vec<Range>,
}

pub(crate) fn run(args: &StatsArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let pool = workers::pool(common.threads)?;
    let input = Input::open_records(&args.source)?;
    let filter = Filter::new(&input, &args.taken)?;
    let once = input.is_stream();
    let mut summary = summarise(&pool, &input, &filter, args.plot && once)?;
    if args.plot && !once {
        summary.plots = plot::plots(&pool, &input, &filter, &summary.numeric)?;
    }
    if common.json {
        return output.json(&summary);
    }
    output.table(&summary.columns)?;
    summary.plots.iter().try_for_each(|plot| plot.write(output))
}

/// Summarises every column of the records that pass, and draws those of numbers as well as one pass can, if so asked.
pub(crate) fn summarise(
    pool: &Pool,
    input: &Input,
    filter: &Filter,
    draw: bool,
) -> Result<FileSummary, Failure> {
    let known = (!input.columns().is_empty()).then(|| input.columns().len());
    let part = input.fold(
        pool,
        || Part::new(known, draw),
        |part, record| {
            if filter.passes(record) {
                part.add(record);
            }
            Ok(())
        },
        Part::merge,
    )?;
    if part.records == 0 && filter.is_empty() {
        return Err(input.no_records());
    }
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
    let (mut numeric, mut plots) = (Vec::new(), Vec::new());
    for (index, column) in part.columns.iter().enumerate() {
        let name = input.columns().get(index).cloned().unwrap_or_else(|| index.to_string());
        columns.push(row(name.clone(), column));
        if let (Kind::Integer | Kind::Float, Some(min), Some(max)) =
            (column.kind, column.extremes.min(), column.extremes.max())
        {
            let range = Range { column: index, min, max };
            numeric.push(range);
            plots.extend(column.spread.as_ref().map(|spread| Plot::of_spread(name, range, spread)));
        }
    }
    Ok(FileSummary { records: part.records, columns, plots, numeric })
}

fn row(name: String, column: &Summary) -> Vec<Value> {
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
        Value::Text(name),
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
struct Part {
    records: u64,
    columns: Vec<Summary>,
    /// Whether there may be more columns than were seen, as in a stream without a header.
    grows: bool,
    draw: bool,
}

impl Part {
    fn new(columns: Option<usize>, draw: bool) -> Self {
        let known = (0..columns.unwrap_or(0)).map(|_| Summary::new(draw)).collect();
        Self { records: 0, columns: known, grows: columns.is_none(), draw }
    }

    /// Takes in one record; a column that a short one lacks is empty there, what a long one has more is left out unless
    /// nobody knows how many columns there are.
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        if self.grows && record.len() > self.columns.len() {
            self.grow(record.len());
        }
        self.records += 1;
        let mut fields = record.fields();
        for column in &mut self.columns {
            column.add(fields.next());
        }
    }

    #[cold]
    fn grow(&mut self, columns: usize) {
        self.columns.resize_with(columns, || Summary::lacked(self.records, self.draw));
    }

    fn merge(mut self, mut later: Self) -> Self {
        let columns = self.columns.len().max(later.columns.len());
        self.grow(columns);
        later.grow(columns);
        self.records += later.records;
        for (column, later) in self.columns.iter_mut().zip(later.columns) {
            column.merge(later);
        }
        self
    }
}
