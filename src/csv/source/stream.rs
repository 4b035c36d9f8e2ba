//! A stream of CSV: text that comes once, from the front to the back.

use super::decode::{decoded, is_compressed};
use super::error::{StreamError, StreamProblem};
use super::patient::Patient;
use super::text::Text;
use crate::csv::column::Column;
use crate::csv::cursor::Cursor;
use crate::csv::dialect::{Dialect, State};
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::layout::Layout;
use crate::csv::options::CsvOptions;
use crate::csv::segment::Segment;
use crate::sync::lock::Mutex;
use crate::sys::pipe;
use memchr::memchr_iter;
use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::PoisonError;

/// The mark that some programs put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many bytes are asked for at a time until the first record is there.
const AHEAD_BYTES: usize = 64 << 10;

/// A stream of CSV, from standard input, a compressed file or any reader: read once, in bounded memory.
///
/// It is taken wherever a [`CsvFile`](crate::csv::CsvFile) is: [`Pool::fold_records`](crate::Pool::fold_records), and
/// the rest. What is read, and every sum to the bit, is what a mapped file of the same bytes would give; an error names
/// the byte, line and record of the text, decompressed. Two things differ. A stream is read once: what has gone
/// through is gone, and a second reading is refused. And a record's fields are lent for the call alone, because their
/// bytes make way for others, so what an accumulator keeps is copied.
///
/// The thread that calls reads, and decompresses, while the pool's other workers parse; when all buffers are full it
/// parses too. So no worker of the pool ever waits for input, however slow it is.
///
/// # Examples
///
/// ```
/// use ringmill::{Pool, csv::CsvFile};
///
/// let text = &b"from,fare\nA,12.5\nB,7.5\n"[..]; // or std::io::stdin(), a socket, ...
/// let stream = CsvFile::options().open_reader("standard input", text)?;
/// let fare = stream.column("fare")?;
/// let total = Pool::new()?.fold_records(
///     &stream,
///     || 0.0,
///     |total, record| {
///         *total += record.f64(fare)?;
///         Ok(())
///     },
///     |a, b| a + b,
/// )?;
/// assert_eq!(total, 20.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What is lent cannot be kept:
///
/// ```compile_fail
/// # use ringmill::{Pool, csv::CsvFile};
/// # let stream = CsvFile::options().open_reader("t", &b"a\n1\n"[..]).unwrap();
/// Pool::new().unwrap().fold_records(
///     &stream,
///     Vec::new,
///     |all, record| Ok(all.push(record.get(0).unwrap().raw())),
///     |left, _| left,
/// );
/// ```
#[derive(Debug)]
pub struct CsvStream {
    layout: Layout,
    pub(super) chunk_bytes: usize,
    pub(super) longest_record: usize,
    /// Where the data records begin in the text, and the lines before.
    pub(super) data_start: u64,
    pub(super) lines_before: u64,
    text: Mutex<Option<Text>>,
}

fn patient(options: &CsvOptions, file: File) -> Box<dyn Read + Send> {
    Box::new(Patient::new(file, options.watch.clone()))
}

impl CsvStream {
    pub(in crate::csv) fn new(
        options: &CsvOptions,
        name: &Path,
        reader: Box<dyn Read + Send>,
    ) -> Result<Self, CsvError> {
        options.dialect.validate()?;
        let mut stream = Self {
            layout: Layout {
                dialect: options.dialect,
                unclosed_quote: options.unclosed_quote,
                headers: Vec::new(),
                expected: None,
                watch: options.watch.clone(),
                paths: vec![name.to_owned()],
            },
            chunk_bytes: options.stream_chunk_bytes(),
            longest_record: options.longest_record,
            data_start: 0,
            lines_before: 0,
            text: Mutex::new(None),
        };
        let mut text = Text::new(name, decoded(name, reader)?);
        stream.read_first(options, &mut text)?;
        stream.text = Mutex::new(Some(text));
        Ok(stream)
    }

    pub(in crate::csv) fn open(options: &CsvOptions, path: &Path) -> Result<Self, CsvError> {
        let file = File::open(path).map_err(|error| StreamError::new(path, 0, StreamProblem::Open(error)))?;
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        Self::new(options, path, if is_file { Box::new(file) } else { patient(options, file) })
    }

    pub(in crate::csv) fn open_stdin(options: &CsvOptions) -> Result<Self, CsvError> {
        let name = Path::new("standard input");
        let file =
            pipe::standard_input().map_err(|error| StreamError::new(name, 0, StreamProblem::Open(error)))?;
        Self::new(options, name, patient(options, file))
    }

    /// Returns whether a path is to be opened as a [stream](CsvOptions::open_stream), because it cannot be mapped: a pipe, or
    /// a file of compressed text, whatever its name says. Of a pipe nothing is read.
    ///
    /// # Errors
    ///
    /// If the path cannot be opened or read.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("trips.csv");
    /// # std::fs::write(&path, "from,fare\nA,12.5\n")?;
    /// use ringmill::csv::CsvStream;
    ///
    /// assert!(!CsvStream::is_needed_for(&path)?);
    /// std::fs::write(&path, b"\x1f\x8b\x08 and so on")?;
    /// assert!(CsvStream::is_needed_for(&path)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_needed_for(path: impl AsRef<Path>) -> Result<bool, CsvError> {
        let path = path.as_ref();
        let failed = |problem| CsvError::from(StreamError::new(path, 0, problem));
        let kind = fs::metadata(path).map_err(|error| failed(StreamProblem::Open(error)))?.file_type();
        if !kind.is_file() {
            return Ok(!kind.is_dir());
        }
        let mut file = File::open(path).map_err(|error| failed(StreamProblem::Open(error)))?;
        is_compressed(&mut file).map_err(|error| failed(StreamProblem::Read(error)))
    }

    /// Reads the first record, and goes behind it if it is the header.
    fn read_first(&mut self, options: &CsvOptions, text: &mut Text) -> Result<(), CsvError> {
        let range = self.find_first(text)?;
        let bytes = &text.ahead()[..range.end];
        let whole = Segment { layout: &self.layout, bytes, range: range.clone(), part: 0, base: 0, index: 0 };
        let mut cursor = Cursor::with_width(&whole, None);
        let first = match cursor.advance() {
            Ok(found) => found.then(|| cursor.record()),
            // Without a header it is an error of the first scan, like any other.
            Err(_) if !options.headers => None,
            Err(mut error) => {
                if let Some(place) = error.place_mut() {
                    place.record = Some(0);
                    place.line = Some(1 + lines(&bytes[..place.byte as usize]));
                }
                return Err(error);
            }
        };
        let len = first.map(|record| record.len());
        let mut headers = Vec::new();
        let mut data_start = range.start;
        if let (Some(record), true) = (first, options.headers) {
            headers.extend(record.fields().map(|name| String::from_utf8_lossy(&name.bytes()).into_owned()));
            data_start = cursor.position();
        }
        self.data_start = data_start as u64;
        self.lines_before = lines(&bytes[..data_start]);
        self.layout.headers = headers;
        self.layout.expected = if options.flexible { None } else { len };
        text.skip(data_start);
        Ok(())
    }

    /// Reads ahead until the first record is whole or the text ends; returns where it may begin and where it ends.
    fn find_first(&self, text: &mut Text) -> Result<Range<usize>, CsvError> {
        let mut is_more = true;
        while is_more && text.ahead().len() < BYTE_ORDER_MARK.len() {
            is_more = text.read_ahead(AHEAD_BYTES)?;
        }
        let start = if text.ahead().starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let mut walk = FirstRecord { state: State::RecordStart, begin: None };
        let mut at = start;
        loop {
            while let Some(&byte) = text.ahead().get(at) {
                if walk.ends_with(&self.layout.dialect, at, byte) {
                    return Ok(start..at + 1);
                }
                at += 1;
            }
            if let Some(begin) = walk.begin
                && at - begin > self.longest_record
            {
                let mut place = self.layout.place(0, begin as u64);
                place.record = Some(0);
                place.line = Some(1 + lines(&text.ahead()[..begin]));
                let limit = self.longest_record;
                return Err(CsvError::record(place, RecordProblem::NoEnd { limit }));
            }
            if !is_more || !text.read_ahead(AHEAD_BYTES)? {
                return Ok(start..at);
            }
        }
    }

    /// Takes the text, which is there once.
    pub(super) fn take_text(&self) -> Result<Text, CsvError> {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner).take();
        text.ok_or_else(|| StreamError::new(self.name(), 0, StreamProblem::AlreadyRead).into())
    }

    /// Puts the text back, to be taken again.
    pub(super) fn put_text(&self, text: Text) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// Returns the names of the columns; none if the stream was opened without a header or is empty.
    ///
    /// Bytes that are not UTF-8 are replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::csv::CsvFile;
    ///
    /// let stream = CsvFile::options().open_reader("feed", &b"from,fare\nA,12.5\n"[..])?;
    /// assert_eq!(stream.headers(), ["from", "fare"]);
    /// assert_eq!(stream.column("fare")?.index(), 1);
    /// assert_eq!(stream.name(), "feed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn headers(&self) -> &[String] {
        &self.layout.headers
    }

    /// Finds a column by name.
    ///
    /// # Errors
    ///
    /// If no column has that name, or more than one has; the message lists names that may have been meant.
    ///
    /// # Examples
    ///
    /// See [`CsvStream::headers`].
    pub fn column(&self, name: &str) -> Result<Column, CsvError> {
        Ok(self.layout.column(name)?)
    }

    /// Returns what the stream is called: its path, or the name that it was opened with.
    ///
    /// # Examples
    ///
    /// See [`CsvStream::headers`].
    pub fn name(&self) -> &Path {
        self.layout.path(0)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }
}

/// Looks for the end of the first record, byte by byte.
struct FirstRecord {
    state: State,
    /// Where it begins, once it has.
    begin: Option<usize>,
}

impl FirstRecord {
    /// Moves over one byte; returns whether the record ends with it.
    fn ends_with(&mut self, dialect: &Dialect, at: usize, byte: u8) -> bool {
        self.state = dialect.step(self.state, byte);
        match self.state {
            State::RecordStart => self.begin.is_some(),
            State::Comment => false,
            _ => {
                self.begin.get_or_insert(at);
                false
            }
        }
    }
}

/// Counts the lines that end in some bytes.
pub(super) fn lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
