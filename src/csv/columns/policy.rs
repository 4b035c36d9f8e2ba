//! What becomes of a field that holds no value of its column's type.

/// What to do with a field that is empty, or that is no value of its column's type.
///
/// # Examples
///
/// See [`ColumnPolicy`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Otherwise<T> {
    /// It is an error, which names the file, the line, the record, the column and the field.
    #[default]
    Fail,
    /// The value is missing; what stands in its place is NaN for floats, else 0, false or no text.
    Null,
    /// This value instead.
    Default(T),
    /// The whole record is left out.
    SkipRecord,
}

/// What to do with the fields of a column that hold no value of its type. Unless told otherwise, they are errors.
///
/// A field is empty if nothing stands in it, in quotes or not, or if the record of a flexible file is too short to have
/// it. Nothing happens unseen: how many fields were empty or no value is counted for each column, and where the first of
/// them are.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("trips.csv");
/// # std::fs::write(&path, "from,fare\nA,12.5\nB,\nC,n/a\nD,7.5\n")?;
/// use ringmill::Pool;
/// use ringmill::csv::{ColumnPolicy, CsvFile, Otherwise};
///
/// let file = CsvFile::open(&path)?;
/// let policy = ColumnPolicy::fail().empty(Otherwise::Default(0.0)).invalid(Otherwise::Null);
/// let columns = file.columns().f64_with("fare", policy).build()?;
/// let (fares, report) = Pool::new()?.fold_batches_reported(
///     &columns,
///     || 0.0,
///     |sum, batch| {
///         let fares = batch.f64(0).iter().enumerate();
///         *sum += fares.filter(|&(row, _)| batch.is_valid(0, row)).map(|(_, fare)| fare).sum::<f64>();
///         Ok(())
///     },
///     |a, b| a + b,
/// )?;
/// assert_eq!(fares, 20.0);
/// assert_eq!((report.column(0).empty(), report.column(0).invalid(), report.column(0).nulls()), (1, 1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnPolicy<T> {
    /// None if what is empty is treated as all else.
    pub(crate) empty: Option<Otherwise<T>>,
    pub(crate) invalid: Otherwise<T>,
}

impl<T> Default for ColumnPolicy<T> {
    fn default() -> Self {
        Self::fail()
    }
}

impl<T> ColumnPolicy<T> {
    /// Every field must hold a value. Empty text is a value.
    ///
    /// # Examples
    ///
    /// See [`ColumnPolicy`].
    pub fn fail() -> Self {
        Self { empty: None, invalid: Otherwise::Fail }
    }

    /// Fields that are empty or hold no value are null.
    ///
    /// # Examples
    ///
    /// See [`ColumnPolicy`].
    pub fn null() -> Self {
        Self { empty: Some(Otherwise::Null), invalid: Otherwise::Null }
    }

    /// Records in which the field is empty or holds no value are left out.
    ///
    /// # Examples
    ///
    /// See [`ColumnPolicy`].
    pub fn skip_record() -> Self {
        Self { empty: Some(Otherwise::SkipRecord), invalid: Otherwise::SkipRecord }
    }

    /// Sets what to do with an empty field, or one that is missing.
    ///
    /// # Examples
    ///
    /// See [`ColumnPolicy`].
    #[must_use]
    pub fn empty(mut self, empty: Otherwise<T>) -> Self {
        self.empty = Some(empty);
        self
    }

    /// Sets what to do with a field that holds something else.
    ///
    /// # Examples
    ///
    /// See [`ColumnPolicy`].
    #[must_use]
    pub fn invalid(mut self, invalid: Otherwise<T>) -> Self {
        self.invalid = invalid;
        self
    }
}
