//! Compressed text, told by its first bytes and decompressed as it is read.
//!
//! | begins with | is | feature |
//! |---|---|---|
//! | `1f 8b` | gzip, of one member or several | `gzip` |
//! | `28 b5 2f fd`, or a frame to skip: `5? 2a 4d 18` | zstd, of one frame or several | `zstd` |
//!
//! No text of CSV begins so: `1f` is a control character, and `b5 2f` and `2a 4d 18` are no UTF-8 that anybody writes.

use super::error::{StreamError, StreamProblem};
#[cfg(any(feature = "gzip", feature = "zstd"))]
use super::text::NotRead;
use super::text::read_some;
use crate::csv::error::CsvError;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that tell what a text is compressed with.
const MAGIC_BYTES: usize = 4;

/// What a text is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Gzip,
    Zstd,
}

impl Format {
    /// Tells it by the first bytes.
    fn of(head: &[u8]) -> Option<Self> {
        match *head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Returns whether a file begins as compressed text does.
pub(super) fn is_compressed(file: &mut impl Read) -> io::Result<bool> {
    let mut head = [0; MAGIC_BYTES];
    let mut len = 0;
    while len < MAGIC_BYTES {
        match read_some(file, &mut head[len..])? {
            0 => break,
            bytes => len += bytes,
        }
    }
    Ok(Format::of(&head[..len]).is_some())
}

/// Returns a reader of the text that `reader` gives, which may be compressed.
pub(super) fn decoded(
    name: &Path,
    mut reader: Box<dyn Read + Send>,
) -> Result<Box<dyn Read + Send>, CsvError> {
    let mut head = [0; MAGIC_BYTES];
    let mut len = 0;
    let mut failure = None;
    while len < MAGIC_BYTES && failure.is_none() {
        match read_some(&mut *reader, &mut head[len..]) {
            Ok(0) => break,
            Ok(bytes) => len += bytes,
            Err(error) => failure = Some(error),
        }
    }
    let format = Format::of(&head[..len]);
    let whole = Rejoined { head, at: 0, len, failure, reader };
    let decoder = match format {
        None => return Ok(Box::new(whole)),
        Some(Format::Gzip) => gzip(whole),
        Some(Format::Zstd) => zstd(whole),
    };
    decoder.map_err(|problem| StreamError::new(name, 0, problem).into())
}

/// A reader with what was read of it already: some bytes, or the failure that came instead.
struct Rejoined {
    head: [u8; MAGIC_BYTES],
    at: usize,
    len: usize,
    failure: Option<io::Error>,
    reader: Box<dyn Read + Send>,
}

impl Read for Rejoined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at < self.len {
            let bytes = (&self.head[self.at..self.len]).read(buffer)?;
            self.at += bytes;
            return Ok(bytes);
        }
        self.failure.take().map_or_else(|| self.reader.read(buffer), Err)
    }
}

type Decoder = Result<Box<dyn Read + Send>, StreamProblem>;

#[cfg(feature = "gzip")]
fn gzip(reader: impl Read + Send + 'static) -> Decoder {
    let decoder = flate2::bufread::MultiGzDecoder::new(compressed(reader));
    Ok(Box::new(Decoding { format: "gzip", decoder }))
}

#[cfg(not(feature = "gzip"))]
fn gzip(_: impl Read + Send + 'static) -> Decoder {
    Err(StreamProblem::NoDecoder { format: "gzip" })
}

#[cfg(feature = "zstd")]
fn zstd(reader: impl Read + Send + 'static) -> Decoder {
    let decoder =
        zstd::stream::read::Decoder::with_buffer(compressed(reader)).map_err(StreamProblem::Read)?;
    Ok(Box::new(Decoding { format: "zstd", decoder }))
}

#[cfg(not(feature = "zstd"))]
fn zstd(_: impl Read + Send + 'static) -> Decoder {
    Err(StreamProblem::NoDecoder { format: "zstd" })
}

/// How many compressed bytes are read at a time.
#[cfg(any(feature = "gzip", feature = "zstd"))]
const COMPRESSED_BYTES: usize = 256 << 10;

/// What a decoder reads from: its failures are marked, so that they are told from the decoder's own.
#[cfg(any(feature = "gzip", feature = "zstd"))]
struct Source<R> {
    reader: R,
    /// How many bytes it has given.
    bytes: u64,
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ if is_not_read(&error) => error,
            kind => io::Error::new(kind, NotRead::Source(error)),
        });
        self.bytes += *read.as_ref().unwrap_or(&0) as u64;
        read
    }
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
type Compressed<R> = io::BufReader<Source<R>>;

#[cfg(any(feature = "gzip", feature = "zstd"))]
fn compressed<R: Read>(reader: R) -> Compressed<R> {
    io::BufReader::with_capacity(COMPRESSED_BYTES, Source { reader, bytes: 0 })
}

/// Returns whether it was said already what went wrong.
#[cfg(any(feature = "gzip", feature = "zstd"))]
fn is_not_read(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotRead>())
}

/// What knows how far it has come in the compressed bytes.
#[cfg(any(feature = "gzip", feature = "zstd"))]
trait Position {
    fn position(&self) -> u64;
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl<R> Position for Compressed<R> {
    fn position(&self) -> u64 {
        self.get_ref().bytes - self.buffer().len() as u64
    }
}

#[cfg(feature = "gzip")]
impl<R> Position for flate2::bufread::MultiGzDecoder<Compressed<R>> {
    fn position(&self) -> u64 {
        self.get_ref().position()
    }
}

#[cfg(feature = "zstd")]
impl<R: Read> Position for zstd::stream::read::Decoder<'_, Compressed<R>> {
    fn position(&self) -> u64 {
        self.get_ref().position()
    }
}

/// A decoder whose failures say that they are its own.
#[cfg(any(feature = "gzip", feature = "zstd"))]
struct Decoding<D> {
    format: &'static str,
    decoder: D,
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl<D: Read + Position> Read for Decoding<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ if is_not_read(&error) => error,
            kind => {
                let byte = self.decoder.position();
                io::Error::new(kind, NotRead::Decoder { format: self.format, byte, error })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_compressed_one() {
        assert_eq!(Format::of(b""), None);
        assert_eq!(Format::of(b"\x1f"), None);
        assert_eq!(Format::of(b"a,b\n"), None);
        assert_eq!(Format::of(b"P*M\n"), None);
        assert_eq!(Format::of(b"\xef\xbb\xbfa"), None);
        assert_eq!(Format::of(b"\x1f\x8b"), Some(Format::Gzip));
        assert_eq!(Format::of(b"\x28\xb5\x2f\xfd"), Some(Format::Zstd));
        assert_eq!(Format::of(b"\x5a\x2a\x4d\x18"), Some(Format::Zstd));
    }
}
