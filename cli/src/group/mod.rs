//! `ringmill group`: records by key, columns aggregated, the same answer however many cores work on it.

mod groups;
mod key;
mod plan;
mod tally;

use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{Common, GroupArgs};
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Align, Output, Rows, Value};
use crate::workers;

use groups::{Group, Groups, Tallies};
use plan::Plan;
use tally::{Spread, Tally, Totals};

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
    let input = Input::open(&args.file, &args.dialect)?;
    let grouped = group(&pool, &input, args)?;
    if common.json { output.json(&grouped) } else { output.table(&grouped.groups) }
}

/// Groups a file as the command line asks.
pub(crate) fn group(pool: &Pool, input: &Input, args: &GroupArgs) -> Result<Grouped, Failure> {
    let plan = Plan::new(input, args)?;
    let job = Job { pool, input, plan: &plan, args };
    if plan.wants_spread() { job.run::<Spread>() } else { job.run::<Totals>() }
}

struct Job<'a> {
    pool: &'a Pool,
    input: &'a Input,
    plan: &'a Plan,
    args: &'a GroupArgs,
}

impl Job<'_> {
    fn run<T: Tally>(&self) -> Result<Grouped, Failure> {
        match self.plan.inputs.len() {
            0 => self.fold::<[T; 0]>(),
            1 => self.fold::<[T; 1]>(),
            _ => self.fold::<Box<[T]>>(),
        }
    }

    fn fold<S: Tallies>(&self) -> Result<Grouped, Failure> {
        let groups = self.input.fold(
            self.pool,
            Groups::<S>::new,
            |groups, record| groups.add(record, self.plan),
            Groups::merge,
        )?;
        Ok(self.report(groups))
    }

    /// Lists the groups in the order of their keys.
    fn report<S: Tallies>(&self, groups: Groups<'_, S>) -> Grouped {
        let keys = self.plan.keys.len();
        let mut found: Vec<_> = groups.into_pairs().collect();
        found.sort_unstable_by(|(left, _), (right, _)| key::fields(left, keys).cmp(key::fields(right, keys)));

        let by = self.args.by.iter().map(|name| (name.clone(), Align::Left));
        let measures = self.args.aggregates.iter().map(|what| (what.to_string(), Align::Right));
        let mut rows = Rows::new(by.chain(measures));
        for (key, group) in &found {
            let key = key::fields(key, keys).map(Value::text);
            rows.push(key.chain(self.plan.outputs.iter().map(|output| output.of(group))).collect());
        }
        Grouped { records: found.iter().map(|(_, group)| group.records).sum(), groups: rows }
    }
}

impl plan::Output {
    fn of<S: Tallies>(&self, group: &Group<S>) -> Value {
        match *self {
            Self::Records => Value::Count(group.records),
            Self::Measure { input, measure } => group.tallies.all()[input].measure(measure),
        }
    }
}
