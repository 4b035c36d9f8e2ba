//! A mapped CSV file, or several as one: the dialect, the header, and where the records lie.

use super::chunks::{Chunk, Chunks};
use super::column::Column;
use super::cursor::Cursor;
use super::error::CsvError;
use super::field::Field;
use super::header::HeaderError;
use super::layout::Layout;
use super::options::CsvOptions;
use super::pages;
use super::place::Place;
use super::records::Records;
use super::segment::Segment;
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
    layout: Layout,
    /// One for each path of the layout.
    parts: Vec<Part>,
    chunks: Chunks,
    /// Whether pages are let go once they have been read.
    releases: bool,
}

/// One mapped file.
#[derive(Debug)]
struct Part {
    region: Region,
    /// Where the data records lie: behind byte order mark and header.
    data: Range<usize>,
}

/// What the first record of a part says.
struct First {
    headers: Vec<String>,
    len: usize,
    /// Where the data records begin.
    data_start: usize,
}

impl Part {
    fn open(path: &Path) -> Result<Self, CsvError> {
        let region = Region::open(path)?;
        let bytes = region.as_bytes();
        let mark = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let data = mark..bytes.len();
        Ok(Self { region, data })
    }
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

    pub(super) fn with_options(options: &CsvOptions, paths: Vec<PathBuf>) -> Result<CsvFile, CsvError> {
        options.dialect.validate()?;
        if paths.is_empty() {
            return Err(CsvError::NoFile);
        }
        let parts = paths.iter().map(|path| Part::open(path)).collect::<Result<Vec<_>, _>>()?;
        let layout = Layout {
            dialect: options.dialect,
            unclosed_quote: options.unclosed_quote,
            headers: Vec::new(),
            expected: None,
            watch: options.watch.clone(),
            paths,
        };
        let releases = options.pages.are_released(parts.iter().map(|part| part.region.len_bytes()).sum());
        let mut file = CsvFile { layout, parts, chunks: Chunks::new([], None), releases };
        file.read_first_records(options)?;
        file.chunks = Chunks::new(file.parts.iter().map(|part| part.data.clone()), options.chunk_bytes);
        Ok(file)
    }

    /// Reads the first record of each part: its header if there is one, and how many fields the others must have.
    fn read_first_records(&mut self, options: &CsvOptions) -> Result<(), CsvError> {
        let mut first: Option<(usize, First)> = None;
        for part in 0..self.parts() {
            // A part without a record has no header either, and is like any other.
            let Some(found) = self.first_record(part, options.headers)? else { continue };
            self.parts[part].data.start = found.data_start;
            match &first {
                None => first = Some((part, found)),
                Some((_, first)) if first.headers == found.headers => {}
                Some((of, first)) => {
                    let paths = [*of, part].map(|part| self.layout.path(part));
                    return Err(HeaderError::new(paths, [&first.headers, &found.headers]).into());
                }
            }
        }
        if let Some((_, First { headers, len, .. })) = first {
            self.layout.headers = headers;
            self.layout.expected = if options.flexible { None } else { Some(len) };
        }
        Ok(())
    }

    fn first_record(&self, part: usize, has_header: bool) -> Result<Option<First>, CsvError> {
        let whole = self.segment(part);
        let mut cursor = Cursor::with_width(&whole, None);
        let record = match cursor.advance() {
            Ok(true) => cursor.record(),
            Ok(false) => return Ok(None),
            // Without a header it is an error of the first scan, like any other.
            Err(_) if !has_header => return Ok(None),
            Err(mut error) => {
                if let Some(place) = error.place_mut() {
                    place.record = Some(0);
                }
                return Err(self.located(error));
            }
        };
        let len = record.len();
        if !has_header {
            return Ok(Some(First { headers: Vec::new(), len, data_start: whole.range.start }));
        }
        let name = |name: Field<'_>| String::from_utf8_lossy(&name.bytes()).into_owned();
        let headers = record.fields().map(name).collect();
        Ok(Some(First { headers, len, data_start: cursor.position() }))
    }

    /// Returns the names of the columns; none if the file was opened without a header or is empty.
    ///
    /// Bytes that are not UTF-8 are replaced.
    ///
    /// # Examples
    ///
    /// See [`CsvFile`].
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
    /// See [`CsvFile`].
    pub fn column(&self, name: &str) -> Result<Column, CsvError> {
        Ok(self.layout.column(name)?)
    }

    /// Returns the file's path, as it was opened; of several files the first one's.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::bytes`].
    pub fn path(&self) -> &Path {
        self.layout.path(0)
    }

    /// Returns the paths of all files that are read as one, in order.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions::open_all`].
    pub fn paths(&self) -> &[PathBuf] {
        &self.layout.paths
    }

    /// Returns the length of all files together, in bytes.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::bytes`].
    pub fn len_bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.region.len_bytes() as u64).sum()
    }

    /// Returns the file's bytes as they are, byte order mark and header included; of several files the first one's.
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
        self.part_bytes(0)
    }

    /// Reads the records one after the other.
    ///
    /// # Examples
    ///
    /// See [`CsvFile`].
    pub fn records(&self) -> Records<'_> {
        Records::new(self)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn chunks(&self) -> &Chunks {
        &self.chunks
    }

    /// Says that a chunk has been read to its end: whoever watches is told, and its pages may be let go.
    pub(crate) fn done_with(&self, chunk: &Chunk) {
        if self.releases {
            pages::release(&self.parts[chunk.part].region, chunk);
        }
        if let Some(watch) = &self.layout.watch {
            watch.add(chunk.range.len());
        }
    }

    /// Returns all bytes of one part.
    pub(crate) fn part_bytes(&self, part: usize) -> &[u8] {
        self.parts[part].region.as_bytes()
    }

    /// Returns how many parts there are: at least one.
    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Returns all records of a part as one segment.
    pub(crate) fn segment(&self, part: usize) -> Segment<'_> {
        let Part { region, data } = &self.parts[part];
        let (bytes, range) = (region.as_bytes(), data.clone());
        Segment { layout: &self.layout, bytes, range, part, base: 0, index: part }
    }

    /// Fails if a file was cut short since it was mapped, so that what was read is not what it held.
    pub(crate) fn check(&self) -> Result<(), CsvError> {
        Ok(self.parts.iter().try_for_each(|part| part.region.check())?)
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

    pub(crate) fn locate(&self, place: &mut Place) {
        let bytes = self.part_bytes(place.part);
        let byte = (place.byte as usize).min(bytes.len());
        place.line = Some(1 + memchr_iter(b'\n', &bytes[..byte]).count() as u64);
        if place.record.is_none() {
            place.record = Some(self.count_records(place.part, byte));
        }
    }

    /// Counts the data records of a part that start at or before a byte.
    fn count_records(&self, part: usize, byte: usize) -> u64 {
        let mut segment = self.segment(part);
        if byte < segment.range.start {
            return 0;
        }
        segment.range.end = segment.range.end.min(byte + 1);
        let mut cursor = Cursor::with_width(&segment, None);
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
