//! `ringmill head`: the first records, without reading the rest.

use std::ops::ControlFlow;

use crate::args::{Common, HeadArgs};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::Output;
use crate::records::{Format, Selection, TableOfRecords, Writer};

pub(crate) fn run(args: &HeadArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let input = Input::open(&args.source)?;
    let filter = Filter::new(&input, &args.taken)?;
    let selection = Selection::new(&input, &[])?;
    if args.csv || common.json {
        let format = Format::new(&selection, &args.source.dialect, common.json);
        let mut writer = Writer::begin(&input, &format, &args.source.dialect, output)?;
        let mut text = Vec::new();
        first(&input, &filter, args.records, |record| {
            text.clear();
            format.push(record, &mut text)?;
            writer.text(&text, output)
        })?;
        return writer.end(output);
    }
    let mut table = TableOfRecords::default();
    first(&input, &filter, args.records, |record| {
        table.record(record, &selection);
        Ok(())
    })?;
    table.write(&selection, output)
}

/// Takes so many records that pass.
fn first(
    input: &Input,
    filter: &Filter,
    records: u64,
    mut take: impl FnMut(&ringmill::csv::Record<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut left = records;
    if left == 0 {
        return Ok(());
    }
    input.each_record(|record| {
        if filter.passes(record) {
            take(record)?;
            left -= 1;
        }
        Ok(if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}
