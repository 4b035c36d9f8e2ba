//! `ringmill filter`: the records that pass, as they are, in order.

use std::ops::ControlFlow;

use crate::args::{Common, FilterArgs};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::Output;
use crate::records::{Selection, Writer};

pub(crate) fn run(args: &FilterArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let input = Input::open(&args.source)?;
    let filter = Filter::new(&input, &args.taken)?;
    let selection = Selection::new(&input, &args.select)?;
    let mut writer = Writer::begin(&input, &selection, &args.source.dialect, common.json, output)?;
    let _progress = input.progress();
    input.each_record(|record| {
        if filter.passes(record) {
            writer.record(record, output)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    writer.end(output)
}
