//! `ringmill generate`: data of any size, the same bytes for the same seed.

mod array;
mod digits;
mod random;
mod reviews;
mod rows;
mod stations;
mod ticks;
mod trips;

use std::path::Path;
use std::time::Instant;

use ringmill::pool::Pool;
use serde::Serialize;

use crate::args::{Amount, Common, FloatType, GenerateVerb, Making};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::output::{Output, number};
use crate::workers;

pub(crate) use array::file as array;
use reviews::Reviews;
use rows::Rows;
use stations::Stations;
use ticks::Ticks;
use trips::Trips;

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
        GenerateVerb::Trips(args) => (&args.file, trips(&pool, &args.file, args.amount, args.making)?),
        GenerateVerb::Stations(args) => {
            let stations = Stations::new(args.keys.get(), !args.no_headers);
            (&args.file, file(&pool, &stations, &args.file, args.amount, args.making)?)
        }
        GenerateVerb::Ticks(args) => (&args.file, file(&pool, &Ticks, &args.file, args.amount, args.making)?),
        GenerateVerb::Reviews(args) => {
            (&args.file, file(&pool, &Reviews, &args.file, args.amount, args.making)?)
        }
        GenerateVerb::Array(args) => {
            let make = match args.element {
                FloatType::F64 => array::<f64>,
                FloatType::F32 => array::<f32>,
            };
            (&args.file, make(&pool, &args.file, args.amount, args.making)?)
        }
    };
    if common.json {
        return output.json(&written);
    }
    let time = started.elapsed();
    output.line(format_args!(
        "{}: {} {}, {} in {} ({})",
        path.display(),
        written.rows,
        if matches!(what, GenerateVerb::Array(_)) { "numbers" } else { "records" },
        number::bytes(written.bytes),
        number::duration(time),
        number::rate(written.bytes, time),
    ))
}

/// Makes a file of trips.
pub(crate) fn trips(pool: &Pool, path: &Path, amount: Amount, making: Making) -> Result<Written, Failure> {
    file(pool, &Trips::new(), path, amount, making)
}

/// Makes a file of records.
fn file(
    pool: &Pool,
    kind: &impl Rows,
    path: &Path,
    amount: Amount,
    making: Making,
) -> Result<Written, Failure> {
    let new = NewFile::create(path, making.force)?;
    let written = rows::write(pool, kind, making.seed, amount, &new)?;
    new.finish()?;
    Ok(written)
}
