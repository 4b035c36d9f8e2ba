//! What was found in the fields of each column beside values.

use super::plan::Columns;
use crate::csv::error::CsvError;
use crate::csv::input::Source;
use crate::csv::place::Place;

/// The most places that are kept for each column.
const PLACES: usize = 8;

/// What was found in each column beside values, and what became of it.
///
/// # Examples
///
/// See [`ColumnPolicy`](super::ColumnPolicy).
#[derive(Clone, Debug, Default)]
pub struct ColumnsReport {
    pub(crate) records: u64,
    pub(crate) selected: u64,
    pub(crate) skipped: u64,
    pub(crate) columns: Vec<ColumnReport>,
}

/// What was found in one column beside values, and what became of it.
///
/// # Examples
///
/// See [`ColumnPolicy`](super::ColumnPolicy).
#[derive(Clone, Debug, Default)]
pub struct ColumnReport {
    pub(crate) empty: u64,
    pub(crate) invalid: u64,
    pub(crate) nulls: u64,
    pub(crate) defaults: u64,
    pub(crate) skipped: u64,
    /// Parts and bytes of the first fields that were no values.
    pub(crate) first: Vec<(usize, u64)>,
}

impl ColumnsReport {
    /// Returns how many records there are.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Returns how many of them passed the filters.
    pub fn selected(&self) -> u64 {
        self.selected
    }

    /// Returns how many of those were left out by the policy of a column.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Returns what was found in a column, by the number under which it was asked for.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    pub fn column(&self, index: usize) -> &ColumnReport {
        &self.columns[index]
    }

    /// Returns the places of the first fields of a column that were empty or no value, at most eight, with line and
    /// record. They are counted here, in a pass over the file up to there; of a stream, which is gone, there is the byte
    /// alone.
    ///
    /// # Errors
    ///
    /// If the file was cut short meanwhile.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,n\nx,1\ny,\n")?;
    /// use ringmill::Pool;
    /// use ringmill::csv::{ColumnPolicy, CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let columns = file.columns().i64_with("n", ColumnPolicy::null()).build()?;
    /// let (_, report) = Pool::new()?.fold_batches_reported(&columns, || (), |_, _| Ok(()), |_, _| ())?;
    /// let places = report.places(&columns, 0)?;
    /// assert_eq!((places[0].line(), places[0].record()), (Some(3), Some(2)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn places(&self, columns: &Columns<'_>, index: usize) -> Result<Vec<Place>, CsvError> {
        if let Source::File(file) = columns.source {
            file.check()?;
        }
        let place = |&(part, byte): &(usize, u64)| {
            let mut place = columns.source.layout().place(part, byte);
            if let Source::File(file) = columns.source {
                file.locate(&mut place);
            }
            place
        };
        Ok(self.columns[index].first.iter().map(place).collect())
    }

    pub(crate) fn new(columns: usize) -> Self {
        Self { columns: vec![ColumnReport::default(); columns], ..Self::default() }
    }

    /// Adds what was found behind it.
    pub(crate) fn add(&mut self, next: &Self) {
        self.records += next.records;
        self.selected += next.selected;
        self.skipped += next.skipped;
        self.columns.iter_mut().zip(&next.columns).for_each(|(column, next)| column.add(next));
    }
}

impl ColumnReport {
    /// Returns how many fields were empty, or missing.
    pub fn empty(&self) -> u64 {
        self.empty
    }

    /// Returns how many fields held something that is no value of the column's type.
    pub fn invalid(&self) -> u64 {
        self.invalid
    }

    /// Returns how many of these became null.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Returns how many of these were replaced.
    pub fn defaults(&self) -> u64 {
        self.defaults
    }

    /// Returns for how many of these the record was left out.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    #[cold]
    pub(crate) fn keep_place(&mut self, part: usize, byte: u64) {
        if self.first.len() < PLACES {
            self.first.push((part, byte));
        }
    }

    fn add(&mut self, next: &Self) {
        self.empty += next.empty;
        self.invalid += next.invalid;
        self.nulls += next.nulls;
        self.defaults += next.defaults;
        self.skipped += next.skipped;
        self.first.extend(next.first.iter().take(PLACES - self.first.len()));
    }
}
