//! Some thousand records, column by column.

use super::data::Data;
use super::rows::Rows;
use super::text::{Bytes, Texts};
use super::valid::Valid;
use crate::csv::block::Block;
use crate::csv::error::CsvError;
use crate::csv::place::Place;
use crate::csv::segment::Segment;
use std::error::Error;

/// Some thousand records of a file that passed the filters, column by column, lent for one call.
///
/// Columns are numbered in the order in which they were asked for, and hold a value for each record. Text lies in the
/// file, or in a copy where quotes were doubled or escaped.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "name,n,x,ok\n\"say \"\"hi\"\"\",7,,true\nb,8,0.5,0\n")?;
/// use ringmill::Pool;
/// use ringmill::csv::{ColumnPolicy, CsvError, CsvFile};
///
/// let file = CsvFile::open(&path)?;
/// let columns =
///     file.columns().str("name").u64("n").f32_with("x", ColumnPolicy::null()).bool(3).bytes("name").build()?;
/// let fold = |rows: &mut usize, batch: &ringmill::csv::Batch<'_>| {
///     assert_eq!(batch.str(0).get(0), "say \"hi\"");
///     assert_eq!(batch.u64(1), [7, 8]);
///     assert!(!batch.is_valid(2, 0) && batch.f32(2)[0].is_nan() && batch.f32(2)[1] == 0.5);
///     assert_eq!((batch.null_count(2), batch.validity(2)), (1, Some(&[!1][..])));
///     assert_eq!(batch.bool(3), [true, false]);
///     assert_eq!(batch.bytes(4).get(1), b"b");
///     *rows += batch.len();
///     match batch.u64(1).iter().position(|&n| n > 8) {
///         Some(row) => Err(batch.error(row, "an n above 8")),
///         None => Ok(()),
///     }
/// };
/// let rows = Pool::new()?.fold_batches(&columns, || 0, fold, |a, b| a + b)?;
/// assert_eq!(rows, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Batch<'b> {
    pub(super) segment: &'b Segment<'b>,
    pub(super) block: &'b Block,
    pub(super) rows: &'b Rows,
    pub(super) columns: &'b [Data],
}

macro_rules! values {
    ($($name:ident $kind:ident $value:ty;)*) => {$(
        #[doc = concat!("Returns the values of a column that was asked for as `", stringify!($name), "`, one for each record.")]
        ///
        /// # Panics
        ///
        /// If the column was asked for as something else, or there is none of that number.
        #[inline]
        pub fn $name(&self, column: usize) -> &[$value] {
            match &self.columns[column] {
                Data::$kind(column) => column.values(),
                other => wrong_kind(column, stringify!($name), other.kind()),
            }
        }
    )*};
}

#[cold]
fn wrong_kind(column: usize, wanted: &str, kind: &str) -> ! {
    panic!("column {column} was asked for as {kind}, not as {wanted}")
}

impl Batch<'_> {
    /// Returns how many records there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are none; no such batch is ever lent.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    values! {
        f64 F64 f64;
        f32 F32 f32;
        u64 U64 u64;
        bool Bool bool;
    }

    /// Returns the values of a column that was asked for as `i64`, one for each record; of one of dates the days since
    /// 1970-01-01, of one of points in time the nanoseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Panics
    ///
    /// If the column was asked for as something else, or there is none of that number.
    #[inline]
    pub fn i64(&self, column: usize) -> &[i64] {
        match &self.columns[column] {
            Data::I64(column) => column.values(),
            #[cfg(feature = "dates")]
            Data::Date(column) => column.values(),
            #[cfg(feature = "dates")]
            Data::Timestamp(column) => column.values(),
            other => wrong_kind(column, "i64", other.kind()),
        }
    }

    /// Returns the texts of a column that was asked for as `str`.
    ///
    /// # Panics
    ///
    /// If the column was asked for as something else, or there is none of that number.
    #[inline]
    pub fn str(&self, column: usize) -> Texts<'_> {
        match &self.columns[column] {
            Data::Text(text) if text.is_text() => Texts(text.values(self.segment.bytes)),
            other => wrong_kind(column, "str", other.kind()),
        }
    }

    /// Returns the fields of a column that was asked for as `bytes` or `str`.
    ///
    /// # Panics
    ///
    /// If the column was asked for as something else, or there is none of that number.
    #[inline]
    pub fn bytes(&self, column: usize) -> Bytes<'_> {
        match &self.columns[column] {
            Data::Text(text) => text.values(self.segment.bytes),
            other => wrong_kind(column, "bytes", other.kind()),
        }
    }

    /// Returns whether a column has a value in a record; where it has none, something else stands in its place.
    ///
    /// # Panics
    ///
    /// If there is no such column or record.
    #[inline]
    pub fn is_valid(&self, column: usize, row: usize) -> bool {
        self.columns[column].valid().is_valid(row)
    }

    /// Returns how many records have no value in a column.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn null_count(&self, column: usize) -> usize {
        self.columns[column].valid().nulls()
    }

    /// Returns a bit for each record, 64 to a word from the lowest on, set where a column has a value; `None` if all
    /// have one. Bits behind the last record are set.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn validity(&self, column: usize) -> Option<&[u64]> {
        self.columns[column].valid().words()
    }

    /// Returns where a record is: its byte; line and record are counted when an error leaves the fold.
    ///
    /// # Panics
    ///
    /// If there are not so many records.
    pub fn place(&self, row: usize) -> Place {
        self.segment.place(self.block.base() + self.block.start_of(self.rows.get(row)))
    }

    /// Makes an error of the caller's own at a record.
    ///
    /// # Panics
    ///
    /// If there are not so many records.
    pub fn error(&self, row: usize, error: impl Into<Box<dyn Error + Send + Sync>>) -> CsvError {
        let mut error = CsvError::user(error);
        error.place_if_none(|| self.place(row));
        error
    }

    pub(crate) fn segment(&self) -> &Segment<'_> {
        self.segment
    }

    pub(crate) fn data(&self, column: usize) -> &Data {
        &self.columns[column]
    }

    /// Returns the block that the records are of.
    pub(crate) fn block(&self) -> &Block {
        self.block
    }

    /// Returns which rows of the block they are.
    pub(crate) fn rows(&self) -> &Rows {
        self.rows
    }

    /// Returns which values of a column are there.
    pub(crate) fn valid(&self, column: usize) -> &Valid {
        self.columns[column].valid()
    }
}
