//! What may be asked of the columns of a group.

use super::aggregate::Aggregate;
use super::builder::GroupBuilder;
use super::error::GroupError;
use crate::csv::column::{Column, ColumnRef};

impl GroupBuilder<'_> {
    /// Asks for the number of records.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn count(mut self) -> Self {
        self.asked.push((Aggregate::Count, Column::from(0)));
        self
    }

    /// Asks for the number of records in which a column is not empty: a field that says nothing, quoted or not, does not count,
    /// and neither does one that a record of a flexible file does not have.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "name,note\na,x\na,\nb,\"\"\na,?\n")?;
    /// use ringmill::{Pool, csv::{CsvFile, Value}};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let grouped = Pool::new()?.group(&file.group_by(["name"]).count().count_of("note").build()?)?;
    /// assert_eq!(grouped.names(), ["count", "count(note)"]);
    /// assert_eq!((grouped.group(0).value(0), grouped.group(0).value(1)), (Value::Count(3), Value::Count(2)));
    /// assert_eq!(grouped.group(1).value(1), Value::Count(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_of<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::CountOf, column.into())
    }

    /// Asks for the sum of a column: the float nearest to the true sum, and 0 of no numbers.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn sum<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Sum, column.into())
    }

    /// Asks for the mean of a column: that sum, divided by how many numbers there are.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::group_by`](crate::csv::CsvFile::group_by).
    pub fn mean<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Mean, column.into())
    }

    /// Asks for the least number of a column; `nan` is passed over.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::group_by`](crate::csv::CsvFile::group_by).
    pub fn min<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Min, column.into())
    }

    /// Asks for the greatest number of a column; `nan` is passed over.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::group_by`](crate::csv::CsvFile::group_by).
    pub fn max<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Max, column.into())
    }

    /// Asks for the variance of a column as a sample: squared distances from the mean over one less than the count.
    ///
    /// It is computed from the exact sums of the numbers and of their squares, and rounded in the end, so that it is right far
    /// from zero too. Of fewer than two numbers there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "n\n1000000004\n1000000007\n1000000013\n1000000016\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let plan = file.group_by([0; 0]).variance("n").population_variance("n").population_std("n").build()?;
    /// let grouped = Pool::new()?.group(&plan)?;
    /// let all = grouped.group(0);
    /// assert_eq!((all.number(0), all.number(1), all.number(2)), (Some(30.0), Some(22.5), Some(22.5_f64.sqrt())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn variance<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Variance, column.into())
    }

    /// Asks for the variance of a column as all there is: squared distances from the mean over the count.
    ///
    /// # Examples
    ///
    /// See [`variance`](Self::variance).
    pub fn population_variance<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::PopulationVariance, column.into())
    }

    /// Asks for the standard deviation of a column as a sample: the root of its [`variance`](Self::variance).
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn std<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Deviation, column.into())
    }

    /// Asks for the root of the [`population_variance`](Self::population_variance) of a column.
    ///
    /// # Examples
    ///
    /// See [`variance`](Self::variance).
    pub fn population_std<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::PopulationDeviation, column.into())
    }

    /// Asks for what a column says in the group's first record that has it, empty or not.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn first<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::First, column.into())
    }

    /// Asks for what a column says in the group's last record that has it, empty or not.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn last<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Last, column.into())
    }

    /// Asks how many different values a column has, empty ones included, exactly: each is kept, as a key of its own.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn distinct<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::Distinct, column.into())
    }

    /// Asks about how many different values a column has, in 4 KiB for each group at most: up to 256 exactly, more with a
    /// standard error of 1.6 %, by HyperLogLog.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, (0..9999).map(|n| format!("{n}\n")).collect::<String>())?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::options().headers(false).open(&path)?;
    /// let grouped = Pool::new()?.group(&file.group_by([0; 0]).approximate_distinct(0).build()?)?;
    /// let about = grouped.group(0).value(0).count().unwrap();
    /// assert!((9500..10_500).contains(&about));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn approximate_distinct<'n>(self, column: impl Into<ColumnRef<'n>>) -> Self {
        self.ask(Aggregate::AboutDistinct, column.into())
    }

    /// Asks for quantiles of a column, each an aggregate of its own: the least number that a share of all is not above.
    ///
    /// Up to 64 numbers they are exact. Of more, the answer is within one part in 256 of the number at that rank; the
    /// least and the greatest are exact. Each group takes 1 KiB for each power of two that occurs. `nan` is passed over.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn quantiles<'n>(mut self, column: impl Into<ColumnRef<'n>>, shares: &[f64]) -> Self {
        let Some(column) = self.column(column.into()) else { return self };
        for &share in shares {
            if !(0.0..=1.0).contains(&share) {
                self.failed.get_or_insert_with(|| GroupError::Share { share }.into());
            }
            self.asked.push((Aggregate::Quantile(share), column));
        }
        self
    }
}
