//! A place in a CSV file, for messages, and the snippets that go with it.

use std::fmt;
use std::path::{Path, PathBuf};

/// The most bytes of a field that a message repeats.
const SNIPPET_BYTES: usize = 40;

/// A place in a CSV file: the byte, and the record and line that it belongs to where they are known.
///
/// Shown as `trips.csv: line 18, record 17, byte 1042`. The record and the line are counted when an error leaves
/// [`Pool::fold_records`](crate::pool::Pool::fold_records) or [`Records::next_record`](super::Records::next_record);
/// an error that a caller handles inside a fold knows its byte only.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,2\n3\n")?;
/// use ringmill::csv::CsvFile;
///
/// let file = CsvFile::open(&path)?;
/// let mut records = file.records();
/// records.next_record()?;
/// let error = records.next_record().unwrap_err();
/// let place = error.place().unwrap();
/// assert_eq!(place.path(), path);
/// assert_eq!((place.line(), place.record(), place.byte()), (Some(3), Some(2), 8));
/// assert!(place.to_string().ends_with("t.csv: line 3, record 2, byte 8"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(crate) path: PathBuf,
    /// The number of the file in its input.
    pub(crate) part: usize,
    pub(crate) byte: u64,
    pub(crate) record: Option<u64>,
    pub(crate) line: Option<u64>,
}

impl Place {
    pub(crate) fn new(path: &Path, part: usize, byte: u64) -> Self {
        Self { path: path.to_owned(), part, byte, record: None, line: None }
    }

    /// Returns the file.
    ///
    /// # Examples
    ///
    /// See [`Place`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the offset in the file, in bytes from 0.
    ///
    /// # Examples
    ///
    /// See [`Place`].
    pub fn byte(&self) -> u64 {
        self.byte
    }

    /// Returns the number of the data record, from 1, the header not counted; 0 is the header.
    ///
    /// # Examples
    ///
    /// See [`Place`].
    pub fn record(&self) -> Option<u64> {
        self.record
    }

    /// Returns the number of the line, from 1, as an editor counts them: a line ends with `\n`, in quotes too.
    ///
    /// # Examples
    ///
    /// See [`Place`].
    pub fn line(&self) -> Option<u64> {
        self.line
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        match self.record {
            Some(0) => f.write_str("header, ")?,
            Some(record) => write!(f, "record {record}, ")?,
            None => {}
        }
        write!(f, "byte {}", self.byte)
    }
}

/// Returns the beginning of a field in quotes, on one line, with what is not text replaced.
pub(crate) fn snippet(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(SNIPPET_BYTES)];
    let mut snippet = format!("{:?}", String::from_utf8_lossy(shown));
    if shown.len() < bytes.len() {
        snippet.push_str(&format!(" and {} more bytes", bytes.len() - shown.len()));
    }
    snippet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_says_what_it_knows() {
        let mut place = Place::new(Path::new("trips.csv"), 0, 1042);
        assert_eq!(place.to_string(), "trips.csv: byte 1042");
        place.record = Some(17);
        place.line = Some(18);
        assert_eq!(place.to_string(), "trips.csv: line 18, record 17, byte 1042");
        place.record = Some(0);
        assert_eq!(place.to_string(), "trips.csv: line 18, header, byte 1042");
    }

    #[test]
    fn a_snippet_is_one_short_line() {
        assert_eq!(snippet(b"n/a"), r#""n/a""#);
        assert_eq!(snippet(b"a\n\"\xff"), "\"a\\n\\\"\u{fffd}\"");
        assert!(snippet(&[b'x'; 10 << 20]).len() < 100);
    }
}
