//! Filters: which records go on, decided before anything else of them is parsed.
//!
//! A filter reads the one column that it asks about, of the records that have passed those before it. It is asked for
//! once and made for each thread, because a column that is read has memory of its own.

use super::parser::{Booleans, Numbers, Parser};
use super::plan::{Columns, ColumnsBuilder};
use super::policy::ColumnPolicy;
use super::rows::{Rows, Skips};
use super::text::TextColumn;
use super::valid::Valid;
use super::values::{Failure, ValueColumn};
use crate::csv::block::Block;
use crate::csv::column::{Column, ColumnRef};
use crate::csv::segment::Segment;
use std::fmt;
use std::sync::Arc;

/// A filter as it was asked for.
#[derive(Clone)]
pub(super) struct FilterSpec {
    column: Column,
    kind: &'static str,
    make: Arc<dyn Fn() -> Box<dyn Sieve> + Send + Sync>,
}

impl fmt::Debug for FilterSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FilterSpec").field(&self.kind).field(&self.column).finish()
    }
}

/// What says of each of some rows whether its record goes on.
trait Sieve: Send {
    /// Clears the marks in `room` of the rows that do not pass.
    fn sift(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        room: &mut Room,
    ) -> Result<(), Failure>;
}

/// A filter at work on the blocks of one thread.
pub(super) struct Filter(Box<dyn Sieve>);

impl Filter {
    pub(super) fn new(spec: &FilterSpec) -> Self {
        Self((spec.make)())
    }

    /// Keeps the rows that pass. A null does not; a record that the policy leaves out does not either.
    ///
    /// # Errors
    ///
    /// The first field that the policy does not take, by its index among the rows before it that have passed.
    pub(super) fn apply(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &mut Rows,
        room: &mut Room,
    ) -> Result<(), Failure> {
        room.skips.clear(rows.len());
        room.keep.clear();
        room.keep.resize(rows.len(), true);
        let failed = self.0.sift(segment, block, rows, room);
        if let Some(skips) = room.skips.keep() {
            room.keep.iter_mut().zip(skips).for_each(|(keep, skip)| *keep &= skip);
        }
        let read = failed.as_ref().map_or_else(|failure| failure.index, |()| rows.len());
        rows.truncate(read);
        rows.retain(&room.keep[..read]);
        failed.map_err(|failure| Failure { index: rows.len(), ..failure })
    }
}

/// Memory that filters use in turn.
#[derive(Debug, Default)]
pub(super) struct Room {
    keep: Vec<bool>,
    skips: Skips,
}

impl Room {
    /// Returns the marks of the rows that were read: what is behind a failure was not read to the end.
    fn read(&mut self, failed: &Result<(), Failure>) -> &mut [bool] {
        let read = failed.as_ref().map_or_else(|failure| failure.index, |()| self.keep.len());
        &mut self.keep[..read]
    }

    fn leave_out_nulls(&mut self, valid: &Valid) {
        if valid.nulls() > 0 {
            self.keep.iter_mut().enumerate().for_each(|(row, keep)| *keep &= valid.is_valid(row));
        }
    }
}

/// A filter by values of a type.
struct ByValue<P: Parser, F> {
    column: ValueColumn<P>,
    passes: F,
}

impl<P: Parser + Send, F: Fn(P::Value) -> bool + Send> Sieve for ByValue<P, F> {
    fn sift(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        room: &mut Room,
    ) -> Result<(), Failure> {
        let failed = self.column.read(segment, block, rows, &mut room.skips);
        for (keep, value) in room.read(&failed).iter_mut().zip(self.column.values()) {
            *keep = (self.passes)(*value);
        }
        room.leave_out_nulls(self.column.valid());
        failed
    }
}

/// A filter by text or bytes.
struct ByBytes<F> {
    column: TextColumn,
    /// Whether a record without a value may pass.
    nulls: bool,
    passes: F,
}

impl<F: Fn(&[u8]) -> bool + Send> Sieve for ByBytes<F> {
    fn sift(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        room: &mut Room,
    ) -> Result<(), Failure> {
        let failed = self.column.read(segment, block, rows, &mut room.skips);
        let fields = self.column.values(segment.bytes);
        for (keep, field) in room.read(&failed).iter_mut().zip(fields.iter()) {
            *keep = (self.passes)(field);
        }
        if !self.nulls {
            room.leave_out_nulls(self.column.valid());
        }
        failed
    }
}

macro_rules! filters {
    ($($plain:ident $with:ident $parser:ty, $value:ty, $what:literal, $fields:literal, $test:literal;)*) => {$(
        #[doc = concat!("Lets records pass by ", $what, " in one of their fields. A field that holds none is an error.")]
        ///
        /// # Examples
        ///
        /// See [`ColumnsBuilder`].
        pub fn $plain<'n>(
            self,
            column: impl Into<ColumnRef<'n>>,
            passes: impl Fn($value) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.$with(column, ColumnPolicy::fail(), passes)
        }

        #[doc = concat!("Lets records pass by ", $what, " in one of their fields, and says what to do with fields that hold none; a")]
        /// record without a value does not pass, whatever `passes` says to what stands in its place.
        ///
        /// # Examples
        ///
        /// ```
        /// # let dir = tempfile::tempdir()?;
        /// # let path = dir.path().join("t.csv");
        #[doc = concat!("# std::fs::write(&path, \"a,n\\n", $fields, "\")?;")]
        /// use ringmill::Pool;
        /// use ringmill::csv::{ColumnPolicy, CsvFile};
        ///
        /// let file = CsvFile::open(&path)?;
        #[doc = concat!("let columns = file.columns().", stringify!($with), "(\"n\", ColumnPolicy::null(), ", $test, ").build()?;")]
        /// let passed = Pool::new()?.fold_batches(&columns, || 0, |n, batch| Ok(*n += batch.len()), |a, b| a + b)?;
        /// assert_eq!(passed, 1);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub fn $with<'n>(
            self,
            column: impl Into<ColumnRef<'n>>,
            policy: ColumnPolicy<$value>,
            passes: impl Fn($value) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.filter_values(column.into(), <$parser>::default(), policy, passes)
        }
    )*};
}

impl ColumnsBuilder<'_> {
    filters! {
        filter_f64 filter_f64_with Numbers<f64>, f64, "a number", "x,1\ny,\nz,3\n", "|n| n > 1.0";
        filter_f32 filter_f32_with Numbers<f32>, f32, "a number, rounded to `f32` once,", "x,1\ny,\nz,3\n", "|n| n > 1.0";
        filter_i64 filter_i64_with Numbers<i64>, i64, "a whole number", "x,-1\ny,\nz,3\n", "|n| n < 1";
        filter_u64 filter_u64_with Numbers<u64>, u64, "a whole number", "x,1\ny,\nz,3\n", "|n| n > 1";
        filter_bool filter_bool_with Booleans, bool, "`true` or `false`, `1` or `0`,", "x,true\ny,\nz,0\n", "|n| n";
    }

    /// Lets records pass by text in one of their fields, quotes taken off. A field that is no UTF-8, or missing, is an
    /// error.
    ///
    /// # Examples
    ///
    /// See [`filter_str_with`](Self::filter_str_with).
    pub fn filter_str<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        passes: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.filter_str_with(column, ColumnPolicy::fail(), passes)
    }

    /// Lets records pass by text in one of their fields, and says what to do with fields that hold none, or are empty; a
    /// record without a value does not pass, whatever `passes` says to what stands in its place.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "n,city\n1,Zürich\n2,Bern\n3,\n")?;
    /// use ringmill::Pool;
    /// use ringmill::csv::{ColumnPolicy, CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let short = |city: &str| city.chars().count() < 5;
    /// let columns = file.columns().i64("n").filter_str_with("city", ColumnPolicy::null(), short).build()?;
    /// assert_eq!(**Pool::new()?.collect_columns(&columns)?.i64("n"), [2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter_str_with<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        policy: ColumnPolicy<String>,
        passes: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        // A null, of which nothing is asked, is no text; all else has been looked at.
        let passes = move |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(&passes);
        self.filter_fields(column.into(), true, policy, false, passes)
    }

    /// Lets records pass by the bytes of one of their fields, quotes taken off; of a field that is missing, none.
    ///
    /// # Examples
    ///
    /// See [`ColumnsBuilder`].
    pub fn filter_bytes<'n>(
        self,
        column: impl Into<ColumnRef<'n>>,
        passes: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        // A field that is not there is as good as an empty one.
        self.filter_fields(column.into(), false, ColumnPolicy::null(), true, passes)
    }

    pub(super) fn filter_values<P: Parser + Clone + Send + Sync + 'static>(
        self,
        column: ColumnRef<'_>,
        parser: P,
        policy: ColumnPolicy<P::Value>,
        passes: impl Fn(P::Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        let passes = Arc::new(passes);
        self.filter(column, P::EXPECTED, move |column| {
            let passes = Arc::clone(&passes);
            let passes = move |value| passes(value);
            Box::new(ByValue { column: ValueColumn::new(parser.clone(), column, policy), passes })
        })
    }

    fn filter_fields(
        self,
        column: ColumnRef<'_>,
        text: bool,
        policy: ColumnPolicy<String>,
        nulls: bool,
        passes: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        let passes = Arc::new(passes);
        self.filter(column, if text { "text" } else { "bytes" }, move |column| {
            let passes = Arc::clone(&passes);
            let passes = move |field: &[u8]| passes(field);
            Box::new(ByBytes { column: TextColumn::new(column, policy.clone(), text), nulls, passes })
        })
    }

    fn filter(
        mut self,
        column: ColumnRef<'_>,
        kind: &'static str,
        make: impl Fn(Column) -> Box<dyn Sieve> + Send + Sync + 'static,
    ) -> Self {
        if let Some(column) = self.find(column) {
            let Columns { filters, .. } = &mut self.columns;
            filters.push(FilterSpec { column, kind, make: Arc::new(move || make(column)) });
        }
        self
    }
}
