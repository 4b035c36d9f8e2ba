//! A mapped CSV file: its dialect, its header, and where its records lie.

use super::chunks::Chunks;
use super::column::{self, Column};
use super::cursor::Cursor;
use super::dialect::Dialect;
use super::error::CsvError;
use super::options::{CsvOptions, UnclosedQuote};
use super::place::Place;
use super::records::Records;
use super::watch::ScanWatch;
use crate::memory::Region;
use memchr::memchr_iter;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The mark that some programs put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A CSV file, mapped: records are read where they lie.
///
/// The dialect is that of RFC 4180 and the `csv` crate: fields may be quoted, a quote inside quotes is doubled,
/// records end with `\n`, `\r\n` or `\r`, mixed as they come; empty lines and a byte order mark are skipped; the last
/// line need not end. [`CsvFile::options`] changes it.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("trips.csv");
/// # std::fs::write(&path, "from,fare\nA,12.5\nB,7.5\n")?;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::open(&path)?;
/// assert_eq!(file.headers(), ["from", "fare"]);
/// let fare = file.column("fare")?;
/// let mut total = 0.0;
/// let mut records = file.records();
/// while let Some(record) = records.next_record()? {
///     total += record.f64(fare)?;
/// }
/// assert_eq!(total, 20.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvFile {
    region: Region,
    path: PathBuf,
    pub(super) dialect: Dialect,
    unclosed_quote: UnclosedQuote,
    headers: Vec<String>,
    /// How many fields each record must have.
    expected: Option<usize>,
    /// Where the data records lie: behind byte order mark and header.
    data: Range<usize>,
    chunk_bytes: Option<usize>,
    watch: Option<ScanWatch>,
}

impl CsvFile {
    /// Maps a file with a header, in the usual dialect: commas, double quotes, every record as long as the header.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or is not a regular file, or if the header has an unclosed quote.
    ///
    /// # Examples
    ///
    /// See [`CsvFile`].
    pub fn open(path: impl AsRef<Path>) -> Result<CsvFile, CsvError> {
        Self::options().open(path)
    }

    /// Returns options to open a file in another dialect.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions`].
    pub fn options() -> CsvOptions {
        CsvOptions::default()
    }

    pub(super) fn with_options(options: &CsvOptions, path: &Path) -> Result<CsvFile, CsvError> {
        options.dialect.validate()?;
        let region = Region::open(path)?;
        let bytes = region.as_bytes();
        let mark = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let data = mark..bytes.len();
        let mut file = CsvFile {
            region,
            path: path.to_owned(),
            dialect: options.dialect,
            unclosed_quote: options.unclosed_quote,
            headers: Vec::new(),
            expected: None,
            data,
            chunk_bytes: options.chunk_bytes,
            watch: options.watch.clone(),
        };
        file.read_first(options)?;
        Ok(file)
    }

    /// Reads the first record: the header if there is one, and how many fields the others must have.
    fn read_first(&mut self, options: &CsvOptions) -> Result<(), CsvError> {
        let mut cursor = Cursor::new(self, self.data.clone(), None);
        let first = match cursor.advance() {
            Ok(found) => found.then(|| cursor.record()),
            // Without a header it is an error of the first scan, like any other.
            Err(_) if !options.headers => None,
            Err(mut error) => {
                if let Some(place) = error.place_mut() {
                    place.record = Some(0);
                }
                return Err(self.located(error));
            }
        };
        let len = first.map(|record| record.len());
        let mut headers = Vec::new();
        let mut data_start = self.data.start;
        if let (Some(record), true) = (first, options.headers) {
            headers.extend(record.fields().map(|name| String::from_utf8_lossy(&name.bytes()).into_owned()));
            data_start = cursor.position();
        }
        self.headers = headers;
        self.data.start = data_start;
        self.expected = if options.flexible { None } else { len };
        Ok(())
    }

    /// Returns the names of the columns; none if the file was opened without a header or is empty.
    ///
    /// Bytes that are not UTF-8 are replaced.
    ///
    /// # Examples
    ///
    /// See [`CsvFile`].
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Finds a column by name.
    ///
    /// # Errors
    ///
    /// If no column has that name, or more than one has; the message lists names that may have been meant.
    ///
    /// # Examples
    ///
    /// See [`CsvFile`].
    pub fn column(&self, name: &str) -> Result<Column, CsvError> {
        Ok(column::find(&self.path, &self.headers, name)?)
    }

    /// Returns the file's path, as it was opened.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::bytes`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file's length in bytes.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::bytes`].
    pub fn len_bytes(&self) -> u64 {
        self.bytes().len() as u64
    }

    /// Returns the file's bytes as they are, byte order mark and header included.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a\n1\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// let file = CsvFile::open(&path)?;
    /// assert_eq!(file.bytes(), b"a\n1\n");
    /// assert_eq!((file.len_bytes(), file.path()), (4, &*path));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bytes(&self) -> &[u8] {
        self.region.as_bytes()
    }

    /// Reads the records one after the other.
    ///
    /// # Examples
    ///
    /// See [`CsvFile`].
    pub fn records(&self) -> Records<'_> {
        Records::new(self)
    }

    pub(crate) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    pub(crate) fn data(&self) -> Range<usize> {
        self.data.clone()
    }

    pub(crate) fn expected(&self) -> Option<usize> {
        self.expected
    }

    pub(crate) fn chunks(&self) -> Chunks {
        Chunks::new(self.data.clone(), self.chunk_bytes)
    }

    pub(crate) fn watch(&self) -> Option<&ScanWatch> {
        self.watch.as_ref()
    }

    pub(crate) fn refuses_unclosed(&self) -> bool {
        self.unclosed_quote == UnclosedQuote::Refuse
    }

    /// Fails if the file was cut short since it was mapped, so that what was read is not what it held.
    pub(crate) fn check(&self) -> Result<(), CsvError> {
        Ok(self.region.check()?)
    }

    /// Returns how messages call a column: its name in quotes, or its index where there is no header.
    pub(crate) fn column_label(&self, column: Column) -> String {
        match self.headers.get(column.index()) {
            Some(name) => format!("{name:?}"),
            None => column.index().to_string(),
        }
    }

    /// Counts the records and lines up to the place of an error. One pass, only on the way out.
    ///
    /// A file that was cut short reads as zeros from there on, which may look like any other error; it comes first.
    pub(crate) fn located(&self, mut error: CsvError) -> CsvError {
        if let Err(truncated) = self.check() {
            return truncated;
        }
        if let Some(place) = error.place_mut() {
            self.locate(place);
        }
        error
    }

    fn locate(&self, place: &mut Place) {
        let byte = (place.byte as usize).min(self.bytes().len());
        place.line = Some(1 + memchr_iter(b'\n', &self.bytes()[..byte]).count() as u64);
        if place.record.is_none() {
            place.record = Some(self.count_records(byte));
        }
    }

    /// Counts the data records that start at or before a byte.
    fn count_records(&self, byte: usize) -> u64 {
        if byte < self.data.start {
            return 0;
        }
        let until = self.data.end.min(byte + 1);
        let mut cursor = Cursor::new(self, self.data.start..until, None);
        let mut records = 0;
        loop {
            match cursor.advance() {
                Ok(true) => records += 1,
                Ok(false) => return records,
                // The unclosed quote itself, in the record that is being looked for.
                Err(_) => return records + 1,
            }
        }
    }
}
