//! The text of a stream as it comes: what was read ahead for the header, then whatever the reader gives.
//!
//! Reads may give any number of bytes at a time. [`Text::fill`] does not show that: it fills what it is given to the
//! end, or the stream has ended. So what is cut from it depends on the bytes alone.

use super::error::{StreamError, StreamProblem};
use crate::csv::error::CsvError;
use crate::pool::{LoopError, Stopped};
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The text of a stream.
pub(super) struct Text {
    name: PathBuf,
    reader: Box<dyn Read + Send>,
    /// What was read and not yet given: what lies behind `given`.
    ahead: Vec<u8>,
    given: usize,
    /// Bytes given so far.
    at: u64,
    /// What was given since it was to be remembered.
    remembered: Option<Vec<u8>>,
}

/// Tells who failed when compressed text was read; plain readers fail without it.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "gzip", feature = "zstd")),
    expect(dead_code, reason = "nothing is decompressed")
)]
pub(super) enum NotRead {
    /// The reader of the compressed bytes.
    Source(io::Error),
    /// What decompresses them, at that byte of them.
    Decoder { format: &'static str, byte: u64, error: io::Error },
    /// Nobody failed: somebody wanted no more.
    Stopped(Stop),
}

/// Who wanted no more.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    /// Somebody who watches.
    Cancelled,
    Token(Stopped),
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) | Self::Decoder { error, .. } => error.fmt(f),
            Self::Stopped(Stop::Cancelled) => CsvError::Cancelled.fmt(f),
            Self::Stopped(Stop::Token(stopped)) => stopped.fmt(f),
        }
    }
}

impl std::error::Error for NotRead {}

impl Text {
    pub(super) fn new(name: &Path, reader: Box<dyn Read + Send>) -> Self {
        Self { name: name.to_owned(), reader, ahead: Vec::new(), given: 0, at: 0, remembered: None }
    }

    /// Returns what was read ahead.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.ahead[self.given..]
    }

    /// Reads on ahead, some bytes at least; returns whether there were any.
    pub(super) fn read_ahead(&mut self, bytes: usize) -> Result<bool, CsvError> {
        let before = self.ahead.len();
        self.ahead.resize(before + bytes, 0);
        let read = read_some(&mut *self.reader, &mut self.ahead[before..]);
        self.ahead.truncate(before + read.as_ref().map_or(0, |&bytes| bytes));
        let so_far = self.at + self.ahead().len() as u64;
        read.map(|bytes| bytes > 0).map_err(|error| self.failed(so_far, error))
    }

    /// Gives the next bytes of what was read ahead away.
    pub(super) fn skip(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.ahead().len());
        self.given += bytes;
        self.at += bytes as u64;
    }

    /// Remembers what is given from now on.
    pub(super) fn remember(&mut self) {
        self.remembered = Some(Vec::new());
    }

    /// Takes back what is remembered, to give it again.
    pub(super) fn rewind(&mut self) {
        if let Some(mut text) = self.remembered.take() {
            self.at -= text.len() as u64;
            text.extend_from_slice(self.ahead());
            (self.ahead, self.given) = (text, 0);
        }
    }

    /// Gives what there is: some bytes, unless the stream has ended.
    pub(super) fn some(&mut self, buffer: &mut [u8]) -> Result<usize, CsvError> {
        let bytes = self.next(buffer)?;
        if let Some(remembered) = &mut self.remembered {
            remembered.extend_from_slice(&buffer[..bytes]);
        }
        Ok(bytes)
    }

    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, CsvError> {
        if !self.ahead().is_empty() {
            let bytes = self.ahead().len().min(buffer.len());
            buffer[..bytes].copy_from_slice(&self.ahead()[..bytes]);
            self.skip(bytes);
            if self.ahead().is_empty() {
                (self.ahead, self.given) = (Vec::new(), 0);
            }
            return Ok(bytes);
        }
        let bytes = read_some(&mut *self.reader, buffer).map_err(|error| self.failed(self.at, error))?;
        self.at += bytes as u64;
        Ok(bytes)
    }

    /// Fills a buffer, to its end unless the stream ends or fails before; returns how many bytes there are.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> (usize, Option<CsvError>) {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.some(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) => return (filled, Some(error)),
            }
        }
        (filled, None)
    }

    fn failed(&self, so_far: u64, error: io::Error) -> CsvError {
        let cut_short = error.kind() == ErrorKind::UnexpectedEof;
        let problem = match error.downcast::<NotRead>() {
            Ok(NotRead::Stopped(Stop::Cancelled)) => return CsvError::Cancelled,
            Ok(NotRead::Stopped(Stop::Token(stopped))) => return LoopError::from(stopped).into(),
            Ok(NotRead::Source(error)) | Err(error) => StreamProblem::Read(error),
            Ok(NotRead::Decoder { format, byte, error }) => {
                StreamProblem::Compressed { format, cut_short, byte, error }
            }
        };
        StreamError::new(&self.name, so_far, problem).into()
    }
}

/// Reads what there is.
pub(super) fn read_some(reader: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map(|bytes| bytes.min(buffer.len())),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("name", &self.name).field("at", &self.at).finish_non_exhaustive()
    }
}
