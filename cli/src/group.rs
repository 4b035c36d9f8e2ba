//! `ringmill group`: records by key, columns aggregated, the same answer however many cores work on it.

use ringmill::csv::{self, Column, GroupBuilder};
use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{Aggregate, Common, GroupArgs, Measure};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Align, Output, Rows, Value};
use crate::workers;

/// What a group-by found.
#[derive(Debug, Serialize)]
pub(crate) struct Grouped {
    records: u64,
    groups: Rows,
}

impl Grouped {
    /// The groups as rows of a table.
    pub(crate) fn into_rows(self) -> Rows {
        self.groups
    }
}

pub(crate) fn run(args: &GroupArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let pool = workers::pool(common.threads)?;
    let input = Input::open_records(&args.source)?;
    let grouped = group(&pool, &input, args)?;
    if common.json { output.json(&grouped) } else { output.table(&grouped.groups) }
}

/// Groups a file as the command line asks.
pub(crate) fn group(pool: &Pool, input: &Input, args: &GroupArgs) -> Result<Grouped, Failure> {
    let plan = Plan::new(input, args)?;
    let _progress = input.progress();
    let mut builder = plan.begin();
    for &(measure, column) in &plan.measures {
        builder = asked(builder, measure, column);
    }
    let grouped = pool.group(&builder.build()?)?.sorted_by_key();
    if grouped.report().records() == 0 {
        return Err(input.no_records());
    }

    let by = args.by.iter().map(|name| (name.clone(), Align::Left));
    let titles = args.aggregates.iter().zip(&plan.measures).map(|(what, &(measure, _))| {
        let is_text = matches!(measure, Some(Measure::First | Measure::Last));
        (what.to_string(), if is_text { Align::Left } else { Align::Right })
    });
    let mut rows = Rows::new(by.chain(titles));
    for group in grouped.iter() {
        let keys = group.keys().map(Value::text);
        let values =
            plan.measures.iter().zip(group.values()).map(|(&(measure, _), value)| shown(measure, &value));
        rows.push(keys.chain(values).collect());
    }
    Ok(Grouped { records: grouped.report().selected(), groups: rows })
}

/// What is asked of a file, its columns found.
struct Plan<'i> {
    input: &'i Input,
    filter: Filter,
    keys: Vec<Column>,
    /// Of each aggregate what is measured of which column: nothing where records are counted.
    measures: Vec<(Option<Measure>, Column)>,
}

impl<'i> Plan<'i> {
    fn new(input: &'i Input, args: &GroupArgs) -> Result<Self, Failure> {
        let column = |name: &String| input.column(name);
        let measured = |aggregate: &Aggregate| match aggregate {
            Aggregate::Records => Ok((None, Column::from(0))),
            Aggregate::Of { measure, column: name, .. } => Ok((Some(*measure), column(name)?)),
        };
        let measures = args.aggregates.iter().map(measured).collect::<Result<Vec<_>, Failure>>()?;
        Ok(Self {
            input,
            filter: Filter::new(input, &args.taken)?,
            keys: args.by.iter().map(column).collect::<Result<_, _>>()?,
            measures,
        })
    }

    /// The keys, and the records that are taken.
    fn begin(&self) -> GroupBuilder<'i> {
        let builder = self.input.group_by(&self.keys);
        self.filter.clone().into_tests().fold(builder, |builder, (column, test)| {
            builder.filter_bytes(column, move |field| test.passes(field))
        })
    }
}

/// Asks the library for one measure.
fn asked(builder: GroupBuilder<'_>, measure: Option<Measure>, column: Column) -> GroupBuilder<'_> {
    match measure {
        None => builder.count(),
        Some(Measure::Count) => builder.count_of(column),
        Some(Measure::Sum) => builder.sum(column),
        Some(Measure::Mean) => builder.mean(column),
        Some(Measure::Min) => builder.min(column),
        Some(Measure::Max) => builder.max(column),
        Some(Measure::Variance) => builder.variance(column),
        Some(Measure::Deviation) => builder.std(column),
        Some(Measure::First) => builder.first(column),
        Some(Measure::Last) => builder.last(column),
        Some(Measure::Distinct) => builder.distinct(column),
        Some(Measure::AboutDistinct) => builder.approximate_distinct(column),
        Some(Measure::Quantile(share)) => builder.quantiles(column, &[share]),
    }
}

/// What the library found, shown to as many digits as mean something.
fn shown(measure: Option<Measure>, value: &csv::Value<'_>) -> Value {
    match (measure, value) {
        (_, csv::Value::Count(count)) => Value::Count(*count),
        (_, csv::Value::Bytes(field)) => Value::text(field),
        (Some(Measure::Sum), csv::Value::Number(x)) => Value::sum(*x),
        (Some(Measure::Min | Measure::Max), csv::Value::Number(x)) => Value::Exact(*x),
        (_, csv::Value::Number(x)) => Value::rounded(Some(*x)),
        _ => Value::Missing,
    }
}
