//! What can go wrong with a CSV file, and where.
//!
//! An error is one word and a box, so that the happy path of a fold carries nothing for it. Inside a chunk nobody
//! knows how many records came before; the numbers a reader of the message wants are counted once, on the way out.

use super::column::ColumnError;
use super::dialect::DialectError;
use super::group::GroupError;
use super::header::HeaderError;
use super::place::Place;
use super::source::StreamError;
use crate::array::ArrayError;
use crate::memory::RegionError;
use crate::pool::LoopError;
use std::error::Error;
use std::fmt;

/// Reports what went wrong with a CSV file.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("trips.csv");
/// # std::fs::write(&path, "fare\n12.5\nn/a\n")?;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::open(&path)?;
/// let fare = file.column("fare")?;
/// let mut records = file.records();
/// assert_eq!(records.next_record()?.unwrap().f64(fare)?, 12.5);
/// let error = records.next_record()?.unwrap().f64(fare).unwrap_err();
/// assert!(error.to_string().ends_with(r#"column "fare": expected a number (f64), found "n/a""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum CsvError {
    /// The file cannot be opened or mapped, or it was cut short while it was read.
    Region(Box<RegionError>),
    /// A stream cannot be read, or not to its end.
    Stream(Box<StreamError>),
    /// The dialect gives one byte two meanings.
    Dialect(Box<DialectError>),
    /// No column, or more than one, has the name that was asked for.
    Column(Box<ColumnError>),
    /// A group-by cannot be made, or it outgrew its bound.
    Group(Box<GroupError>),
    /// No file was named to [`CsvOptions::open_all`](super::CsvOptions::open_all).
    NoFile,
    /// Two files that are to be read as one have different headers.
    Header(Box<HeaderError>),
    /// A record is not what it should be.
    Record(Box<RecordError>),
    /// The caller's own error, from inside a fold; see [`CsvError::user`].
    User(Box<UserError>),
    /// The scan was cancelled through its [`ScanWatch`](super::ScanWatch).
    Cancelled,
    /// There is no memory for the arrays that columns were to be collected in.
    Array(Box<ArrayError>),
    /// The pool could not run the scan.
    Loop(Box<LoopError>),
}

impl CsvError {
    /// Wraps a caller's own error, so that a fold can return it.
    ///
    /// The fold adds the place of the record at which it was returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::csv::CsvError;
    ///
    /// let error = CsvError::user("a fare below zero");
    /// assert_eq!(error.to_string(), "a fare below zero");
    /// ```
    pub fn user(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::User(Box::new(UserError { error: error.into(), place: None }))
    }

    /// Returns where in the file the error is, if it is at one place.
    ///
    /// # Examples
    ///
    /// See [`Place`].
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Record(error) => Some(&error.place),
            Self::User(error) => error.place.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn record(place: Place, problem: RecordProblem) -> Self {
        Self::Record(Box::new(RecordError { place, problem }))
    }

    pub(crate) fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Self::Record(error) => Some(&mut error.place),
            Self::User(error) => error.place.as_mut(),
            _ => None,
        }
    }

    /// Gives a caller's own error the place of the record at which it was returned.
    pub(crate) fn place_if_none(&mut self, here: impl FnOnce() -> Place) {
        if let Self::User(error) = self {
            error.place.get_or_insert_with(here);
        }
    }
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(error) => error.fmt(f),
            Self::Stream(error) => error.fmt(f),
            Self::Dialect(error) => error.fmt(f),
            Self::Column(error) => error.fmt(f),
            Self::Group(error) => error.fmt(f),
            Self::NoFile => f.write_str("no file was named"),
            Self::Header(error) => error.fmt(f),
            Self::Record(error) => error.fmt(f),
            Self::User(error) => error.fmt(f),
            Self::Cancelled => f.write_str("the scan was cancelled"),
            Self::Array(error) => error.fmt(f),
            Self::Loop(error) => error.fmt(f),
        }
    }
}

impl Error for CsvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message is the inner error's own, so its source is this one's.
        match self {
            Self::Region(error) => error.source(),
            Self::Stream(error) => error.source(),
            Self::User(error) => Some(error.get_ref()),
            Self::Array(error) => error.source(),
            Self::Loop(error) => error.source(),
            _ => None,
        }
    }
}

impl From<RegionError> for CsvError {
    fn from(error: RegionError) -> Self {
        Self::Region(Box::new(error))
    }
}

impl From<StreamError> for CsvError {
    fn from(error: StreamError) -> Self {
        Self::Stream(Box::new(error))
    }
}

impl From<LoopError> for CsvError {
    fn from(error: LoopError) -> Self {
        Self::Loop(Box::new(error))
    }
}

impl From<ArrayError> for CsvError {
    fn from(error: ArrayError) -> Self {
        Self::Array(Box::new(error))
    }
}

impl From<DialectError> for CsvError {
    fn from(error: DialectError) -> Self {
        Self::Dialect(Box::new(error))
    }
}

impl From<GroupError> for CsvError {
    fn from(error: GroupError) -> Self {
        Self::Group(Box::new(error))
    }
}

impl From<HeaderError> for CsvError {
    fn from(error: HeaderError) -> Self {
        Self::Header(Box::new(error))
    }
}

impl From<ColumnError> for CsvError {
    fn from(error: ColumnError) -> Self {
        Self::Column(Box::new(error))
    }
}

/// Reports a record that is not what it should be, and where it is.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1\n")?;
/// use ringmill::csv::{CsvError, CsvFile, RecordProblem};
///
/// let Err(CsvError::Record(error)) = CsvFile::open(&path)?.records().next_record() else { panic!() };
/// assert!(matches!(error.problem(), RecordProblem::Ragged { expected: 2, len: 1 }));
/// assert_eq!(error.place().line(), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RecordError {
    place: Place,
    problem: RecordProblem,
}

impl RecordError {
    /// Returns where in the file it is.
    ///
    /// # Examples
    ///
    /// See [`RecordError`].
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns what is wrong.
    ///
    /// # Examples
    ///
    /// See [`RecordError`].
    pub fn problem(&self) -> &RecordProblem {
        &self.problem
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        match &self.problem {
            RecordProblem::Value { column, expected, found } => {
                write!(f, ", column {column}: expected {expected}, found {found}")
            }
            RecordProblem::Missing { column, len } => {
                write!(f, ", column {column}: the record has only {len} field{}", plural(*len))
            }
            RecordProblem::Ragged { expected, len } => {
                write!(f, ": expected {expected} field{}, found {len}", plural(*expected))
            }
            RecordProblem::NoEnd { limit } => {
                write!(
                    f,
                    ": the record that starts here has more than {limit} bytes; is a quote never closed?"
                )
            }
            RecordProblem::UnclosedQuote => f.write_str(": the quote that opens here is never closed"),
            RecordProblem::TooLong => f.write_str(": the record is longer than 4 GiB"),
        }
    }
}

impl Error for RecordError {}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// What is wrong with a record; see [`RecordError`] for an example.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordProblem {
    /// A field does not hold what was asked for.
    Value {
        /// The column: its name in quotes, or its index where the file has no header.
        column: String,
        /// What was asked for.
        expected: &'static str,
        /// The beginning of what the field holds.
        found: String,
    },
    /// A record has no such field; only flexible files have such records.
    Missing {
        /// The column: its name in quotes, or its index where the file has no header.
        column: String,
        /// How many fields the record has.
        len: usize,
    },
    /// A record has more or fewer fields than the first one.
    Ragged {
        /// How many fields the first record of the file has, the header if there is one.
        expected: usize,
        /// How many this one has.
        len: usize,
    },
    /// A quote is still open at the end of the file.
    UnclosedQuote,
    /// A record is longer than 4 GiB, which only [`Pool::fold_records`](crate::pool::Pool::fold_records) and
    /// [`CsvFile::records`](super::CsvFile::records) read.
    TooLong,
    /// A record of a stream has not ended where [it should have](super::CsvOptions::longest_record); most often a quote is
    /// never closed.
    NoEnd {
        /// The most bytes that it may have.
        limit: usize,
    },
}

/// Carries a caller's own error out of a fold, with the record at which it was returned.
///
/// # Examples
///
/// ```
/// use ringmill::csv::CsvError;
///
/// let CsvError::User(error) = CsvError::user("too far") else { panic!() };
/// assert_eq!(error.get_ref().to_string(), "too far");
/// assert_eq!(error.into_inner().to_string(), "too far");
/// ```
#[derive(Debug)]
pub struct UserError {
    error: Box<dyn Error + Send + Sync>,
    place: Option<Place>,
}

impl UserError {
    /// Returns the caller's error.
    ///
    /// # Examples
    ///
    /// See [`UserError`].
    pub fn get_ref(&self) -> &(dyn Error + 'static) {
        &*self.error
    }

    /// Gives the caller's error back.
    ///
    /// # Examples
    ///
    /// See [`UserError`].
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.error
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}
