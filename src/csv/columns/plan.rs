//! What is wanted of a file: which columns, as what, of which records.

#[cfg(feature = "dates")]
use super::dates::TimeFormat;
use super::filter::FilterSpec;
use super::policy::ColumnPolicy;
use crate::csv::column::{Column, ColumnRef};
use crate::csv::error::CsvError;
use crate::csv::file::CsvFile;
use crate::csv::input::Source;
use crate::csv::source::CsvStream;
#[cfg(feature = "dates")]
use std::sync::Arc;

/// A column as it was asked for.
#[derive(Clone, Debug)]
pub(crate) enum ColumnSpec {
    F64(ColumnPolicy<f64>),
    F32(ColumnPolicy<f32>),
    I64(ColumnPolicy<i64>),
    U64(ColumnPolicy<u64>),
    Bool(ColumnPolicy<bool>),
    Str(ColumnPolicy<String>),
    Bytes(ColumnPolicy<String>),
    #[cfg(feature = "dates")]
    Date(Arc<TimeFormat>, ColumnPolicy<i64>),
    #[cfg(feature = "dates")]
    Timestamp(Arc<TimeFormat>, ColumnPolicy<i64>),
}

/// Columns of a file, chosen and typed: what [`Pool::fold_batches`](crate::pool::Pool::fold_batches) and
/// [`Pool::collect_columns`](crate::pool::Pool::collect_columns) read. Made by [`CsvFile::columns`].
///
/// # Examples
///
/// See [`ColumnsBuilder`].
#[derive(Clone, Debug)]
pub struct Columns<'f> {
    pub(crate) source: Source<'f>,
    pub(crate) specs: Vec<(Column, ColumnSpec)>,
    pub(super) filters: Vec<FilterSpec>,
}

impl<'f> Columns<'f> {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.specs.len()
    }

    /// Returns whether there are none: batches then tell only how many records passed the filters.
    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }

    /// Returns the column of the file that was asked for under a number, from 0.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn column(&self, index: usize) -> Column {
        self.specs[index].0
    }

    /// Returns the name of a column by its number, or its index in the file where there is no header.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn name(&self, index: usize) -> String {
        let column = self.column(index);
        let name = self.source.layout().headers.get(column.index());
        name.cloned().unwrap_or_else(|| column.index().to_string())
    }
}

/// Chooses columns of a file, and the records that are read, from [`CsvFile::columns`].
///
/// Columns are named by header or by index, and numbered in the order in which they are asked for. A filter decides on
/// the fields of its column alone; only what is asked for of the records that pass all filters is parsed, and an error
/// in a record that does not pass is never seen.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("trades.csv");
/// # std::fs::write(&path, "symbol,price,qty\nABC,12.5,3\n\"X,Y\",8,1\nABC,9.5,2\n")?;
/// use ringmill::Pool;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::open(&path)?;
/// let columns = file
///     .columns()
///     .f64("price")
///     .i64("qty")
///     .str("symbol")
///     .filter_bytes("symbol", |symbol| symbol == b"ABC")
///     .filter_f64("price", |price| price > 10.0)
///     .build()?;
/// let paid = Pool::new()?.fold_batches(
///     &columns,
///     || 0.0,
///     |paid, batch| {
///         for ((price, qty), symbol) in batch.f64(0).iter().zip(batch.i64(1)).zip(batch.str(2).iter()) {
///             assert_eq!(symbol, "ABC");
///             *paid += price * *qty as f64;
///         }
///         Ok(())
///     },
///     |a, b| a + b,
/// )?;
/// assert_eq!(paid, 37.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "columns are chosen by `build`"]
pub struct ColumnsBuilder<'f> {
    pub(super) columns: Columns<'f>,
    /// The first name that is none.
    failed: Option<CsvError>,
}

impl CsvFile {
    /// Chooses columns to be read as values of a type, many records at a time.
    ///
    /// # Examples
    ///
    /// See [`ColumnsBuilder`].
    pub fn columns(&self) -> ColumnsBuilder<'_> {
        ColumnsBuilder::new(Source::File(self))
    }
}

impl CsvStream {
    /// Chooses columns, as [`CsvFile::columns`] does, to be read once, in batches or whole.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let stream = CsvFile::options().open_reader("standard input", &b"from,fare\nA,12.5\nB,7.5\n"[..])?;
    /// let columns = stream.columns().f64("fare").build()?;
    /// let add = |sum: &mut f64, batch: &ringmill::csv::Batch<'_>| Ok(*sum += batch.f64(0).iter().sum::<f64>());
    /// assert_eq!(Pool::new()?.fold_batches(&columns, || 0.0, add, |a, b| a + b)?, 20.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn columns(&self) -> ColumnsBuilder<'_> {
        ColumnsBuilder::new(Source::Stream(self))
    }
}

macro_rules! kinds {
    ($($plain:ident $with:ident $kind:ident $value:ty, $what:literal;)*) => {$(
        #[doc = concat!("Asks for a column of ", $what, ". Every field must hold one.")]
        ///
        /// # Examples
        ///
        /// See [`ColumnsBuilder`].
        pub fn $plain<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
            self.$with(column, ColumnPolicy::fail())
        }

        #[doc = concat!("Asks for a column of ", $what, ", and says what to do with fields that hold none.")]
        ///
        /// # Examples
        ///
        /// See [`ColumnPolicy`].
        pub fn $with<'n>(self, column: impl Into<ColumnRef<'n>>, policy: ColumnPolicy<$value>) -> Self {
            self.add(column.into(), ColumnSpec::$kind(policy))
        }
    )*};
}

impl<'f> ColumnsBuilder<'f> {
    kinds! {
        f64 f64_with F64 f64, "numbers (`f64`)";
        f32 f32_with F32 f32, "numbers (`f32`), each rounded once";
        i64 i64_with I64 i64, "whole numbers (`i64`)";
        u64 u64_with U64 u64, "whole numbers (`u64`)";
        bool bool_with Bool bool, "`true` and `false` in any case, `1` and `0`";
        str str_with Str String, "text (UTF-8)";
        bytes bytes_with Bytes String, "bytes, whatever they are";
    }

    /// Looks up all names.
    ///
    /// # Errors
    ///
    /// If no column has a name that was asked for, or more than one has, or if there is no column of an index; the
    /// message lists names that may have been meant.
    pub fn build(self) -> Result<Columns<'f>, CsvError> {
        match self.failed {
            None => Ok(self.columns),
            Some(error) => Err(error),
        }
    }

    fn new(source: Source<'f>) -> Self {
        Self { columns: Columns { source, specs: Vec::new(), filters: Vec::new() }, failed: None }
    }

    pub(super) fn add(mut self, column: ColumnRef<'_>, spec: ColumnSpec) -> Self {
        if let Some(column) = self.find(column) {
            self.columns.specs.push((column, spec));
        }
        self
    }

    /// Takes note of what else may have gone wrong.
    #[cfg(feature = "dates")]
    pub(super) fn also(mut self, checked: Result<(), CsvError>) -> Self {
        if let (None, Err(error)) = (&self.failed, checked) {
            self.failed = Some(error);
        }
        self
    }

    pub(super) fn find(&mut self, column: ColumnRef<'_>) -> Option<Column> {
        match self.columns.source.layout().find(&column) {
            Ok(column) => Some(column),
            Err(error) => {
                self.failed.get_or_insert(error.into());
                None
            }
        }
    }
}
