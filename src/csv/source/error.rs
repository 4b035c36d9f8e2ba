//! What can go wrong with a stream, beside what its text says.

use crate::ring::BuildError;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Reports that a stream could not be read to its end, and how far it came.
///
/// # Examples
///
/// ```
/// use ringmill::csv::{CsvError, CsvFile, StreamProblem};
///
/// let stream = CsvFile::options().open_reader("feed", &b"n\n1\n2\n"[..])?;
/// let count = |count: &mut u64, _: &ringmill::csv::Record<'_>| Ok(*count += 1);
/// let pool = ringmill::Pool::new()?;
/// assert_eq!(pool.fold_records(&stream, || 0, count, |a, b| a + b)?, 2);
/// let again = pool.fold_records(&stream, || 0, count, |a, b| a + b);
/// let Err(CsvError::Stream(error)) = again else { panic!() };
/// assert!(matches!(error.problem(), StreamProblem::AlreadyRead));
/// assert_eq!(error.to_string(), "feed: a stream is read once, and this one has been");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StreamError {
    name: PathBuf,
    byte: u64,
    records: Option<u64>,
    problem: StreamProblem,
}

/// What went wrong with a stream; see [`StreamError`] for an example.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamProblem {
    /// It could not be opened.
    Open(io::Error),
    /// Reading from it failed.
    Read(io::Error),
    /// Its compressed data is damaged, or ends before it is complete.
    Compressed {
        /// What it is compressed with: `gzip` or `zstd`.
        format: &'static str,
        /// Whether it ended too early.
        cut_short: bool,
        /// How many bytes of it had been read: where it ends, or about where the damage is.
        byte: u64,
        /// What the decompressor says.
        error: io::Error,
    },
    /// It is compressed in a way that this build of the library does not read: the feature of that name is off.
    NoDecoder {
        /// What it is compressed with, which is the feature's name too.
        format: &'static str,
    },
    /// There is no memory for its buffers.
    Buffers(BuildError),
    /// Whole columns of text were asked for, of a stream that has more chunks than they can tell apart.
    TooManyChunks {
        /// How many they can.
        limit: usize,
    },
    /// It was read before: what has gone through is gone.
    AlreadyRead,
}

impl StreamError {
    pub(crate) fn new(name: &Path, byte: u64, problem: StreamProblem) -> Self {
        Self { name: name.to_owned(), byte, records: None, problem }
    }

    /// Returns what the stream is called.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Returns how many bytes of text had come, decompressed.
    pub fn byte(&self) -> u64 {
        self.byte
    }

    /// Returns how many whole records had come, the header not counted, if they were counted.
    pub fn records(&self) -> Option<u64> {
        self.records
    }

    /// Returns what went wrong.
    ///
    /// # Examples
    ///
    /// See [`StreamError`].
    pub fn problem(&self) -> &StreamProblem {
        &self.problem
    }

    pub(crate) fn after(mut self, records: u64) -> Self {
        self.records = Some(records);
        self
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name.display())?;
        match &self.problem {
            StreamProblem::Open(error) => return write!(f, "cannot open: {error}"),
            StreamProblem::Read(error) => write!(f, "cannot read: {error}")?,
            StreamProblem::Compressed { format, cut_short: true, byte, .. } => {
                write!(f, "the {format} data ends at byte {byte}, before it is complete")?;
            }
            StreamProblem::Compressed { format, byte, error, .. } => {
                write!(f, "the {format} data is damaged before byte {byte}: {error}")?;
            }
            StreamProblem::NoDecoder { format } => {
                return write!(
                    f,
                    "it is compressed with {format}, and ringmill was built without the feature `{format}`"
                );
            }
            StreamProblem::Buffers(error) => return write!(f, "no memory for its buffers: {error}"),
            StreamProblem::TooManyChunks { limit } => {
                return write!(
                    f,
                    "it has more than {limit} chunks, too many for whole columns of text: set a larger `chunk_bytes`"
                );
            }
            StreamProblem::AlreadyRead => return f.write_str("a stream is read once, and this one has been"),
        }
        match self.records {
            Some(records) => write!(f, ", after {records} records and {} bytes of text", self.byte),
            None => write!(f, ", after {} bytes of text", self.byte),
        }
    }
}

impl Error for StreamError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            StreamProblem::Open(error)
            | StreamProblem::Read(error)
            | StreamProblem::Compressed { error, .. } => Some(error),
            StreamProblem::Buffers(error) => Some(error),
            StreamProblem::NoDecoder { .. }
            | StreamProblem::TooManyChunks { .. }
            | StreamProblem::AlreadyRead => None,
        }
    }
}
