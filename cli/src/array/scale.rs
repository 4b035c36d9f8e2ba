//! `ringmill array scale`: every element changed where it lies.

use std::path::Path;
use std::time::Instant;

use ringmill::array::{NpyHeader, SharedArray};
use ringmill::memory::{Element, ElementType};
use ringmill::pool::Pool;

use crate::args::{Common, ScaleArgs};
use crate::failure::{Failure, with_hint};
use crate::interrupt::Hold;
use crate::output::{Facts, Output, Value, number};
use crate::workers;

/// What becomes of each element x: mul * x + add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaling {
    pub(crate) mul: f64,
    pub(crate) add: f64,
}

impl Scaling {
    fn new(args: &ScaleArgs) -> Self {
        // What is multiplied by 1 or has -0 added to it stays what it is, the sign of zero included.
        Self { mul: args.mul.unwrap_or(1.0), add: args.add.unwrap_or(-0.0) }
    }
}

/// A float type, in which the whole computation is done.
pub(crate) trait Float: Element {
    /// Changes every element of a chunk.
    fn scale(chunk: &mut [Self], scaling: Scaling);
}

impl Float for f64 {
    fn scale(chunk: &mut [Self], Scaling { mul, add }: Scaling) {
        chunk.iter_mut().for_each(|x| *x = *x * mul + add);
    }
}

impl Float for f32 {
    fn scale(chunk: &mut [Self], Scaling { mul, add }: Scaling) {
        let (mul, add) = (mul as Self, add as Self);
        chunk.iter_mut().for_each(|x| *x = *x * mul + add);
    }
}

pub(super) fn run(args: &ScaleArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let header = NpyHeader::open(&args.file)?;
    let pool = workers::pool(common.threads)?;
    let scaling = Scaling::new(args);
    let started = Instant::now();
    match header.element_type() {
        ElementType::F32 => scale_file::<f32>(&pool, &args.file, scaling)?,
        ElementType::F64 => scale_file::<f64>(&pool, &args.file, scaling)?,
        other => {
            let problem =
                format_args!("{}: holds {other}, and only f32 and f64 can be scaled", args.file.display());
            return Err(with_hint(problem, "write its column again with --type f64"));
        }
    }
    let (time, bytes) = (started.elapsed(), (header.data_end() - header.data_offset()) as u64);
    if common.json {
        let elements = Value::Count(header.len() as u64);
        return output.facts(&Facts::from([("elements", elements), ("bytes", Value::Count(bytes))]), true);
    }
    output.line(format_args!(
        "{}: {} elements changed in {} ({})",
        args.file.display(),
        header.len(),
        number::duration(time),
        number::rate(bytes, time),
    ))
}

fn scale_file<T: Float>(pool: &Pool, path: &Path, scaling: Scaling) -> Result<(), Failure> {
    scale(pool, &mut SharedArray::<T>::open_npy(path)?, scaling)
}

/// Changes every element of an array. Ctrl-C waits: an array half changed is no use to anyone.
pub(crate) fn scale<T: Float>(
    pool: &Pool,
    array: &mut SharedArray<T>,
    scaling: Scaling,
) -> Result<(), Failure> {
    let whole = Hold::during("finishing the change in place");
    pool.for_each_chunk(array, |chunk| T::scale(chunk, scaling))?;
    whole.release()
}
