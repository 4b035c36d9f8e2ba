//! Whole columns as an Arrow record batch: numbers where they lie.
//!
//! - R1: an array's elements are at its address as long as it lives, and nobody changes them: the buffer made of it owns
//!   it, and shows it to nobody.

#![allow(unsafe_code)]

use super::plan::ColumnSpec;
use super::valid::Valid;
use super::whole::{Collected, TextArray, Whole};
use crate::array::SharedArray;
use crate::memory::Element;
use arrow_array::builder::{GenericBinaryBuilder, LargeStringBuilder};
use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, RecordBatch, RecordBatchOptions,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, Field, Schema};
use std::panic::RefUnwindSafe;
use std::ptr::NonNull;
use std::sync::Arc;

/// An array that belongs to a buffer.
struct Owner<T: Element>(#[expect(dead_code, reason = "kept until it is dropped")] SharedArray<T>);

// Nobody reaches the array any more, so nobody can see it half changed.
impl<T: Element> RefUnwindSafe for Owner<T> {}

/// Makes a buffer of an array, without a copy.
fn buffer<T: Element>(array: SharedArray<T>) -> Buffer {
    let bytes = size_of_val(array.as_slice());
    let first = NonNull::from(array.as_slice()).cast::<u8>();
    if bytes == 0 {
        return Buffer::default();
    }
    // SAFETY: wants `bytes` bytes at `first` valid as long as the owner lives: they are the elements' (R1).
    unsafe { Buffer::from_custom_allocation(first, bytes, Arc::new(Owner(array))) }
}

fn nulls(valid: &Valid) -> Option<NullBuffer> {
    let words = valid.words()?.to_vec();
    Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(words), 0, valid.rows())))
}

fn numbers<P>(array: SharedArray<P::Native>, nulls: Option<NullBuffer>) -> PrimitiveArray<P>
where
    P: ArrowPrimitiveType<Native: Element>,
{
    let len = array.len();
    PrimitiveArray::new(ScalarBuffer::new(buffer(array), 0, len), nulls)
}

fn text(texts: &TextArray<'_>, valid: &Valid) -> ArrayRef {
    let bytes = (0..texts.len()).map(|row| texts.bytes(row).len()).sum();
    let mut builder = LargeStringBuilder::with_capacity(texts.len(), bytes);
    (0..texts.len()).for_each(|row| builder.append_option(valid.is_valid(row).then(|| texts.get(row))));
    Arc::new(builder.finish())
}

fn binary(texts: &TextArray<'_>, valid: &Valid) -> ArrayRef {
    let bytes = (0..texts.len()).map(|row| texts.bytes(row).len()).sum();
    let mut builder = GenericBinaryBuilder::<i64>::with_capacity(texts.len(), bytes);
    (0..texts.len()).for_each(|row| builder.append_option(valid.is_valid(row).then(|| texts.bytes(row))));
    Arc::new(builder.finish())
}

impl Collected<'_> {
    /// Gives up the columns as an Arrow record batch. Numbers and points in time stay where they are; booleans, dates (as
    /// `Date32`) and text (as `LargeUtf8`, bytes as `LargeBinary`) are copied into the forms that Arrow has for them, so
    /// that the batch needs the file no more.
    ///
    /// With the feature `arrow`.
    ///
    /// # Errors
    ///
    /// As `arrow_array::RecordBatch::try_new`; a date beyond the days that 32 bits count is one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "symbol,price\nABC,12.5\nXYZ,8\n")?;
    /// use arrow_array::cast::AsArray;
    /// use arrow_array::types::Float64Type;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let columns = file.columns().f64("price").str("symbol").build()?;
    /// let batch = Pool::new()?.collect_columns(&columns)?.into_record_batch()?;
    /// assert_eq!(batch.column(0).as_primitive::<Float64Type>().values(), &[12.5, 8.0]);
    /// assert_eq!(batch.column_by_name("symbol").unwrap().as_string::<i64>().value(1), "XYZ");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_record_batch(self) -> Result<RecordBatch, ArrowError> {
        let rows = self.len();
        let (columns, specs) = self.into_typed_columns();
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for ((name, whole, valid), spec) in columns.into_iter().zip(specs) {
            let array = array(whole, &spec, &valid)?;
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
    }
}

fn array(whole: Whole<'_>, spec: &ColumnSpec, valid: &Valid) -> Result<ArrayRef, ArrowError> {
    let nulls = nulls(valid);
    Ok(match (whole, spec) {
        (Whole::F64(array), _) => Arc::new(numbers::<Float64Type>(array, nulls)),
        (Whole::F32(array), _) => Arc::new(numbers::<Float32Type>(array, nulls)),
        #[cfg(feature = "dates")]
        (Whole::I64(array), ColumnSpec::Date(..)) => {
            let day = |&day: &i64| i32::try_from(day);
            let days = array.iter().map(day).collect::<Result<Vec<_>, _>>();
            let days = days.map_err(|error| ArrowError::CastError(error.to_string()))?;
            Arc::new(arrow_array::Date32Array::new(days.into(), nulls))
        }
        #[cfg(feature = "dates")]
        (Whole::I64(array), ColumnSpec::Timestamp(..)) => Arc::new(
            numbers::<arrow_array::types::TimestampNanosecondType>(array, nulls).with_timezone("UTC"),
        ),
        (Whole::I64(array), _) => Arc::new(numbers::<Int64Type>(array, nulls)),
        (Whole::U64(array), _) => Arc::new(numbers::<UInt64Type>(array, nulls)),
        (Whole::Bool(array), _) => {
            let bits = BooleanBuffer::collect_bool(array.len(), |row| array[row] != 0);
            Arc::new(BooleanArray::new(bits, nulls))
        }
        (Whole::Text(texts), ColumnSpec::Bytes(_)) => binary(&texts, valid),
        (Whole::Text(texts), _) => text(&texts, valid),
    })
}
