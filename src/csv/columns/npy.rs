//! Whole columns, straight into `.npy` files.

use super::fill::{self, Out};
use super::gather::{Counted, Full};
use super::plan::{ColumnSpec, Columns};
use super::policy::{ColumnPolicy, Otherwise};
use super::report::ColumnsReport;
use super::valid::Valid;
use super::whole::Whole;
use crate::array::{ArrayError, NewArray, SharedArray};
use crate::csv::error::CsvError;
use crate::csv::input::Source;
use crate::error::SystemError;
use crate::memory::{Element, RegionError};
use crate::pool::Pool;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Reports why columns could not be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteError {
    /// The file could not be read.
    Csv(CsvError),
    /// An array could not be created, or not be given its name.
    Array(Box<ArrayError>),
    /// A column of text: an `.npy` file holds numbers.
    Text {
        /// The column's name.
        column: String,
    },
    /// A column's name is no name for a file, or two columns have it.
    Name {
        /// The column's name.
        column: String,
    },
    /// A file that two columns would be written to, or one column and the marks of which values another has.
    File {
        /// The file.
        path: PathBuf,
    },
    /// Not one file was given for each column.
    Files {
        /// How many files were given.
        files: usize,
        /// How many columns there are.
        columns: usize,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Csv(error) => error.fmt(f),
            Self::Array(error) => error.fmt(f),
            Self::Text { column } => write!(f, "column {column:?} is text, and an .npy file holds numbers"),
            Self::File { path } => {
                write!(
                    f,
                    "{}: two columns, or a column and another's marks, would be written to it",
                    path.display()
                )
            }
            Self::Files { files, columns } => write!(f, "{files} files for {columns} columns"),
            Self::Name { column } => {
                write!(f, "column {column:?} gives its file no name that it alone has; ask for it by index")
            }
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Csv(error) => error.source(),
            Self::Array(error) => error.source(),
            _ => None,
        }
    }
}

impl From<CsvError> for WriteError {
    fn from(error: CsvError) -> Self {
        Self::Csv(error)
    }
}

impl From<ArrayError> for WriteError {
    fn from(error: ArrayError) -> Self {
        Self::Array(Box::new(error))
    }
}

/// A column's file that has no name yet.
enum New {
    F64(NewArray<f64>),
    F32(NewArray<f32>),
    I64(NewArray<i64>),
    U64(NewArray<u64>),
    Bool(NewArray<u8>),
}

impl New {
    /// Makes a file of zeros; `None` for text.
    fn create(spec: &ColumnSpec, path: &Path, rows: usize) -> Result<Option<Self>, ArrayError> {
        let shape = &[rows];
        Ok(Some(match spec {
            ColumnSpec::F64(_) => Self::F64(SharedArray::create_npy(path, shape)?),
            ColumnSpec::F32(_) => Self::F32(SharedArray::create_npy(path, shape)?),
            ColumnSpec::I64(_) => Self::I64(SharedArray::create_npy(path, shape)?),
            #[cfg(feature = "dates")]
            ColumnSpec::Date(..) | ColumnSpec::Timestamp(..) => {
                Self::I64(SharedArray::create_npy(path, shape)?)
            }
            ColumnSpec::U64(_) => Self::U64(SharedArray::create_npy(path, shape)?),
            ColumnSpec::Bool(_) => Self::Bool(SharedArray::create_npy(path, shape)?),
            ColumnSpec::Str(_) | ColumnSpec::Bytes(_) => return Ok(None),
        }))
    }

    fn out(&mut self) -> Out<'_> {
        match self {
            Self::F64(array) => Out::F64(array.as_watched_mut()),
            Self::F32(array) => Out::F32(array.as_watched_mut()),
            Self::I64(array) => Out::I64(array.as_watched_mut()),
            Self::U64(array) => Out::U64(array.as_watched_mut()),
            Self::Bool(array) => Out::Bool(array.as_watched_mut()),
        }
    }

    fn publish(self) -> Result<(), ArrayError> {
        match self {
            Self::F64(array) => array.publish().map(drop),
            Self::F32(array) => array.publish().map(drop),
            Self::I64(array) => array.publish().map(drop),
            Self::U64(array) => array.publish().map(drop),
            Self::Bool(array) => array.publish().map(drop),
        }
    }
}

impl Columns<'_> {
    /// Writes each column to a file of its own in a folder, `NAME.npy`, as NumPy reads it; booleans as bytes, 1 and 0.
    ///
    /// Values are parsed straight into the mapped files, unless a filter or a policy may leave records out. A column in
    /// which a value is missing has a second file, `NAME.valid.npy`, with a byte for each record, 1 where there is one.
    /// Files get their names when all are complete; files that had them before are replaced, and a second file that an
    /// earlier call has left is removed.
    ///
    /// # Errors
    ///
    /// [`WriteError::Text`] and [`WriteError::Name`] before anything is read; else as
    /// [`collect_columns`](Pool::collect_columns), and if a file cannot be written. For text there is
    /// [`collect_columns`](Pool::collect_columns), whose texts stay in the CSV file, and with the feature `arrow` record
    /// batches, which Parquet and Feather files are written from.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("trades.csv");
    /// # std::fs::write(&path, "symbol,price\nABC,12.5\nXYZ,8\n")?;
    /// use ringmill::csv::CsvFile;
    /// use ringmill::{Pool, SharedArray};
    ///
    /// let file = CsvFile::open(&path)?;
    /// file.columns().f64("price").build()?.write_npy(&Pool::new()?, dir.path())?;
    /// assert_eq!(*SharedArray::<f64>::open_npy(dir.path().join("price.npy"))?, [12.5, 8.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_npy(&self, pool: &Pool, folder: impl AsRef<Path>) -> Result<ColumnsReport, WriteError> {
        let folder = folder.as_ref();
        self.check_names()?;
        let paths: Vec<_> =
            (0..self.len()).map(|index| folder.join(format!("{}.npy", self.name(index)))).collect();
        self.write(pool, &paths)
    }

    /// Writes each column to the file that is given for it, in the order in which columns were asked for; all else is as
    /// [`write_npy`](Self::write_npy) does it. Which values a column has is said in a file beside its own, with
    /// `.valid.npy` in the place of what is behind the last point of its name.
    ///
    /// # Errors
    ///
    /// [`WriteError::Text`], [`WriteError::Files`] and [`WriteError::File`] before anything is read; else as
    /// [`write_npy`](Self::write_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("trades.csv");
    /// # std::fs::write(&path, "symbol,price/EUR\nABC,12.5\nXYZ,8\n")?;
    /// use ringmill::csv::CsvFile;
    /// use ringmill::{Pool, SharedArray};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let prices = dir.path().join("prices.npy");
    /// file.columns().f64("price/EUR").build()?.write_npy_as(&Pool::new()?, [&prices])?;
    /// assert_eq!(*SharedArray::<f64>::open_npy(&prices)?, [12.5, 8.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_npy_as<P: AsRef<Path>>(
        &self,
        pool: &Pool,
        files: impl IntoIterator<Item = P>,
    ) -> Result<ColumnsReport, WriteError> {
        let paths: Vec<_> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        self.check_files(&paths)?;
        self.write(pool, &paths)
    }

    /// Writes each column to its file.
    fn write(&self, pool: &Pool, paths: &[PathBuf]) -> Result<ColumnsReport, WriteError> {
        if matches!(self.source, Source::File(_)) && self.may_leave_out() {
            return self.write_collected(pool, paths);
        }
        let counted = Counted::new(pool, self)?;
        let rows = counted.rows();
        let mut news = Vec::new();
        for (index, ((_, spec), path)) in self.specs.iter().zip(paths).enumerate() {
            let text = || WriteError::Text { column: self.name(index) };
            news.push(New::create(spec, path, rows)?.ok_or_else(text)?);
        }
        let outs = news.iter_mut().map(New::out).collect();
        let Full { filled, report, .. } = counted.fill(pool, self, outs)?;
        let valid = (0..self.len()).map(|index| fill::join_valid(index, &filled));
        let masks = valid.zip(paths).map(|(valid, path)| Mask::create(path, &valid));
        let masks = masks.collect::<Result<Vec<_>, _>>()?;
        publish(news, masks)?;
        Ok(report)
    }

    /// Writes what was collected first, because nobody knew how much it would be.
    fn write_collected(&self, pool: &Pool, paths: &[PathBuf]) -> Result<ColumnsReport, WriteError> {
        let (columns, report) = pool.collect_columns(self)?.into_columns();
        let mut news = Vec::new();
        let mut masks = Vec::new();
        for ((name, whole, valid), path) in columns.into_iter().zip(paths) {
            news.push(match whole {
                Whole::F64(array) => New::F64(copied(path, &array)?),
                Whole::F32(array) => New::F32(copied(path, &array)?),
                Whole::I64(array) => New::I64(copied(path, &array)?),
                Whole::U64(array) => New::U64(copied(path, &array)?),
                Whole::Bool(array) => New::Bool(copied(path, &array)?),
                Whole::Text(_) => return Err(WriteError::Text { column: name }),
            });
            masks.push(Mask::create(path, &valid)?);
        }
        publish(news, masks)?;
        Ok(report)
    }

    /// Refuses text, and names under which no file of its own can stand.
    fn check_names(&self) -> Result<(), WriteError> {
        self.check_kinds()?;
        let names: Vec<_> = (0..self.len()).map(|index| self.name(index)).collect();
        for (index, name) in names.iter().enumerate() {
            let is_file = !name.is_empty() && !name.contains(['/', '\0']);
            let of_another = |other: &String| other == name || *other == format!("{name}.valid");
            let unique = names.iter().enumerate().all(|(at, other)| at == index || !of_another(other));
            if !is_file || !unique {
                return Err(WriteError::Name { column: name.clone() });
            }
        }
        Ok(())
    }

    /// Refuses text, and files of which there is not one for each column.
    fn check_files(&self, paths: &[PathBuf]) -> Result<(), WriteError> {
        self.check_kinds()?;
        if paths.len() != self.len() {
            return Err(WriteError::Files { files: paths.len(), columns: self.len() });
        }
        for (index, path) in paths.iter().enumerate() {
            let of_another = |other: &PathBuf| other == path || *other == valid_path(path);
            let mut others = paths.iter().enumerate().filter(|(at, _)| *at != index);
            if let Some((_, other)) = others.find(|(_, other)| of_another(other)) {
                return Err(WriteError::File { path: other.clone() });
            }
        }
        Ok(())
    }

    fn check_kinds(&self) -> Result<(), WriteError> {
        let is_text = |(_, spec): &(_, ColumnSpec)| matches!(spec, ColumnSpec::Str(_) | ColumnSpec::Bytes(_));
        match self.specs.iter().position(is_text) {
            Some(index) => Err(WriteError::Text { column: self.name(index) }),
            None => Ok(()),
        }
    }

    /// Returns whether a filter or a policy may leave records out.
    fn may_leave_out(&self) -> bool {
        fn skips<T>(policy: &ColumnPolicy<T>) -> bool {
            let skips = |otherwise: &Otherwise<T>| matches!(otherwise, Otherwise::SkipRecord);
            policy.empty.as_ref().is_some_and(skips) || skips(&policy.invalid)
        }
        let skips = |(_, spec): &(_, ColumnSpec)| match spec {
            ColumnSpec::F64(policy) => skips(policy),
            ColumnSpec::F32(policy) => skips(policy),
            ColumnSpec::I64(policy) => skips(policy),
            #[cfg(feature = "dates")]
            ColumnSpec::Date(_, policy) | ColumnSpec::Timestamp(_, policy) => skips(policy),
            ColumnSpec::U64(policy) => skips(policy),
            ColumnSpec::Bool(policy) => skips(policy),
            ColumnSpec::Str(policy) | ColumnSpec::Bytes(policy) => skips(policy),
        };
        !self.filters.is_empty() || self.specs.iter().any(skips)
    }
}

/// Gives all the files their names.
fn publish(news: Vec<New>, masks: Vec<Mask>) -> Result<(), ArrayError> {
    news.into_iter().try_for_each(New::publish)?;
    masks.into_iter().try_for_each(Mask::publish)
}

fn copied<T: Element>(path: &Path, array: &SharedArray<T>) -> Result<NewArray<T>, ArrayError> {
    let mut new = SharedArray::create_npy(path, &[array.len()])?;
    new.copy_from_slice(array);
    Ok(new)
}

/// Returns where it is said which values of a column are there.
fn valid_path(path: &Path) -> PathBuf {
    path.with_extension("valid.npy")
}

/// The file that says which values of a column are there.
enum Mask {
    New(NewArray<u8>),
    /// All are; what an earlier call has left at this path says otherwise.
    Stale(PathBuf),
}

impl Mask {
    fn create(path: &Path, valid: &Valid) -> Result<Self, ArrayError> {
        let path = valid_path(path);
        if valid.nulls() == 0 {
            return Ok(Self::Stale(path));
        }
        let mut new = SharedArray::create_npy(path, &[valid.rows()])?;
        for (row, byte) in new.iter_mut().enumerate() {
            *byte = u8::from(valid.is_valid(row));
        }
        Ok(Self::New(new))
    }

    fn publish(self) -> Result<(), ArrayError> {
        match self {
            Self::New(new) => new.publish().map(drop),
            Self::Stale(path) => match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(RegionError::System(SystemError::at("unlink", &path, error)).into())
                }
                _ => Ok(()),
            },
        }
    }
}
