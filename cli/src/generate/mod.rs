//! `ringmill generate`: data of any size, the same bytes for the same seed.

mod digits;
mod random;
mod rows;
mod stations;
mod trips;

use std::path::Path;
use std::time::Instant;

use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{Amount, Common, GenerateVerb, Making};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::output::{Output, number};
use crate::workers;

use rows::Rows;
use stations::Stations;
use trips::Trips;

/// How much to make: exactly so many rows, or as many as fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) rows: Option<u64>,
    pub(crate) bytes: Option<u64>,
}

/// How much was made.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn run(what: &GenerateVerb, common: Common, output: &mut Output) -> Result<(), Failure> {
    let started = Instant::now();
    let pool = workers::pool(common.threads)?;
    let (path, written) = match what {
        GenerateVerb::Trips(args) => {
            (&args.file, file(&pool, &Trips::new(), &args.file, args.amount, args.making)?)
        }
        GenerateVerb::Stations(args) => {
            let stations = Stations::new(args.keys.get(), !args.no_headers);
            (&args.file, file(&pool, &stations, &args.file, args.amount, args.making)?)
        }
        GenerateVerb::Array(args) => {
            return Err(Failure::new(format_args!("{}: arrays are not made yet", args.file.display())));
        }
    };
    if common.json {
        return output.json(&written);
    }
    let time = started.elapsed();
    output.line(format_args!(
        "{}: {} records, {} in {} ({})",
        path.display(),
        written.rows,
        number::bytes(written.bytes),
        number::duration(time),
        number::rate(written.bytes, time),
    ))
}

/// Makes a file of records.
pub(crate) fn file(
    pool: &Pool,
    kind: &impl Rows,
    path: &Path,
    amount: Amount,
    making: Making,
) -> Result<Written, Failure> {
    let new = NewFile::create(path, making.force)?;
    let budget = Budget { rows: amount.rows, bytes: amount.bytes };
    let written = rows::write(pool, kind, making.seed, budget, &new)?;
    new.finish()?;
    Ok(written)
}
