//! What the columns of a file seem to hold, by a sample of its records. Nothing is guessed unseen: what was found is
//! reported, and a column of which the sample says nothing has no type until the caller gives it one.

use super::plan::{ColumnSpec, Columns, ColumnsBuilder};
use super::policy::{ColumnPolicy, Otherwise};
use crate::csv::column::{Column, ColumnRef};
use crate::csv::error::CsvError;
use crate::csv::file::CsvFile;
use crate::csv::layout::Layout;
use crate::csv::number;
use crate::csv::place::snippet;
use crate::csv::record::Record;
use std::fmt;

/// A type that the fields of a column can be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ColumnType {
    /// `true` or `false`, in words.
    Bool,
    /// A whole number that an `i64` holds.
    I64,
    /// A whole number that a `u64` holds.
    U64,
    /// A number.
    F64,
    /// A date in ISO 8601 (with the feature `dates`).
    Date,
    /// A point in time in ISO 8601 (with the feature `dates`).
    Timestamp,
    /// Text.
    Str,
}

impl ColumnType {
    /// What is tried, the narrowest first.
    const TRIED: [Self; 6] = [Self::Bool, Self::I64, Self::U64, Self::F64, Self::Date, Self::Timestamp];

    /// Returns whether a value is of the type. A number that would lose what it says is none: leading zeros, a plus, or
    /// more digits of a whole number than an `f64` tells apart.
    fn holds(self, value: &[u8]) -> bool {
        match self {
            Self::Bool => value.eq_ignore_ascii_case(b"true") || value.eq_ignore_ascii_case(b"false"),
            Self::I64 => is_plain(value) && number::i64(value).is_some(),
            Self::U64 => is_plain(value) && number::u64(value).is_some(),
            Self::F64 => {
                let is_whole = number::i64(value).is_some() || value.iter().all(u8::is_ascii_digit);
                let keeps =
                    !is_whole || number::i64(value).is_some_and(|whole| whole.unsigned_abs() <= 1 << 53);
                is_plain(value) && keeps && number::f64(value).is_some()
            }
            #[cfg(feature = "dates")]
            Self::Date => super::dates::is_iso_date(value),
            #[cfg(feature = "dates")]
            Self::Timestamp => super::dates::is_iso_timestamp(value),
            #[cfg(not(feature = "dates"))]
            Self::Date | Self::Timestamp => false,
            Self::Str => std::str::from_utf8(value).is_ok(),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F64 => "f64",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Str => "str",
        })
    }
}

/// Returns whether a number, if it is one, is written as a number would be: codes have leading zeros or a plus.
fn is_plain(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    !matches!(digits, [b'0', b'0'..=b'9', ..] | [b'+', ..])
}

/// What the columns of a file seem to hold, from [`CsvFile::infer`].
///
/// Shown as a line for each column, with what speaks against the next narrower type.
///
/// # Examples
///
/// See [`CsvFile::infer`].
#[derive(Clone, Debug)]
pub struct Inference {
    pub(super) records: u64,
    pub(super) whole: bool,
    columns: Vec<InferredColumn>,
}

/// What one column seems to hold.
///
/// # Examples
///
/// See [`CsvFile::infer`].
#[derive(Clone, Debug)]
pub struct InferredColumn {
    name: String,
    kind: Option<ColumnType>,
    values: u64,
    empty: u64,
    longest: usize,
    seen: [Seen; ColumnType::TRIED.len()],
}

/// How many values are of a type, and the first that is not: its record, from 1, and how it begins.
#[derive(Clone, Debug, Default)]
struct Seen {
    fit: u64,
    misfit: Option<(u64, String)>,
}

impl InferredColumn {
    fn look(&mut self, value: &[u8], record: u64) {
        if value.is_empty() {
            self.empty += 1;
            return;
        }
        self.values += 1;
        self.longest = self.longest.max(value.len());
        for (kind, seen) in ColumnType::TRIED.into_iter().zip(&mut self.seen) {
            if kind.holds(value) {
                seen.fit += 1;
            } else {
                seen.misfit.get_or_insert_with(|| (record, snippet(value)));
            }
        }
    }

    fn decide(&mut self) {
        let all = |(kind, seen): (ColumnType, &Seen)| (seen.fit == self.values).then_some(kind);
        let narrowest = ColumnType::TRIED.into_iter().zip(&self.seen).find_map(all);
        self.kind = (self.values > 0).then_some(narrowest.unwrap_or(ColumnType::Str));
    }

    /// Returns the column's name, or its index where there is no header.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type; `None` if the sample has no value of the column and none was set.
    pub fn kind(&self) -> Option<ColumnType> {
        self.kind
    }

    /// Returns how many records of the sample have a value there.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// Returns how many have none.
    pub fn empty(&self) -> u64 {
        self.empty
    }

    /// Returns the length of the longest value in bytes.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Returns how many values of the sample can be read as a type.
    pub fn fit(&self, kind: ColumnType) -> u64 {
        let place = ColumnType::TRIED.iter().position(|&tried| tried == kind);
        place.map_or(self.values, |place| self.seen[place].fit)
    }

    /// Returns the record, from 1, of the first value that cannot be read as a type, and how it begins.
    pub fn misfit(&self, kind: ColumnType) -> Option<(u64, &str)> {
        let place = ColumnType::TRIED.iter().position(|&tried| tried == kind)?;
        self.seen[place].misfit.as_ref().map(|(record, shown)| (*record, &**shown))
    }

    /// Returns the type that most values are of, of those that some are not.
    fn next_best(&self) -> Option<ColumnType> {
        let tried = ColumnType::TRIED.into_iter().rev();
        tried.filter(|&kind| (1..self.values).contains(&self.fit(kind))).max_by_key(|&kind| self.fit(kind))
    }
}

impl fmt::Display for InferredColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, values, empty, .. } = self;
        match self.kind {
            Some(kind) => write!(f, "{name:?}: {kind}, {values} values, {empty} empty")?,
            None => write!(f, "{name:?}: not known, {values} values, {empty} empty")?,
        }
        let best = self.next_best();
        let against = best.and_then(|kind| Some((kind, self.misfit(kind)?)));
        match against {
            Some((kind, (record, shown))) => write!(f, "; no {kind}: record {record} has {shown}"),
            None => Ok(()),
        }
    }
}

impl Inference {
    pub(super) fn new(layout: &Layout) -> Self {
        let mut inference = Self { records: 0, whole: false, columns: Vec::new() };
        inference.widen(layout, layout.headers.len());
        inference
    }

    /// Decides on all types.
    pub(super) fn decide(&mut self) {
        self.columns.iter_mut().for_each(InferredColumn::decide);
    }

    /// Makes room for columns that no record before had.
    fn widen(&mut self, layout: &Layout, columns: usize) {
        let column = |index: usize| InferredColumn {
            name: layout.headers.get(index).cloned().unwrap_or_else(|| index.to_string()),
            kind: None,
            values: 0,
            empty: 0,
            longest: 0,
            seen: Default::default(),
        };
        self.columns.extend((self.columns.len()..columns).map(column));
    }

    pub(super) fn look(&mut self, record: &Record<'_>) {
        self.records += 1;
        self.widen(record.layout, record.len());
        for (index, column) in self.columns.iter_mut().enumerate() {
            let value = record.get(index).map(|field| field.bytes());
            column.look(value.as_deref().unwrap_or_default(), self.records);
        }
    }

    /// Returns how many records were looked at.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Returns whether those were all there are.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Returns what was found in each column.
    pub fn columns(&self) -> &[InferredColumn] {
        &self.columns
    }

    /// Sets the type of a column, by its index, whatever was found.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn set(&mut self, column: usize, kind: ColumnType) {
        self.columns[column].kind = Some(kind);
    }

    /// Chooses all columns of a file, in order, as what they seem to hold. Fields that are empty are null where the sample
    /// has empty ones; a field that holds no value of its type, empty or not, is an error else.
    ///
    /// # Errors
    ///
    /// If a column has no type: the sample has no value of it, and none was set.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::infer`].
    pub fn columns_of<'f>(&self, file: &'f CsvFile) -> Result<Columns<'f>, CsvError> {
        self.choose(file)?.build()
    }

    /// The same, with filters and more columns to come.
    ///
    /// # Errors
    ///
    /// As [`columns_of`](Self::columns_of).
    ///
    /// # Examples
    ///
    /// See [`CsvFile::infer`].
    pub fn choose<'f>(&self, file: &'f CsvFile) -> Result<ColumnsBuilder<'f>, CsvError> {
        let mut columns = file.columns();
        for (index, column) in self.columns.iter().enumerate() {
            let Some(kind) = column.kind else {
                let name = file.layout().column_label(Column::from(index));
                let path = file.path().display();
                let records = column.empty;
                return Err(CsvError::user(format!(
                    "{path}: column {name}: all {records} records of the sample are empty there; set its type"
                )));
            };
            columns = columns.add(ColumnRef::from(index), spec(kind, column.empty > 0));
        }
        Ok(columns)
    }
}

/// Makes what is asked for of a type.
fn spec(kind: ColumnType, has_empty: bool) -> ColumnSpec {
    fn policy<T>(has_empty: bool) -> ColumnPolicy<T> {
        let policy = ColumnPolicy::fail();
        if has_empty { policy.empty(Otherwise::Null) } else { policy }
    }
    match kind {
        ColumnType::Bool => ColumnSpec::Bool(policy(has_empty)),
        ColumnType::I64 => ColumnSpec::I64(policy(has_empty)),
        ColumnType::U64 => ColumnSpec::U64(policy(has_empty)),
        ColumnType::F64 => ColumnSpec::F64(policy(has_empty)),
        #[cfg(feature = "dates")]
        ColumnType::Date => ColumnSpec::Date(Default::default(), policy(has_empty)),
        #[cfg(feature = "dates")]
        ColumnType::Timestamp => ColumnSpec::Timestamp(Default::default(), policy(has_empty)),
        _ => ColumnSpec::Str(policy(has_empty)),
    }
}

impl fmt::Display for Inference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = if self.whole { "all" } else { "the first" };
        write!(f, "{all} {} records", self.records)?;
        self.columns.iter().try_for_each(|column| write!(f, "\n{column}"))
    }
}
