//! One record: where it starts, where its fields end, and typed ways to read them.
//!
//! A record owns no text. It owns the list of field ends, which its reader fills anew for each record, so that a scan
//! allocates once and what a caller keeps are slices of the file.

use super::column::Column;
use super::error::{CsvError, RecordProblem};
use super::field::{Field, is_quoted, value};
use super::groups::words;
use super::layout::Layout;
use super::number;
use super::place::{Place, snippet};
use std::borrow::Cow;
use std::path::Path;

/// One record of a [`CsvFile`](super::CsvFile), lent for one call; its fields are slices of the file and outlive it.
///
/// Fields are named by [`Column`] or by index. Numbers are what `str::parse` takes: no spaces, no thousands
/// separators; an empty field is not a number. [`Record::get`] gives the field itself, for what may be missing.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "name,n,x,ok\n\"Ada\",7,0.5,true\n")?;
/// use ringmill::csv::CsvFile;
/// use std::borrow::Cow;
///
/// let file = CsvFile::open(&path)?;
/// let mut records = file.records();
/// let record = records.next_record()?.unwrap();
/// assert_eq!((record.len(), record.byte_offset()), (4, 12));
/// assert!(matches!(record.bytes(0)?, Cow::Borrowed(b"Ada"))); // a slice of the file
/// assert_eq!(record.str(0)?, "Ada");
/// assert_eq!((record.i64(1)?, record.u64(1)?), (7, 7));
/// assert_eq!((record.f64(2)?, record.f32(2)?), (0.5, 0.5));
/// assert!(record.bool(file.column("ok")?)?);
/// assert!(record.get(4).is_none() && record.f64(4).is_err());
/// assert_eq!(record.fields().filter(|field| field.is_quoted()).count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Record<'f> {
    pub(super) layout: &'f Layout,
    pub(super) bytes: &'f [u8],
    pub(super) quote: Option<u8>,
    /// The part that the record is of, and where `bytes[0]` lies in it.
    pub(super) part: usize,
    pub(super) base: u64,
    /// Position of the first byte.
    pub(super) start: usize,
    /// Field ends; those of this record are `ends[first..first + len]`.
    pub(super) ends: Vec<usize>,
    pub(super) first: usize,
    pub(super) len: usize,
}

impl<'f> Record<'f> {
    /// Returns how many fields there are: at least one.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[expect(clippy::len_without_is_empty, reason = "a record has at least one field")]
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns the path of the file that the record is in.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "n\n1\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// let file = CsvFile::open(&path)?;
    /// assert_eq!(file.records().next_record()?.unwrap().path(), path);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(&self) -> &'f Path {
        self.layout.path(self.part)
    }

    /// Returns the offset in its file of the record's first byte.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn byte_offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Returns a field, or `None` if the record has no such field.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn get(&self, column: impl Into<Column>) -> Option<Field<'f>> {
        let (start, end) = self.span(column.into())?;
        Some(Field::new(&self.bytes[start..end], &self.layout.dialect))
    }

    /// Returns the record as it stands in the file, quotes included and without its line end.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "say,n\n\"a,b\",7\r\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// let file = CsvFile::open(&path)?;
    /// assert_eq!(file.records().next_record()?.unwrap().raw(), br#""a,b",7"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn raw(&self) -> &'f [u8] {
        &self.bytes[self.start..self.ends[self.first + self.len - 1]]
    }

    /// Returns all fields in order.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'f>> + '_ {
        let mut start = self.start;
        self.ends[self.first..self.first + self.len].iter().map(move |&end| {
            let raw = &self.bytes[start..end];
            start = end + 1;
            Field::new(raw, &self.layout.dialect)
        })
    }

    /// Returns a field's value: borrowed from the file unless a quote was doubled, escaped or followed by text.
    ///
    /// # Errors
    ///
    /// If the record has no such field.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn bytes(&self, column: impl Into<Column>) -> Result<Cow<'f, [u8]>, CsvError> {
        Ok(value(self.raw_field(column.into())?, &self.layout.dialect))
    }

    /// Returns a field's value as text.
    ///
    /// # Errors
    ///
    /// If the record has no such field or it is not UTF-8; [`Record::bytes`] still gives its bytes.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn str(&self, column: impl Into<Column>) -> Result<Cow<'f, str>, CsvError> {
        let column = column.into();
        let raw = self.raw_field(column)?;
        match Field::new(raw, &self.layout.dialect).str() {
            Ok(text) => Ok(text),
            Err(_) => Err(self.unexpected(column, raw, "text (UTF-8)")),
        }
    }

    /// Returns a field as an `f64`, correctly rounded.
    ///
    /// # Errors
    ///
    /// If the record has no such field or `str::parse` would not take it.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn f64(&self, column: impl Into<Column>) -> Result<f64, CsvError> {
        let column = column.into();
        if let Some(number) = self.short(column, number::short_f64) {
            return Ok(number);
        }
        self.parse(column, "a number (f64)", number::f64)
    }

    /// Returns a field as an `f64`, correctly rounded, or `None` where there is nothing: the field is empty, in quotes or
    /// not, or the record of a flexible file is too short to have it.
    ///
    /// # Errors
    ///
    /// If there is something, and `str::parse` would not take it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "name,n\na,1.5\nb,\nc,?\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// let file = CsvFile::open(&path)?;
    /// let n = file.column("n")?;
    /// let mut records = file.records();
    /// assert_eq!(records.next_record()?.unwrap().some_f64(n)?, Some(1.5));
    /// assert_eq!(records.next_record()?.unwrap().some_f64(n)?, None);
    /// assert!(records.next_record()?.unwrap().some_f64(n).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn some_f64(&self, column: impl Into<Column>) -> Result<Option<f64>, CsvError> {
        let column = column.into();
        if let Some(number) = self.short(column, number::short_f64) {
            return Ok(Some(number));
        }
        match self.get(column) {
            Some(field) if !field.bytes().is_empty() => {
                self.parse(column, "a number (f64)", number::f64).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns a field as an `f32`, correctly rounded.
    ///
    /// # Errors
    ///
    /// If the record has no such field or `str::parse` would not take it.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    pub fn f32(&self, column: impl Into<Column>) -> Result<f32, CsvError> {
        self.parse(column.into(), "a number (f32)", number::f32)
    }

    /// Returns a field as an `i64`.
    ///
    /// # Errors
    ///
    /// If the record has no such field or `str::parse` would not take it.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn i64(&self, column: impl Into<Column>) -> Result<i64, CsvError> {
        let column = column.into();
        if let Some(number) = self.short(column, number::short_i64) {
            return Ok(number);
        }
        self.parse(column, "a whole number (i64)", number::i64)
    }

    /// Returns a field as a `u64`.
    ///
    /// # Errors
    ///
    /// If the record has no such field or `str::parse` would not take it.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    #[inline]
    pub fn u64(&self, column: impl Into<Column>) -> Result<u64, CsvError> {
        let column = column.into();
        if let Some(number) = self.short(column, number::short_u64) {
            return Ok(number);
        }
        self.parse(column, "a whole number (u64)", number::u64)
    }

    /// Returns a field as a `bool`: `true` or `false` in any case, `1` or `0`.
    ///
    /// # Errors
    ///
    /// If the record has no such field or it holds anything else.
    ///
    /// # Examples
    ///
    /// See [`Record`].
    pub fn bool(&self, column: impl Into<Column>) -> Result<bool, CsvError> {
        self.parse(column.into(), "true or false", number::bool)
    }

    /// Returns the place of `bytes[at]`.
    pub(super) fn place(&self, at: usize) -> Place {
        self.layout.place(self.part, self.base + at as u64)
    }

    /// Returns where a field starts and ends.
    #[inline]
    fn span(&self, column: Column) -> Option<(usize, usize)> {
        let index = column.index();
        if index >= self.len {
            return None;
        }
        let end = self.ends[self.first + index];
        let start = match index {
            0 => self.start,
            _ => self.ends[self.first + index - 1] + 1,
        };
        Some((start, end))
    }

    #[inline]
    fn raw_field(&self, column: Column) -> Result<&'f [u8], CsvError> {
        match self.span(column) {
            Some((start, end)) => Ok(&self.bytes[start..end]),
            None => Err(self.missing(column)),
        }
    }

    /// Reads a short unquoted number from the eight bytes that lie where the field does, if the file has as many.
    #[inline]
    fn short<T>(&self, column: Column, read: impl Fn(u64, usize) -> Option<T>) -> Option<T> {
        let (start, end) = self.span(column)?;
        let word = u64::from_le_bytes(*self.bytes[start..].first_chunk()?);
        // Even a digit may be the quote.
        if Some(word as u8) == self.quote { None } else { read(word, end - start) }
    }

    /// Returns an unquoted field and the sixteen bytes from its start on, if the file has as many.
    #[inline]
    pub(super) fn plain_key(&self, column: Column) -> Option<(&'f [u8], [u64; 2])> {
        let (start, end) = self.span(column)?;
        let key = &self.bytes[start..end];
        if is_quoted(key, self.quote) {
            return None;
        }
        Some((key, words(self.bytes[start..].first_chunk()?)))
    }

    fn parse<T>(
        &self,
        column: Column,
        expected: &'static str,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, CsvError> {
        let raw = self.raw_field(column)?;
        let parsed =
            if is_quoted(raw, self.quote) { parse(&value(raw, &self.layout.dialect)) } else { parse(raw) };
        parsed.ok_or_else(|| self.unexpected(column, raw, expected))
    }

    #[cold]
    fn unexpected(&self, column: Column, raw: &[u8], expected: &'static str) -> CsvError {
        let found = snippet(&value(raw, &self.layout.dialect));
        let byte = self.span(column).map_or(self.start, |(start, _)| start);
        let column = self.layout.column_label(column);
        CsvError::record(self.place(byte), RecordProblem::Value { column, expected, found })
    }

    #[cold]
    fn missing(&self, column: Column) -> CsvError {
        let column = self.layout.column_label(column);
        CsvError::record(self.place(self.start), RecordProblem::Missing { column, len: self.len })
    }
}
