//! How a file is to be read: the dialect, what to do with records that differ, and where to cut.

use super::chunks::CHUNK_BYTES;
use super::dialect::Dialect;
use super::error::CsvError;
use super::file::CsvFile;
use super::pages::Pages;
use super::source::CsvStream;
use super::watch::ScanWatch;
use std::io::Read;
use std::path::Path;

/// What to do with a quote that is still open at the end of the file.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a\n\"1\n2")?;
/// use ringmill::csv::{CsvFile, UnclosedQuote};
///
/// assert!(CsvFile::open(&path)?.records().next_record().is_err());
/// let file = CsvFile::options().unclosed_quote(UnclosedQuote::Accept).open(&path)?;
/// assert_eq!(file.records().next_record()?.unwrap().str(0)?, "1\n2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnclosedQuote {
    /// It is an error that gives the position of the quote: most often half the file has been swallowed.
    #[default]
    Refuse,
    /// The field ends with the file, as the `csv` crate has it.
    Accept,
}

/// How long a record of a stream may be unless the caller says otherwise: far longer than any that was meant.
const LONGEST_RECORD: usize = 16 << 20;

/// Options for opening a [`CsvFile`], from [`CsvFile::options`].
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "# from the field\nOslo;-3.5\nRoma;18.1\n")?;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::options().delimiter(b';').headers(false).comment(Some(b'#')).open(&path)?;
/// let mut records = file.records();
/// assert_eq!(records.next_record()?.unwrap().f64(1)?, -3.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until `open`"]
pub struct CsvOptions {
    pub(super) dialect: Dialect,
    pub(super) headers: bool,
    pub(super) flexible: bool,
    pub(super) unclosed_quote: UnclosedQuote,
    pub(super) chunk_bytes: Option<usize>,
    pub(super) longest_record: usize,
    pub(super) watch: Option<ScanWatch>,
    pub(super) pages: Pages,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            headers: true,
            flexible: false,
            unclosed_quote: UnclosedQuote::default(),
            chunk_bytes: None,
            longest_record: LONGEST_RECORD,
            watch: None,
            pages: Pages::default(),
        }
    }
}

impl CsvOptions {
    /// Sets the byte between fields; a comma by default.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions`].
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.dialect.delimiter = delimiter;
        self
    }

    /// Sets whether the first record names the columns; it does by default.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions`].
    pub fn headers(mut self, headers: bool) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the quote, or that there is none; `"` by default.
    ///
    /// A file without quotes is split without looking for them.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "say\n'a,b'\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// let file = CsvFile::options().quote(Some(b'\'')).open(&path)?;
    /// assert_eq!(file.records().next_record()?.unwrap().str(0)?, "a,b");
    /// let file = CsvFile::options().quote(None).flexible(true).open(&path)?;
    /// assert_eq!(file.records().next_record()?.unwrap().str(0)?, "'a");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quote(mut self, quote: Option<u8>) -> Self {
        self.dialect.quote = quote;
        self
    }

    /// Sets whether two quotes inside quotes stand for one; they do by default.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions::escape`].
    pub fn double_quote(mut self, double_quote: bool) -> Self {
        self.dialect.double_quote = double_quote;
        self
    }

    /// Sets the byte that makes a letter of the next one inside quotes; none by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "say\n\"a \\\"b\\\"\"\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// let file = CsvFile::options().double_quote(false).escape(Some(b'\\')).open(&path)?;
    /// assert_eq!(file.records().next_record()?.unwrap().str(0)?, r#"a "b""#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn escape(mut self, escape: Option<u8>) -> Self {
        self.dialect.escape = escape;
        self
    }

    /// Sets the byte that makes a comment of a line it begins; none by default.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions`].
    pub fn comment(mut self, comment: Option<u8>) -> Self {
        self.dialect.comment = comment;
        self
    }

    /// Sets whether records may have more or fewer fields than the first; by default that is an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1\n1,2,3\n")?;
    /// use ringmill::csv::CsvFile;
    ///
    /// assert!(CsvFile::open(&path)?.records().next_record().is_err());
    /// let file = CsvFile::options().flexible(true).open(&path)?;
    /// let mut records = file.records();
    /// assert_eq!(records.next_record()?.unwrap().len(), 1);
    /// assert_eq!(records.next_record()?.unwrap().len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flexible(mut self, flexible: bool) -> Self {
        self.flexible = flexible;
        self
    }

    /// Sets what to do with a quote that is still open at the end of the file; by default it is an error.
    ///
    /// # Examples
    ///
    /// See [`UnclosedQuote`].
    pub fn unclosed_quote(mut self, unclosed_quote: UnclosedQuote) -> Self {
        self.unclosed_quote = unclosed_quote;
        self
    }

    /// Sets the size of the chunks that workers take, in bytes; more if that would be over a million chunks.
    ///
    /// By default 512 KiB, so that a chunk stays in the cache of the worker that reads it. Records never depend on it. The
    /// order in which partial results are merged does, and how many there are: of those that are dear to merge, larger
    /// chunks make fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "n\n1\n2\n3\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// // A chunk for every byte: slow, and the same records.
    /// let file = CsvFile::options().chunk_bytes(1).open(&path)?;
    /// let add = |sum: &mut u64, record: &ringmill::csv::Record<'_>| Ok(*sum += record.u64(0)?);
    /// assert_eq!(Pool::new()?.fold_records(&file, || 0, add, |a, b| a + b)?, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn chunk_bytes(mut self, chunk_bytes: usize) -> Self {
        self.chunk_bytes = Some(chunk_bytes);
        self
    }

    /// Sets how many bytes a record of a [stream](CsvStream) may have; 16 MiB by default, and never less than a chunk.
    ///
    /// A record that does not fit into a buffer is put together in memory of its own. The limit keeps a quote that is never
    /// closed from filling that with the rest of the stream. The records of a mapped file may be of any length.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::csv::{CsvFile, Record};
    ///
    /// let text = b"say\n\"never closed\n".iter().chain([b'x'; 100].iter()).copied().collect::<Vec<_>>();
    /// let stream = CsvFile::options()
    ///     .chunk_bytes(10)
    ///     .longest_record(50)
    ///     .open_reader("feed", std::io::Cursor::new(text))?;
    /// let count = |count: &mut u64, _: &Record<'_>| Ok(*count += 1);
    /// let error = ringmill::Pool::new()?.fold_records(&stream, || 0, count, |a, b| a + b).unwrap_err();
    /// assert!(error.to_string().starts_with("feed: line 2, record 1, byte 4: the record that starts here has more than 50"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn longest_record(mut self, bytes: usize) -> Self {
        self.longest_record = bytes;
        self
    }

    /// Sets what to do with pages of the file that have been read.
    ///
    /// # Examples
    ///
    /// See [`Pages`].
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Lets `watch` follow and cancel the scans of the file.
    ///
    /// # Examples
    ///
    /// See [`ScanWatch`].
    pub fn watch(mut self, watch: &ScanWatch) -> Self {
        self.watch = Some(watch.clone());
        self
    }

    /// Maps the file and reads its header.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or is not a regular file, if one byte has two meanings in the dialect, or if the
    /// header has an unclosed quote.
    ///
    /// # Examples
    ///
    /// See [`CsvOptions`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<CsvFile, CsvError> {
        CsvFile::with_options(self, vec![path.as_ref().to_owned()])
    }

    /// Maps several files and reads them as one, in the given order.
    ///
    /// Each file has its own header, and all must be the same; files without a record add nothing. A record ends with its
    /// file at the latest, whether or not the last line does. Places in messages name the file and count its own lines and records.
    /// Every file stays open for as long as the [`CsvFile`] lives, so the process's limit of open files bounds how many there
    /// can be.
    ///
    /// # Errors
    ///
    /// As [`CsvOptions::open`], and [`CsvError::NoFile`] if there is none, [`CsvError::Header`] if two headers differ.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let [may, june] = ["may.csv", "june.csv"].map(|name| dir.path().join(name));
    /// # std::fs::write(&may, "from,fare\nA,12.5\nB,7.5")?;
    /// # std::fs::write(&june, "from,fare\nA,1\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::options().open_all([&may, &june])?;
    /// let fare = file.column("fare")?;
    /// let add = |sum: &mut f64, record: &ringmill::csv::Record<'_>| Ok(*sum += record.f64(fare)?);
    /// assert_eq!(Pool::new()?.fold_records(&file, || 0.0, add, |a, b| a + b)?, 21.0);
    /// assert_eq!(file.paths(), [may, june]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_all<P: AsRef<Path>>(&self, paths: impl IntoIterator<Item = P>) -> Result<CsvFile, CsvError> {
        CsvFile::with_options(self, paths.into_iter().map(|path| path.as_ref().to_owned()).collect())
    }

    /// Opens a file as a stream, and reads its header: a compressed file, a pipe, or a plain file that another program may
    /// truncate or write to meanwhile, of which a mapping is not to be had or not to be trusted.
    ///
    /// Gzip and zstd are told by the first bytes, whatever the name says, and decompressed with the features `gzip` and
    /// `zstd`. A stream reads what is there when it comes by: no byte is looked at twice, so no change of the file can
    /// make it disagree with itself.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened; else as [`open_reader`](Self::open_reader).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("trips.csv");
    /// # std::fs::write(&path, "from,fare\nA,12.5\nB,7.5\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let trips = CsvFile::options().open_stream(&path)?; // or trips.csv.gz, or trips.csv.zst
    /// let fare = trips.column("fare")?;
    /// let add = |sum: &mut f64, record: &ringmill::csv::Record<'_>| Ok(*sum += record.f64(fare)?);
    /// assert_eq!(Pool::new()?.fold_records(&trips, || 0.0, add, |a, b| a + b)?, 20.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_stream(&self, path: impl AsRef<Path>) -> Result<CsvStream, CsvError> {
        CsvStream::open(self, path.as_ref())
    }

    /// Opens standard input as a stream, called `standard input`, and reads its header. Compressed text is decompressed, as
    /// by [`open_stream`](Self::open_stream). It is read past [`std::io::stdin`], so what that has in its buffer is not seen.
    ///
    /// Who waits for more of a pipe, here or in `open_stream`, stops within a tenth of a second when the scan is cancelled
    /// through its [`ScanWatch`] or the [`Token`](crate::pool::Token) under which the caller works is; a reader of
    /// [`open_reader`](Self::open_reader) has to return first.
    ///
    /// # Errors
    ///
    /// As [`open_reader`](Self::open_reader).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let stream = CsvFile::options().open_stdin()?;
    /// println!("{} records", Pool::new()?.count_records(&stream)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_stdin(&self) -> Result<CsvStream, CsvError> {
        CsvStream::open_stdin(self)
    }

    /// Opens a reader as a stream and reads its header. `name` is what messages call it. Compressed text is decompressed, as
    /// by [`open_stream`](Self::open_stream).
    ///
    /// # Errors
    ///
    /// If reading fails before the first record is whole, if it is compressed in a way that this build does not read, if one byte has two meanings in the dialect, or if the header has
    /// an unclosed quote or is [too long](Self::longest_record).
    ///
    /// # Examples
    ///
    /// See [`CsvStream`].
    pub fn open_reader(
        &self,
        name: impl AsRef<Path>,
        reader: impl Read + Send + 'static,
    ) -> Result<CsvStream, CsvError> {
        CsvStream::new(self, name.as_ref(), Box::new(reader))
    }

    /// Returns the size of a chunk of a stream.
    pub(super) fn stream_chunk_bytes(&self) -> usize {
        self.chunk_bytes.unwrap_or(CHUNK_BYTES).max(1)
    }
}
