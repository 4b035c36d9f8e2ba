//! Some thousand records, column by column.

#[cfg(feature = "dates")]
use super::dates::{Dates, Timestamps};
use super::filter::{Filter, Room};
use super::parser::{Booleans, Numbers};
use super::plan::{ColumnSpec, Columns};
use super::report::{ColumnReport, ColumnsReport};
use super::rows::{Rows, Skips};
use super::text::{Bytes, TextColumn, Texts};
use super::valid::Valid;
use super::values::{Failure, ValueColumn};
use crate::csv::block::Block;
use crate::csv::blocks::{Blocks, BlocksMemory};
use crate::csv::column::Column;
use crate::csv::error::CsvError;
use crate::csv::place::Place;
use crate::csv::segment::Segment;
use std::error::Error;

/// One column of a batch.
#[derive(Debug)]
pub(crate) enum Data {
    F64(ValueColumn<Numbers<f64>>),
    F32(ValueColumn<Numbers<f32>>),
    I64(ValueColumn<Numbers<i64>>),
    U64(ValueColumn<Numbers<u64>>),
    Bool(ValueColumn<Booleans>),
    Text(TextColumn),
    #[cfg(feature = "dates")]
    Date(ValueColumn<Dates>),
    #[cfg(feature = "dates")]
    Timestamp(ValueColumn<Timestamps>),
}

/// Does the same with a column of any kind.
macro_rules! each_kind {
    ($data:expr, $column:ident => $work:expr) => {
        match $data {
            Data::F64($column) => $work,
            Data::F32($column) => $work,
            Data::I64($column) => $work,
            Data::U64($column) => $work,
            Data::Bool($column) => $work,
            Data::Text($column) => $work,
            #[cfg(feature = "dates")]
            Data::Date($column) => $work,
            #[cfg(feature = "dates")]
            Data::Timestamp($column) => $work,
        }
    };
}

impl Data {
    fn new((column, spec): &(Column, ColumnSpec)) -> Self {
        let column = *column;
        match spec {
            ColumnSpec::F64(policy) => Self::F64(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::F32(policy) => Self::F32(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::I64(policy) => Self::I64(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::U64(policy) => Self::U64(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::Bool(policy) => Self::Bool(ValueColumn::new(Booleans, column, *policy)),
            ColumnSpec::Str(policy) => Self::Text(TextColumn::new(column, policy.clone(), true)),
            ColumnSpec::Bytes(policy) => Self::Text(TextColumn::new(column, policy.clone(), false)),
            #[cfg(feature = "dates")]
            ColumnSpec::Date(format, policy) => {
                Self::Date(ValueColumn::new(Dates(format.clone()), column, *policy))
            }
            #[cfg(feature = "dates")]
            ColumnSpec::Timestamp(format, policy) => {
                Self::Timestamp(ValueColumn::new(Timestamps(format.clone()), column, *policy))
            }
        }
    }

    fn read(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        skips: &mut Skips,
    ) -> Result<(), Failure> {
        each_kind!(self, column => column.read(segment, block, rows, skips))
    }

    fn truncate(&mut self, rows: usize) {
        each_kind!(self, column => column.truncate(rows));
    }

    fn retain(&mut self, keep: &[bool]) {
        each_kind!(self, column => column.retain(keep));
    }

    pub(crate) fn valid(&self) -> &Valid {
        each_kind!(self, column => column.valid())
    }

    fn report(&mut self) -> &mut ColumnReport {
        each_kind!(self, column => &mut column.report)
    }

    /// Returns what the column was asked for as.
    fn kind(&self) -> &'static str {
        match self {
            Self::F64(_) => "f64",
            Self::F32(_) => "f32",
            Self::I64(_) => "i64",
            Self::U64(_) => "u64",
            Self::Bool(_) => "bool",
            Self::Text(column) if column.is_text() => "str",
            Self::Text(_) => "bytes",
            #[cfg(feature = "dates")]
            Self::Date(_) => "date",
            #[cfg(feature = "dates")]
            Self::Timestamp(_) => "timestamp",
        }
    }
}

/// Reads segments batch by batch, with the same memory for all.
#[derive(Debug)]
pub(crate) struct BatchReader {
    memory: Option<BlocksMemory>,
    work: Work,
}

/// What a block is turned into a batch with.
struct Work {
    filters: Vec<Filter>,
    columns: Vec<Data>,
    rows: Rows,
    skips: Skips,
    room: Room,
    report: ColumnsReport,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work")
            .field("columns", &self.columns)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl BatchReader {
    pub(crate) fn new(columns: &Columns<'_>) -> Self {
        let filters = columns.filters.iter().map(Filter::new).collect();
        let report = ColumnsReport::new(columns.len());
        let columns = columns.specs.iter().map(Data::new).collect();
        let (rows, skips, room) = Default::default();
        Self { memory: None, work: Work { filters, columns, rows, skips, room, report } }
    }

    /// Reads the records of a segment and gives each batch to `take`, with what was found in it.
    ///
    /// # Errors
    ///
    /// The first in the order of the file, of those that records have and those of `take`.
    pub(crate) fn read(
        &mut self,
        segment: &Segment<'_>,
        mut take: impl FnMut(&Batch<'_>) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        let memory = self.memory.take().unwrap_or_else(BlocksMemory::new);
        let mut blocks = Blocks::with_memory(segment, memory);
        while let Some(block) = blocks.next()? {
            let read = self.work.read(segment, block);
            let batch = Batch { segment, block, rows: &self.work.rows, columns: &self.work.columns };
            if !batch.is_empty() {
                take(&batch).map_err(|mut error| {
                    error.place_if_none(|| batch.place(0));
                    error
                })?;
            }
            read?;
        }
        self.memory = Some(blocks.into_memory());
        Ok(())
    }

    /// Returns what was found since the last call.
    pub(crate) fn take_report(&mut self) -> ColumnsReport {
        let Work { columns, report, .. } = &mut self.work;
        let next = ColumnsReport::new(columns.len());
        let mut report = std::mem::replace(report, next);
        for (column, data) in report.columns.iter_mut().zip(columns) {
            *column = std::mem::take(data.report());
        }
        report
    }
}

impl Work {
    /// Reads a block; what there is of it then ends before the record that the error is about.
    fn read(&mut self, segment: &Segment<'_>, block: &Block) -> Result<(), CsvError> {
        let Self { filters, columns, rows, skips, room, report } = self;
        rows.take_first(block.rows());
        report.records += block.rows() as u64;
        let mut failed = None;
        for filter in filters {
            // A later failure is one of an earlier record.
            if let Err(failure) = filter.apply(segment, block, rows, room) {
                failed = Some(failure.error);
            }
        }
        report.selected += rows.len() as u64;
        skips.clear(rows.len());
        for column in &mut *columns {
            if let Err(Failure { index, error }) = column.read(segment, block, rows, skips) {
                rows.truncate(index);
                failed = Some(error);
            }
        }
        let len = rows.len();
        if failed.is_some() {
            columns.iter_mut().for_each(|column| column.truncate(len));
        }
        if let Some(keep) = skips.keep() {
            let keep = &keep[..len];
            columns.iter_mut().for_each(|column| column.retain(keep));
            rows.retain(keep);
            report.skipped += (len - rows.len()) as u64;
        }
        failed.map_or(Ok(()), Err)
    }
}

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
    segment: &'b Segment<'b>,
    block: &'b Block,
    rows: &'b Rows,
    columns: &'b [Data],
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
