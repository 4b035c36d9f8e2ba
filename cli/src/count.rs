//! `ringmill count`: how many records there are.

use crate::args::{Common, CountArgs};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::{Facts, Output, Value};
use crate::workers;

pub(crate) fn run(args: &CountArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let pool = workers::pool(common.threads)?;
    let input = Input::open(&args.source)?;
    let filter = Filter::new(&input, &args.taken)?;
    let records = if filter.is_empty() {
        input.count(&pool)?
    } else {
        let count = |count: &mut u64, record: &ringmill::csv::Record<'_>| {
            *count += u64::from(filter.passes(record));
            Ok(())
        };
        input.fold(&pool, || 0, count, |left, right| left + right)?
    };
    if common.json {
        output.facts(&Facts::from([("records", Value::Count(records))]), true)
    } else {
        output.line(records)
    }
}
