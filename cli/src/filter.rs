//! `ringmill filter`: the records that pass, as they are, in order.
//!
//! All workers look for them, each in a chunk of its own, and what they find is written in the order of the input. Nobody
//! runs far ahead of what is written: a reader that is slow, or stops for a while, holds up the workers.

use std::sync::{Mutex, PoisonError};

use crate::args::{Common, FilterArgs};
use crate::condition::Filter;
use crate::csv_file::Input;
use crate::failure::Failure;
use crate::output::Output;
use crate::records::{Format, Selection, Writer};
use crate::workers;

pub(crate) fn run(args: &FilterArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let pool = workers::pool(common.threads)?;
    let input = Input::open(&args.source)?;
    let filter = Filter::new(&input, &args.taken)?;
    let selection = Selection::new(&input, &args.select)?;
    let format = Format::new(&selection, &args.source.dialect, common.json);
    let mut writer = Writer::begin(&input, &format, &args.source.dialect, output)?;
    // Texts that were written make room for others.
    let spare = Mutex::new(Vec::<Vec<u8>>::new());
    let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    input.fold_in_order(
        &pool,
        || spare().pop().unwrap_or_default(),
        |text, record| if filter.passes(record) { format.push(record, text) } else { Ok(()) },
        |mut text| {
            writer.text(&text, output)?;
            text.clear();
            spare().push(text);
            Ok(())
        },
    )?;
    writer.end(output)
}
