//! `ringmill array`: what an `.npy` array holds, and changing it where it lies.

mod number;
mod scale;
mod stats;

use std::path::Path;

use ringmill::array::{Access, ArrayError, NpyHeader, Order, SharedArray};
use ringmill::memory::{ElementType, RegionError};
use ringmill::pool::Pool;

use crate::args::{ArrayFile, ArrayVerb, Common};
use crate::failure::{Failure, NO_ROOM, with_hint};
use crate::output::{Facts, Output, Value};
use crate::workers;

use number::Number;
pub(crate) use scale::{Scaling, scale};

/// Runs a body with the type that an array's header names.
macro_rules! with_element {
    ($path:expr, $element:expr, $T:ident => $body:expr) => {
        with_element!($path, $element, $T => $body;
            F32 f32, F64 f64, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64)
    };
    ($path:expr, $element:expr, $T:ident => $body:expr; $($name:ident $type:ident),*) => {
        match $element {
            $(ElementType::$name => {
                type $T = $type;
                $body
            })*
            other => Err(Failure::new(format_args!("{}: cannot work on {other}", $path.display()))),
        }
    };
}

pub(crate) fn run(verb: &ArrayVerb, common: Common, output: &mut Output) -> Result<(), Failure> {
    match verb {
        ArrayVerb::Info(ArrayFile { file }) => output.facts(&info(&NpyHeader::open(file)?), common.json),
        ArrayVerb::Sum(ArrayFile { file }) => {
            let pool = workers::pool(common.threads)?;
            let element = NpyHeader::open(file)?.element_type();
            let sum = with_element!(file, element, T => sum::<T>(&pool, file))?;
            if common.json {
                output.facts(&Facts::from([("sum", sum)]), true)
            } else {
                output.line(sum.cell())
            }
        }
        ArrayVerb::Stats(ArrayFile { file }) => {
            let pool = workers::pool(common.threads)?;
            let element = NpyHeader::open(file)?.element_type();
            let facts = with_element!(file, element, T => stats::<T>(&pool, file))?;
            output.facts(&facts, common.json)
        }
        ArrayVerb::Scale(args) => scale::run(args, common, output),
    }
}

fn info(header: &NpyHeader) -> Facts {
    let shape: Vec<String> = header.shape().iter().map(usize::to_string).collect();
    let order = if header.order() == Order::C { "C" } else { "Fortran" };
    let bytes = header.data_end() - header.data_offset();
    Facts::from([
        ("type", Value::Text(header.element_type().name().to_owned())),
        ("shape", Value::Text(shape.join(" x "))),
        ("order", Value::Text(order.to_owned())),
        ("elements", Value::Count(header.len() as u64)),
        ("bytes", Value::Count(bytes as u64)),
    ])
}

fn sum<T: Number>(pool: &Pool, path: &Path) -> Result<Value, Failure> {
    sum_of(pool, &SharedArray::<T>::open_npy_read_only(path)?)
}

/// Sums an array, with the same bits at any number of workers.
pub(crate) fn sum_of<T: Number, A: Access>(pool: &Pool, array: &SharedArray<T, A>) -> Result<Value, Failure> {
    Ok(T::total_value(pool.map_reduce(array, T::total, T::join)?))
}

fn stats<T: Number>(pool: &Pool, path: &Path) -> Result<Facts, Failure> {
    let array = SharedArray::<T>::open_npy_read_only(path)?;
    Ok(pool.map_reduce(&array, stats::Summary::<T>::of, stats::Summary::join)?.facts())
}

impl From<ArrayError> for Failure {
    fn from(error: ArrayError) -> Self {
        match error {
            ArrayError::Region(RegionError::Full { .. }) => with_hint(error, NO_ROOM),
            _ => Self::new(error),
        }
    }
}
