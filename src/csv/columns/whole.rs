//! Whole columns of a file, in arrays.

use super::fill::{self, Filled, Out, TextPlace};
use super::gather::{Counted, Full};
use super::plan::{ColumnSpec, Columns};
use super::report::ColumnsReport;
use super::valid::Valid;
use crate::array::{ArrayError, SharedArray};
use crate::csv::column::ColumnRef;
use crate::csv::error::CsvError;
use crate::csv::file::CsvFile;
use crate::csv::input::Source;
use crate::memory::Element;
use crate::pool::Pool;
use std::fmt;

/// Whole columns of a file, from [`Pool::collect_columns`](crate::pool::Pool::collect_columns).
///
/// Columns are named as they are in the file, or by the number under which they were asked for.
///
/// # Examples
///
/// See [`Pool::collect_columns`](crate::pool::Pool::collect_columns).
#[derive(Debug)]
pub struct Collected<'f> {
    columns: Vec<(String, Whole<'f>, Valid)>,
    /// What each was asked for as.
    #[cfg(feature = "arrow")]
    specs: Vec<ColumnSpec>,
    rows: usize,
    report: ColumnsReport,
}

/// One whole column.
#[derive(Debug)]
pub(super) enum Whole<'f> {
    F64(SharedArray<f64>),
    F32(SharedArray<f32>),
    I64(SharedArray<i64>),
    U64(SharedArray<u64>),
    Bool(SharedArray<u8>),
    Text(TextArray<'f>),
}

impl Whole<'_> {
    /// Makes the column with room for so many values.
    fn with_room<'f>(source: Source<'f>, spec: &ColumnSpec, rows: usize) -> Result<Whole<'f>, ArrayError> {
        let shape = &[rows];
        Ok(match spec {
            ColumnSpec::F64(_) => Whole::F64(SharedArray::anonymous_to_fill(shape)?),
            ColumnSpec::F32(_) => Whole::F32(SharedArray::anonymous_to_fill(shape)?),
            ColumnSpec::I64(_) => Whole::I64(SharedArray::anonymous_to_fill(shape)?),
            #[cfg(feature = "dates")]
            ColumnSpec::Date(..) | ColumnSpec::Timestamp(..) => {
                Whole::I64(SharedArray::anonymous_to_fill(shape)?)
            }
            ColumnSpec::U64(_) => Whole::U64(SharedArray::anonymous_to_fill(shape)?),
            ColumnSpec::Bool(_) => Whole::Bool(SharedArray::anonymous_to_fill(shape)?),
            ColumnSpec::Str(_) | ColumnSpec::Bytes(_) => Whole::Text(TextArray {
                file: source.file(),
                places: SharedArray::anonymous_to_fill(shape)?,
                lens: SharedArray::anonymous_to_fill(shape)?,
                copies: Vec::new(),
            }),
        })
    }

    fn out(&mut self) -> Out<'_> {
        match self {
            Self::F64(array) => Out::F64(array.as_watched_mut()),
            Self::F32(array) => Out::F32(array.as_watched_mut()),
            Self::I64(array) => Out::I64(array.as_watched_mut()),
            Self::U64(array) => Out::U64(array.as_watched_mut()),
            Self::Bool(array) => Out::Bool(array.as_watched_mut()),
            Self::Text(text) => Out::Text(text.places.as_watched_mut(), text.lens.as_watched_mut()),
        }
    }

    fn close_gaps(self, counts: &[usize], filled: &[Filled]) -> Self {
        fn closed<T: Element>(
            mut array: SharedArray<T>,
            counts: &[usize],
            filled: &[Filled],
        ) -> SharedArray<T> {
            let rows = fill::close_gaps(&mut array, counts, filled);
            array.shortened(rows)
        }
        match self {
            Self::F64(array) => Self::F64(closed(array, counts, filled)),
            Self::F32(array) => Self::F32(closed(array, counts, filled)),
            Self::I64(array) => Self::I64(closed(array, counts, filled)),
            Self::U64(array) => Self::U64(closed(array, counts, filled)),
            Self::Bool(array) => Self::Bool(closed(array, counts, filled)),
            Self::Text(TextArray { file, places, lens, copies }) => {
                let (places, lens) = (closed(places, counts, filled), closed(lens, counts, filled));
                Self::Text(TextArray { file, places, lens, copies })
            }
        }
    }
}

impl Pool {
    /// Reads whole columns of a CSV file or stream into arrays, on all workers.
    ///
    /// The records of a file are counted first, and then parsed straight to where their values belong; text stays in the
    /// file. A stream is read once, in pieces that are then put together: that takes the memory of the columns twice for a
    /// moment, and text is copied.
    ///
    /// # Errors
    ///
    /// As [`fold_batches`](Self::fold_batches), and [`CsvError::Array`] if there is no memory for the arrays.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("trades.csv");
    /// # std::fs::write(&path, "symbol,price,qty\nABC,12.5,3\n\"X \"\"Y\"\"\",8,\n")?;
    /// use ringmill::Pool;
    /// use ringmill::csv::{ColumnPolicy, CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let columns = file.columns().f64("price").i64_with("qty", ColumnPolicy::null()).str("symbol").build()?;
    /// let mut columns = Pool::new()?.collect_columns(&columns)?;
    /// assert_eq!(columns.len(), 2);
    /// assert_eq!(**columns.f64("price"), [12.5, 8.0]);
    /// assert_eq!((columns.null_count("qty"), columns.is_valid("qty", 1)), (1, false));
    /// assert_eq!(columns.str("symbol").get(1), "X \"Y\"");
    /// assert_eq!(columns.report().column(1).empty(), 1);
    /// let prices = columns.take_f64("price"); // a SharedArray of the caller's own
    /// assert_eq!(prices.iter().sum::<f64>(), 20.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn collect_columns<'f>(&self, columns: &Columns<'f>) -> Result<Collected<'f>, CsvError> {
        let counted = Counted::new(self, columns)?;
        let rows = counted.rows();
        let room = |(_, spec): &(_, ColumnSpec)| Whole::with_room(columns.source, spec, rows);
        let mut wholes = columns.specs.iter().map(room).collect::<Result<Vec<_>, _>>()?;
        let outs = wholes.iter_mut().map(Whole::out).collect();
        let Full { counts, mut filled, report } = counted.fill(self, columns, outs)?;
        let kept = filled.iter().map(|filled| filled.rows).sum();
        let mut whole = |(index, mut whole): (usize, Whole<'f>)| {
            if let Whole::Text(text) = &mut whole {
                let copies = |filled: &mut Filled| filled.copies.get_mut(index).map(std::mem::take);
                text.copies = filled.iter_mut().map(|filled| copies(filled).unwrap_or_default()).collect();
            }
            let whole = if kept < rows { whole.close_gaps(&counts, &filled) } else { whole };
            (columns.name(index), whole, fill::join_valid(index, &filled))
        };
        let wholes = wholes.into_iter().enumerate().map(&mut whole).collect();
        Ok(Collected {
            columns: wholes,
            #[cfg(feature = "arrow")]
            specs: columns.specs.iter().map(|(_, spec)| spec.clone()).collect(),
            rows: kept,
            report,
        })
    }
}

macro_rules! arrays {
    ($($name:ident $take:ident $kind:ident $element:ty, $more:literal;)*) => {$(
        #[doc = concat!("Returns a column that was asked for as `", stringify!($name), "`, a value for each record", $more, ".")]
        ///
        /// # Panics
        ///
        /// If none was, of that name or number.
        pub fn $name<'n>(&self, column: impl Into<ColumnRef<'n>>) -> &SharedArray<$element> {
            let column = column.into();
            self.columns
                .iter()
                .enumerate()
                .find_map(|(index, (name, whole, _))| match whole {
                    Whole::$kind(array) if is(&column, index, name) => Some(array),
                    _ => None,
                })
                .unwrap_or_else(|| nowhere(&column, stringify!($name)))
        }

        #[doc = concat!("Gives up a column that was asked for as `", stringify!($name), "`, and leaves an empty one.")]
        ///
        /// # Panics
        ///
        /// If none was, of that name or number.
        pub fn $take<'n>(&mut self, column: impl Into<ColumnRef<'n>>) -> SharedArray<$element> {
            let column = column.into();
            self.columns
                .iter_mut()
                .enumerate()
                .find_map(|(index, (name, whole, _))| match whole {
                    Whole::$kind(array) if is(&column, index, name) => {
                        let empty = SharedArray::anonymous(&[0]).ok()?;
                        Some(std::mem::replace(array, empty))
                    }
                    _ => None,
                })
                .unwrap_or_else(|| nowhere(&column, stringify!($name)))
        }
    )*};
}

/// Returns whether a caller means a column.
fn is(wanted: &ColumnRef<'_>, index: usize, name: &str) -> bool {
    match wanted {
        ColumnRef::Name(wanted) => wanted == name,
        ColumnRef::Column(wanted) => wanted.index() == index,
    }
}

#[cold]
fn nowhere(column: &ColumnRef<'_>, kind: &str) -> ! {
    match column {
        ColumnRef::Name(name) => panic!("no column {name:?} was asked for as {kind}"),
        ColumnRef::Column(column) => panic!("column {} was not asked for as {kind}", column.index()),
    }
}

impl<'f> Collected<'f> {
    /// Returns how many records there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns what was found in the columns beside values.
    pub fn report(&self) -> &ColumnsReport {
        &self.report
    }

    /// Returns the names of the columns, in the order in which they were asked for.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|(name, ..)| &**name)
    }

    arrays! {
        f64 take_f64 F64 f64, "";
        f32 take_f32 F32 f32, "";
        i64 take_i64 I64 i64, ", or of dates or points in time";
        u64 take_u64 U64 u64, "";
        bool take_bool Bool u8, ": 1 for true, 0 for false";
    }

    /// Returns a column that was asked for as `str` or as `bytes`.
    ///
    /// # Panics
    ///
    /// If none was, of that name or number.
    pub fn str<'n>(&self, column: impl Into<ColumnRef<'n>>) -> &TextArray<'f> {
        let column = column.into();
        let mut columns = self.columns.iter().enumerate();
        let text = columns.find_map(|(index, (name, whole, _))| match whole {
            Whole::Text(text) if is(&column, index, name) => Some(text),
            _ => None,
        });
        text.unwrap_or_else(|| nowhere(&column, "str"))
    }

    /// Returns whether a column has a value in a record.
    ///
    /// # Panics
    ///
    /// If there is no such column or record.
    pub fn is_valid<'n>(&self, column: impl Into<ColumnRef<'n>>, row: usize) -> bool {
        assert!(row < self.rows, "record {row} of {}", self.rows);
        self.valid(&column.into()).is_valid(row)
    }

    /// Returns how many records have no value in a column.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn null_count<'n>(&self, column: impl Into<ColumnRef<'n>>) -> usize {
        self.valid(&column.into()).nulls()
    }

    /// Returns a bit for each record, 64 to a word from the lowest on, set where a column has a value; `None` if all
    /// have one.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn validity<'n>(&self, column: impl Into<ColumnRef<'n>>) -> Option<&[u64]> {
        self.valid(&column.into()).words()
    }

    fn valid(&self, column: &ColumnRef<'_>) -> &Valid {
        let mut columns = self.columns.iter().enumerate();
        let found = columns.find(|(index, (name, ..))| is(column, *index, name));
        found.map_or_else(|| nowhere(column, "anything"), |(_, (.., valid))| valid)
    }

    #[cfg(feature = "arrow")]
    pub(super) fn into_typed_columns(self) -> (Vec<(String, Whole<'f>, Valid)>, Vec<ColumnSpec>) {
        (self.columns, self.specs)
    }

    pub(super) fn into_columns(self) -> (Vec<(String, Whole<'f>, Valid)>, ColumnsReport) {
        (self.columns, self.report)
    }
}

/// The texts of a whole column: places in the file, and copies where quotes were doubled or escaped.
///
/// # Examples
///
/// See [`Pool::collect_columns`](crate::pool::Pool::collect_columns).
pub struct TextArray<'f> {
    /// Where what is not copied lies; a stream has none.
    file: Option<&'f CsvFile>,
    places: SharedArray<u64>,
    lens: SharedArray<u32>,
    /// For each segment, what it had to copy.
    copies: Vec<Vec<u8>>,
}

impl TextArray<'_> {
    /// Returns how many there are: one for each record.
    pub fn len(&self) -> usize {
        self.lens.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lens.is_empty()
    }

    /// Returns the bytes of a record's field, quotes taken off; of a null, none.
    ///
    /// # Panics
    ///
    /// If there are not so many records.
    pub fn bytes(&self, row: usize) -> &[u8] {
        let len = self.lens[row] as usize;
        match TextPlace::unpack(self.places[row]) {
            TextPlace::InFile { part, start } => {
                self.file.map_or(&[], |file| &file.part_bytes(part)[start..start + len])
            }
            TextPlace::Copied { segment, start } => &self.copies[segment][start..start + len],
        }
    }

    /// Returns a record's field, quotes taken off; of a null, and of bytes that are no text, the empty text.
    ///
    /// # Panics
    ///
    /// If there are not so many records.
    pub fn get(&self, row: usize) -> &str {
        std::str::from_utf8(self.bytes(row)).unwrap_or_default()
    }

    /// Returns all texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl fmt::Debug for TextArray<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextArray").field("len", &self.len()).finish_non_exhaustive()
    }
}
