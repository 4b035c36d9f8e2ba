//! How a plan is asked for: which columns make the key, of which records, in how much memory. What is wanted of the other
//! columns is in `asked.rs`.

use super::aggregate::Aggregate;
use super::plan::GroupPlan;
use crate::csv::column::{Column, ColumnRef};
use crate::csv::columns::{ColumnPolicy, ColumnSpec, ColumnsBuilder, Otherwise};
use crate::csv::error::CsvError;
use crate::csv::file::CsvFile;
use crate::csv::input::Source;
use crate::csv::source::CsvStream;

/// The bound on memory unless another is asked for: a process that takes more should have been told to.
const MEMORY: u64 = 4 << 30;

impl CsvFile {
    /// Starts a group-by: records whose fields in `keys` are equal make a group.
    ///
    /// Keys are compared as the bytes that their fields say, quotes taken off. Without a key all records are one group.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("weather.csv");
    /// # std::fs::write(&path, "station,degrees\nOslo,-3.5\nRoma,18.5\nOslo,1.5\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let plan = file.group_by(["station"]).min("degrees").mean("degrees").max("degrees").build()?;
    /// let grouped = Pool::new()?.group(&plan)?;
    /// for group in grouped.iter() {
    ///     println!("{} {} {} {}", group.str(0), group.value(0), group.value(1), group.value(2));
    /// }
    /// assert_eq!(grouped.get(&[b"Oslo"]).unwrap().number(1), Some(-1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn group_by<'n, C: Into<ColumnRef<'n>>>(
        &self,
        keys: impl IntoIterator<Item = C>,
    ) -> GroupBuilder<'_> {
        GroupBuilder::new(Source::File(self), self.columns(), keys)
    }
}

impl CsvStream {
    /// Starts a group-by, as [`CsvFile::group_by`] does; its plan can be run once.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let text = &b"station,degrees\nOslo,-3.5\nRoma,18.5\nOslo,1.5\n"[..];
    /// let stream = CsvFile::options().open_reader("standard input", text)?;
    /// let plan = stream.group_by(["station"]).mean("degrees").build()?;
    /// let grouped = Pool::new()?.group(&plan)?;
    /// assert_eq!(grouped.get(&[b"Oslo"]).unwrap().number(0), Some(-1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn group_by<'n, C: Into<ColumnRef<'n>>>(
        &self,
        keys: impl IntoIterator<Item = C>,
    ) -> GroupBuilder<'_> {
        GroupBuilder::new(Source::Stream(self), self.columns(), keys)
    }
}

/// Builds a [`GroupPlan`], from [`CsvFile::group_by`].
///
/// Each call asks for one more aggregate, and they are answered in this order. Numbers are read as
/// [`Record::f64`](crate::csv::Record::f64) reads them. An empty field, or one that a record of a flexible file does not have,
/// is no value and counts for nothing but the records; a field that is no number fails the scan. Another
/// [`policy`](Self::policy) may be chosen for each column.
///
/// Whatever is asked for, the answer has the same bits on any number of workers and for any chunk size, because nothing in
/// it depends on the order in which records are added: sums are exact and rounded once, as Python's `math.fsum` does.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("orders.csv");
/// # std::fs::write(&path, "day,shop,item,price\n1,A,tea,2.5\n1,A,milk,1.5\n2,A,tea,2.5\n2,B,tea,\n")?;
/// use ringmill::{Pool, csv::{CsvFile, Value}};
///
/// let file = CsvFile::open(&path)?;
/// let plan = file
///     .group_by(["shop"])
///     .count()
///     .sum("price")
///     .std("price")
///     .quantiles("price", &[0.5, 0.9])
///     .first("item")
///     .last("day")
///     .distinct("item")
///     .memory_limit(1 << 30)
///     .build()?;
/// let grouped = Pool::new()?.group(&plan)?;
/// let names = ["count", "sum(price)", "std(price)", "quantile(price, 0.5)", "quantile(price, 0.9)",
///     "first(item)", "last(day)", "distinct(item)"];
/// assert_eq!(grouped.names(), names);
/// let shop = grouped.group(0);
/// assert_eq!((shop.str(0), shop.value(0)), ("A".into(), Value::Count(3)));
/// assert_eq!((shop.number(1), shop.number(3), shop.number(4)), (Some(6.5), Some(2.5), Some(2.5)));
/// assert_eq!((shop.value(5).bytes(), shop.value(6).bytes()), (Some(&b"tea"[..]), Some(&b"2"[..])));
/// assert_eq!(shop.value(7), Value::Count(2));
/// let shop = grouped.group(1);
/// assert_eq!((shop.value(0), shop.number(1), shop.value(2)), (Value::Count(1), Some(0.0), Value::Missing));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing happens until the plan is built and given to a pool"]
pub struct GroupBuilder<'f> {
    source: Source<'f>,
    /// The filters.
    columns: ColumnsBuilder<'f>,
    policies: Vec<(Column, ColumnPolicy<f64>)>,
    keys: Vec<Column>,
    pub(super) asked: Vec<(Aggregate, Column)>,
    memory_limit: u64,
    /// The first thing that was wrong.
    pub(super) failed: Option<CsvError>,
}

impl<'f> GroupBuilder<'f> {
    fn new<'n, C: Into<ColumnRef<'n>>>(
        source: Source<'f>,
        columns: ColumnsBuilder<'f>,
        keys: impl IntoIterator<Item = C>,
    ) -> Self {
        let mut builder = GroupBuilder {
            source,
            columns,
            policies: Vec::new(),
            keys: Vec::new(),
            asked: Vec::new(),
            memory_limit: MEMORY,
            failed: None,
        };
        for key in keys {
            if let Some(column) = builder.column(key.into()) {
                builder.keys.push(column);
            }
        }
        builder
    }

    /// Says what to do with the fields of a column that are no numbers, where its numbers are asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "name,n\na,1\nb,?\na,?\nb,\n")?;
    /// use ringmill::{Pool, csv::{ColumnPolicy, CsvFile}};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let plan = file.group_by(["name"]).count().sum("n").policy("n", ColumnPolicy::skip_record()).build()?;
    /// let grouped = Pool::new()?.group(&plan)?;
    /// assert_eq!((grouped.len(), grouped.group(0).number(0), grouped.group(0).number(1)), (1, Some(1.0), Some(1.0)));
    /// assert_eq!((grouped.report().skipped(), grouped.report().column(0).invalid()), (3, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn policy<'n>(mut self, column: impl Into<ColumnRef<'n>>, policy: ColumnPolicy<f64>) -> Self {
        if let Some(column) = self.column(column.into()) {
            self.policies.retain(|(known, _)| *known != column);
            self.policies.push((column, policy));
        }
        self
    }

    /// Lets records pass by a number in one of their fields. A field that holds no number is an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "name,n\na,1\nb,20\na,30\nc,40\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let plan = file.group_by(["name"]).sum("n").filter_f64("n", |n| n > 5.0).filter_bytes("name", |name| name != b"c");
    /// let grouped = Pool::new()?.group(&plan.build()?)?;
    /// let sums: Vec<_> = grouped.iter().map(|group| (group.str(0), group.number(0))).collect();
    /// assert_eq!(sums, [("b".into(), Some(20.0)), ("a".into(), Some(30.0))]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter_f64<'n>(
        mut self,
        column: impl Into<ColumnRef<'n>>,
        passes: impl Fn(f64) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.columns = self.columns.filter_f64(column, passes);
        self
    }

    /// Lets records pass by what one of their fields says, quotes taken off; a field that is not there says nothing.
    ///
    /// # Examples
    ///
    /// See [`filter_f64`](Self::filter_f64).
    pub fn filter_bytes<'n>(
        mut self,
        column: impl Into<ColumnRef<'n>>,
        passes: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.columns = self.columns.filter_bytes(column, passes);
        self
    }

    /// Bounds the memory that the groups take, keys included, in bytes; 4 GiB unless asked.
    ///
    /// Past it the scan fails with [`GroupError::Memory`](super::GroupError::Memory). Beside the groups each worker has a table of its own, of a few MiB
    /// for most plans.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Makes the plan.
    ///
    /// # Errors
    ///
    /// The first column that the file does not have, or has twice by that name; a quantile that is not between 0 and 1.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`].
    pub fn build(self) -> Result<GroupPlan<'f>, CsvError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let label = |column: Column| {
            let name = self.source.layout().headers.get(column.index());
            name.map_or_else(|| column.index().to_string(), String::clone)
        };
        let names = self.asked.iter().map(|&(aggregate, column)| aggregate.label(&label(column))).collect();
        let mut plan = GroupPlan {
            columns: self.columns.build()?,
            key_names: self.keys.iter().map(|&key| label(key)).collect(),
            names,
            keys: self.keys,
            measures: Vec::new(),
            distinct: Vec::new(),
            outputs: Vec::new(),
            memory_limit: self.memory_limit,
        };
        let mut numbers = Vec::new();
        plan.measure(&self.asked, &mut numbers);
        for column in numbers {
            let policy = self.policies.iter().find(|(known, _)| *known == column);
            let usual = ColumnPolicy::fail().empty(Otherwise::Null);
            plan.columns.specs.push((column, ColumnSpec::F64(policy.map_or(usual, |&(_, policy)| policy))));
        }
        Ok(plan)
    }

    pub(super) fn ask(mut self, aggregate: Aggregate, column: ColumnRef<'_>) -> Self {
        if let Some(column) = self.column(column) {
            self.asked.push((aggregate, column));
        }
        self
    }

    /// Finds a column, or notes that there is none.
    pub(super) fn column(&mut self, column: ColumnRef<'_>) -> Option<Column> {
        match column {
            ColumnRef::Column(column) => Some(column),
            ColumnRef::Name(name) => match self.source.layout().column(&name) {
                Ok(column) => Some(column),
                Err(error) => {
                    self.failed.get_or_insert(error.into());
                    None
                }
            },
        }
    }
}
