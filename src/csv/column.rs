//! Columns: a name looked up once, an index ever after.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// The most names that a message lists in full.
const FEW_NAMES: usize = 12;

/// A column of a file: an index that was looked up by name, or simply an index.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("trips.csv");
/// # std::fs::write(&path, "from,to,fare\nA,B,12.5\n")?;
/// use ringmill::csv::{Column, CsvFile};
///
/// let file = CsvFile::open(&path)?;
/// assert_eq!(file.column("fare")?, Column::from(2));
/// assert_eq!(file.column("fare")?.index(), 2);
/// # Ok::<(), ringmill::csv::CsvError>(())
/// # .map_err(Box::<dyn std::error::Error>::from)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column(usize);

impl Column {
    /// Returns the index, from 0.
    ///
    /// # Examples
    ///
    /// See [`Column`].
    #[inline]
    pub fn index(self) -> usize {
        self.0
    }
}

impl From<usize> for Column {
    #[inline]
    fn from(index: usize) -> Self {
        Self(index)
    }
}

impl From<&Column> for Column {
    #[inline]
    fn from(column: &Column) -> Self {
        *column
    }
}

/// How a caller names a column: by its name in the header, or by a [`Column`] or an index from 0.
///
/// # Examples
///
/// ```
/// use ringmill::csv::{Column, ColumnRef};
///
/// assert_eq!(ColumnRef::from("price"), ColumnRef::Name("price".into()));
/// assert_eq!(ColumnRef::from(2), ColumnRef::Column(Column::from(2)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnRef<'n> {
    /// The one column of that name.
    Name(Cow<'n, str>),
    /// That column, by index.
    Column(Column),
}

impl<'n> From<&'n str> for ColumnRef<'n> {
    fn from(name: &'n str) -> Self {
        Self::Name(Cow::Borrowed(name))
    }
}

impl<'n> From<&'n String> for ColumnRef<'n> {
    fn from(name: &'n String) -> Self {
        Self::Name(Cow::Borrowed(name))
    }
}

impl From<String> for ColumnRef<'_> {
    fn from(name: String) -> Self {
        Self::Name(Cow::Owned(name))
    }
}

impl<C: Into<Column>> From<C> for ColumnRef<'_> {
    fn from(column: C) -> Self {
        Self::Column(column.into())
    }
}

/// Reports that no column, or more than one, has the name that was asked for.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "price,qty\n")?;
/// use ringmill::csv::{CsvError, CsvFile};
///
/// let Err(CsvError::Column(error)) = CsvFile::open(&path)?.column("prise") else { panic!() };
/// assert_eq!(error.name(), "prise");
/// assert_eq!(error.near(), ["price", "qty"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ColumnError {
    path: PathBuf,
    name: String,
    /// Every column of that name: none, or more than one.
    found: Vec<usize>,
    /// Names to try instead: all if they are few, or else the nearest.
    near: Vec<String>,
    /// How many columns there are, if the name is an index that is none of theirs.
    width: Option<usize>,
}

impl ColumnError {
    /// Returns the name that was asked for, or the index.
    ///
    /// # Examples
    ///
    /// See [`ColumnError`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names that may have been meant, the nearest first.
    ///
    /// # Examples
    ///
    /// See [`ColumnError`].
    pub fn near(&self) -> &[String] {
        &self.near
    }
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, name) = (self.path.display(), &self.name);
        if let Some(width) = self.width {
            return write!(f, "{path}: no column {name}; there are {width}, counted from 0");
        }
        if !self.found.is_empty() {
            write!(f, "{path}: more than one column is named {name:?}; choose by index: ")?;
            return list(f, &self.found);
        }
        write!(f, "{path}: no column {name:?}")?;
        match &*self.near {
            [] => f.write_str("; the file has no columns with names"),
            near => {
                f.write_str("; nearest first, there is ")?;
                list(f, near)
            }
        }
    }
}

impl std::error::Error for ColumnError {}

fn list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Debug]) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{item:?}")?;
    }
    Ok(())
}

/// Finds the one column named `name`.
pub(crate) fn find(path: &std::path::Path, headers: &[String], name: &str) -> Result<Column, ColumnError> {
    let found: Vec<usize> = (0..headers.len()).filter(|&index| headers[index] == name).collect();
    if let [only] = *found {
        return Ok(Column(only));
    }
    let mut near: Vec<(usize, &String)> =
        headers.iter().map(|header| (distance(name, header), header)).collect();
    near.sort_by_key(|&(distance, _)| distance);
    if near.len() > FEW_NAMES {
        let nearest = near[0].0;
        near.retain(|&(distance, _)| distance <= nearest + 1);
        near.truncate(FEW_NAMES);
    }
    let near = near.into_iter().map(|(_, header)| header.clone()).collect();
    Err(ColumnError { path: path.to_owned(), name: name.to_owned(), found, near, width: None })
}

/// Reports that there is no column of an index.
pub(crate) fn beyond(path: &std::path::Path, headers: &[String], index: usize, width: usize) -> ColumnError {
    let near = headers.iter().take(FEW_NAMES).cloned().collect();
    let (path, name) = (path.to_owned(), index.to_string());
    ColumnError { path, name, found: Vec::new(), near, width: Some(width) }
}

/// Returns how many letters must be added, removed or changed to make one name of the other, ignoring case.
///
/// One row of the table of Wagner and Fischer (1974). Names are cut at 64 letters, so a hostile header costs little.
fn distance(left: &str, right: &str) -> usize {
    let letters = |name: &str| -> Vec<char> { name.chars().flat_map(char::to_lowercase).take(64).collect() };
    let (left, right) = (letters(left), letters(right));
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (to, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[to + 1];
            row[to + 1] = change.min(row[to] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn headers(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("price", "Price"), 0);
        assert_eq!(distance("prise", "price"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_slip_is_shown_the_name_that_was_meant() {
        let error = find(Path::new("t.csv"), &headers(&["qty", "price"]), "prise").unwrap_err();
        assert_eq!(
            error.to_string(),
            "t.csv: no column \"prise\"; nearest first, there is \"price\", \"qty\""
        );
        let many: Vec<String> = (0..1000).map(|index| format!("column {index}")).collect();
        let error = find(Path::new("t.csv"), &many, "column 1000").unwrap_err();
        assert_eq!(error.near()[0], "column 100");
        assert!(error.near().len() <= FEW_NAMES);
    }

    #[test]
    fn a_name_that_two_columns_bear_is_refused() {
        let error = find(Path::new("t.csv"), &headers(&["a", "b", "a"]), "a").unwrap_err();
        assert_eq!(error.to_string(), "t.csv: more than one column is named \"a\"; choose by index: 0, 2");
    }

    #[test]
    fn a_file_without_names_says_so() {
        let error = find(Path::new("t.csv"), &[], "a").unwrap_err();
        assert_eq!(error.to_string(), "t.csv: no column \"a\"; the file has no columns with names");
    }
}
