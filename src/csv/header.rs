//! Headers of several files that are read as one must be the same.

use std::fmt;
use std::path::{Path, PathBuf};

/// Reports that two files that are to be read as one have different headers.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let [may, june] = ["may.csv", "june.csv"].map(|name| dir.path().join(name));
/// # std::fs::write(&may, "from,fare\n")?;
/// # std::fs::write(&june, "from,price\n")?;
/// use ringmill::csv::{CsvError, CsvFile};
///
/// let Err(CsvError::Header(error)) = CsvFile::options().open_all([&may, &june]) else { panic!() };
/// assert_eq!(error.paths(), [&*may, &*june]);
/// assert!(error.to_string().contains(r#"june.csv: column 1 is "price", but "fare" in "#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// The file whose header came first, and the one whose header differs.
    paths: [PathBuf; 2],
    /// The first column that they call by different names, or that only one has.
    column: usize,
    names: [Option<String>; 2],
    lens: [usize; 2],
}

impl HeaderError {
    /// Finds where two headers differ, which they do.
    pub(crate) fn new(paths: [&Path; 2], headers: [&[String]; 2]) -> Self {
        let [first, other] = headers;
        let same = first.iter().zip(other).take_while(|(first, other)| first == other).count();
        Self {
            paths: paths.map(Path::to_owned),
            column: same,
            names: headers.map(|header| header.get(same).cloned()),
            lens: headers.map(|header| header.len()),
        }
    }

    /// Returns the paths of the two files, first the one whose header came first.
    ///
    /// # Examples
    ///
    /// See [`HeaderError`].
    pub fn paths(&self) -> [&Path; 2] {
        [&self.paths[0], &self.paths[1]]
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, other] = [0, 1].map(|which| self.paths[which].display());
        match &self.names {
            [Some(name), Some(other_name)] => {
                let column = self.column;
                write!(f, "{other}: column {column} is {other_name:?}, but {name:?} in {first}")
            }
            _ => {
                let [len, other_len] = self.lens;
                let plural = if other_len == 1 { "" } else { "s" };
                write!(f, "{other}: {other_len} column{plural}, but {len} in {first}")
            }
        }
    }
}

impl std::error::Error for HeaderError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_named() {
        let error = |headers: [&[&str]; 2]| {
            let headers =
                headers.map(|header| header.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
            let [first, other] = &headers;
            HeaderError::new([Path::new("a.csv"), Path::new("b.csv")], [first, other]).to_string()
        };
        assert_eq!(error([&["n", "x"], &["n", "y"]]), "b.csv: column 1 is \"y\", but \"x\" in a.csv");
        assert_eq!(error([&["n", "x"], &["n"]]), "b.csv: 1 column, but 2 in a.csv");
        assert_eq!(error([&["n"], &["n", "x", "y"]]), "b.csv: 3 columns, but 1 in a.csv");
    }
}
