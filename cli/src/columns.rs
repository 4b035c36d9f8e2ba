//! `ringmill columns`: one column of a CSV file as a typed array.

use std::time::Instant;

use ringmill::array::SharedArray;
use ringmill::csv::{Column, CsvError, Record};
use ringmill::memory::Element;
use ringmill::pool::Pool;

use crate::args::{ColumnType, ColumnsArgs, Common};
use crate::csv_file::{self, Input};
use crate::failure::Failure;
use crate::interrupt::Hold;
use crate::new_file;
use crate::output::{Facts, Output, Value, number};
use crate::workers;

pub(crate) fn run(args: &ColumnsArgs, common: Common, output: &mut Output) -> Result<(), Failure> {
    let started = Instant::now();
    new_file::check_name(&args.out, args.force)?;
    let pool = workers::pool(common.threads)?;
    let input = Input::open(&args.file, &args.dialect)?;
    let elements = match args.element {
        ColumnType::F64 => write::<f64>(&pool, &input, args),
        ColumnType::F32 => write::<f32>(&pool, &input, args),
        ColumnType::I64 => write::<i64>(&pool, &input, args),
        ColumnType::U64 => write::<u64>(&pool, &input, args),
    }?;
    if common.json {
        return output.facts(&Facts::from([("elements", Value::Count(elements as u64))]), true);
    }
    let time = started.elapsed();
    output.line(format_args!(
        "{}: {elements} elements from {} in {} ({})",
        args.out.display(),
        number::bytes(input.len_bytes()),
        number::duration(time),
        number::rate(input.len_bytes(), time),
    ))
}

/// An element type that a column can be read as.
trait FromField: Element {
    /// Reads a field; an empty one is not a number, where the type has room for that.
    fn read(record: &Record<'_>, column: Column) -> Result<Self, CsvError>;
}

impl FromField for f64 {
    #[inline]
    fn read(record: &Record<'_>, column: Column) -> Result<Self, CsvError> {
        Ok(record.some_f64(column)?.unwrap_or(Self::NAN))
    }
}

impl FromField for f32 {
    fn read(record: &Record<'_>, column: Column) -> Result<Self, CsvError> {
        if csv_file::is_empty(record, column) { Ok(Self::NAN) } else { record.f32(column) }
    }
}

impl FromField for i64 {
    fn read(record: &Record<'_>, column: Column) -> Result<Self, CsvError> {
        record.i64(column)
    }
}

impl FromField for u64 {
    fn read(record: &Record<'_>, column: Column) -> Result<Self, CsvError> {
        record.u64(column)
    }
}

/// Reads the column in pieces as the chunks of the file come, then lays them one behind the other.
fn write<T: FromField>(pool: &Pool, input: &Input, args: &ColumnsArgs) -> Result<usize, Failure> {
    let column = input.column(&args.column)?;
    let mut pieces = input.fold(
        pool,
        || vec![Vec::new()],
        |pieces, record| {
            if let Some(piece) = pieces.last_mut() {
                piece.push(T::read(record, column)?);
            }
            Ok(())
        },
        |mut left, right| {
            left.extend(right);
            left
        },
    )?;
    let elements = pieces.iter().map(Vec::len).sum();
    let hold = Hold::during("finishing the array");
    let mut array = SharedArray::<T>::create_npy(&args.out, &[elements])?;
    let mut room = &mut array[..];
    let mut moves: Vec<(&mut [T], Vec<T>)> = Vec::with_capacity(pieces.len());
    for piece in pieces.drain(..) {
        let (here, rest) = room.split_at_mut(piece.len());
        moves.push((here, piece));
        room = rest;
    }
    pool.for_each_chunk_of(&mut moves[..], 1, |moves| {
        for (room, piece) in moves {
            room.copy_from_slice(piece);
            *piece = Vec::new();
        }
    })?;
    drop(moves);
    array.publish()?;
    hold.release()?;
    Ok(elements)
}
