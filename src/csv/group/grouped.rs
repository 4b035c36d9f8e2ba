//! The answer to a group-by: groups in the order of their first records, each a row of a partition.

use super::aggregate::{Measured, Value};
use super::head::Hashing;
use super::input::split_first;
use super::partition::Row;
use super::plan::{GroupPlan, Output};
use super::run::{PARTITION_BITS, Shard, into_inner, lock};
use crate::csv::columns::ColumnsReport;
use crate::csv::error::CsvError;
use crate::pool::Pool;
use crate::sync::lock::Mutex;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

const PLACE_BITS: u32 = u32::BITS - PARTITION_BITS;

/// The groups of a file, from [`Pool::group`], in the order of their first records.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "to,by,fare\nRoma,bus,2\nOslo,bus,3\nRoma,rail,9\nRoma,bus,4\n")?;
/// use ringmill::{Pool, csv::CsvFile};
///
/// let file = CsvFile::open(&path)?;
/// let grouped = Pool::new()?.group(&file.group_by(["to", "by"]).sum("fare").build()?)?;
/// assert_eq!((grouped.len(), grouped.is_empty()), (3, false));
/// assert_eq!((grouped.key_names(), grouped.names()), (&["to", "by"].map(String::from)[..], &["sum(fare)".to_owned()][..]));
/// let rows: Vec<_> = grouped.iter().map(|group| (group.str(0), group.str(1), group.number(0))).collect();
/// assert_eq!(rows[0], ("Roma".into(), "bus".into(), Some(6.0)));
/// assert_eq!(rows[1], ("Oslo".into(), "bus".into(), Some(3.0)));
/// let rail = grouped.get(&[b"Roma", b"rail"]).unwrap();
/// assert_eq!(rail.values().next().unwrap().number(), Some(9.0));
/// let sorted = grouped.sorted_by_key();
/// assert_eq!(sorted.group(0).keys().collect::<Vec<_>>(), [b"Oslo", &b"bus"[..]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Grouped {
    key_names: Vec<String>,
    names: Vec<String>,
    outputs: Vec<Output>,
    hashing: Hashing,
    shards: Vec<Shard>,
    /// For each column of which different values were counted: by partition, by number.
    distinct: Vec<Vec<Vec<u64>>>,
    report: ColumnsReport,
    /// Partition and place of each group's row.
    order: Vec<u32>,
}

impl Grouped {
    pub(super) fn new(
        pool: &Pool,
        plan: &GroupPlan<'_>,
        hashing: Hashing,
        shards: Vec<Shard>,
        distinct: Vec<Vec<Vec<u64>>>,
        report: ColumnsReport,
    ) -> Result<Self, CsvError> {
        let mut grouped = Self {
            key_names: plan.key_names.clone(),
            names: plan.names.clone(),
            outputs: plan.outputs.clone(),
            hashing,
            shards,
            distinct,
            report,
            order: Vec::new(),
        };
        // Each partition is put in order on its own, and then they are merged.
        let sorted: Vec<Mutex<Vec<u32>>> = grouped.shards.iter().map(|_| Mutex::new(Vec::new())).collect();
        pool.for_all(0..sorted.len(), |partition| {
            let rows = &grouped.shards[partition].rows;
            let mut firsts = Vec::with_capacity(rows.len());
            firsts.extend(rows.rows_and_places().map(|(row, place)| (row.first, place)));
            firsts.sort_unstable();
            let places = firsts.into_iter().map(|(_, place)| place).collect();
            *lock(&sorted[partition]) = places;
            Ok(())
        })?;
        let sorted: Vec<Vec<u32>> = sorted.into_iter().map(into_inner).collect();
        grouped.order = grouped.merged(&sorted);
        Ok(grouped)
    }

    /// Merges the places of all partitions by the first records of their rows.
    fn merged(&self, sorted: &[Vec<u32>]) -> Vec<u32> {
        let mut order = Vec::with_capacity(sorted.iter().map(Vec::len).sum());
        let first = |partition: usize, at: usize| {
            sorted[partition].get(at).map(|&place| self.shards[partition].rows.row_at(place).first)
        };
        let heads =
            (0..sorted.len()).filter_map(|partition| Some(Reverse((first(partition, 0)?, partition, 0))));
        let mut heads: BinaryHeap<_> = heads.collect();
        while let Some(mut head) = heads.peek_mut() {
            let Reverse((_, partition, at)) = *head;
            order.push((partition as u32) << PLACE_BITS | sorted[partition][at]);
            match first(partition, at + 1) {
                Some(next) => *head = Reverse((next, partition, at + 1)),
                None => {
                    PeekMut::pop(head);
                }
            }
        }
        order
    }

    /// Returns how many groups there are.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns whether there are no groups.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns the names of the key's columns, or their indices where there is no header.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn key_names(&self) -> &[String] {
        &self.key_names
    }

    /// Returns the names of the aggregates, in the order in which they were asked for, as `mean(degrees)`.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns what was found in the columns that were read as numbers beside numbers, and how many records there were.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "name,n\na,1\nb,\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let plan = file.group_by(["name"]).mean("n").build()?;
    /// let grouped = Pool::new()?.group(&plan)?;
    /// assert_eq!((grouped.report().records(), plan.columns().name(0), grouped.report().column(0).nulls()), (2, "n".into(), 1));
    /// assert_eq!(grouped.report().places(plan.columns(), 0)?[0].line(), Some(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn report(&self) -> &ColumnsReport {
        &self.report
    }

    /// Returns a group by its number.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn group(&self, number: usize) -> Group<'_> {
        let (partition, row) = self.row(self.order[number]);
        Group { grouped: self, partition, row }
    }

    /// Goes over all groups.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Group<'_>> {
        (0..self.len()).map(|number| self.group(number))
    }

    /// Finds a group by what the fields of its key say, one for each column of the key.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn get(&self, key: &[impl AsRef<[u8]>]) -> Option<Group<'_>> {
        if key.len() != self.key_names.len() {
            return None;
        }
        let key = super::input::join(key);
        let hash = self.hashing.of_key(&key);
        let partition = (hash >> (u64::BITS - PARTITION_BITS)) as usize;
        let row = self.shards[partition].rows.find(hash, &key)?;
        Some(Group { grouped: self, partition, row })
    }

    /// Puts the groups in the order of their keys: by bytes, the first column of the key before the next.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn sorted_by_key(mut self) -> Self {
        let mut order = std::mem::take(&mut self.order);
        if self.key_names.len() == 1 {
            self.sort_by_heads(&mut order);
        } else {
            let keys = |place: u32| self.keys(self.row(place).1.key);
            order.sort_unstable_by(|&left, &right| keys(left).cmp(keys(right)));
        }
        self.order = order;
        self
    }

    /// Sorts groups by the bytes of their keys. What all keys begin with is skipped, and the eight bytes behind it are taken
    /// along, so that few keys are looked at where they lie.
    fn sort_by_heads(&self, order: &mut [u32]) {
        let key = |place: u32| self.row(place).1.key;
        let Some(first) = order.first().map(|&place| key(place)) else { return };
        let common = order.iter().fold(first.len(), |common, &place| {
            first[..common].iter().zip(key(place)).take_while(|(left, right)| left == right).count()
        });
        let rest = |place: u32| &key(place)[common..];
        let head = |place: u32| {
            let mut head = [0; 8];
            let rest = rest(place);
            let len = rest.len().min(8);
            head[..len].copy_from_slice(&rest[..len]);
            let head = u64::from_be_bytes(head);
            // Two words, so that three take no more than they are.
            ([(head >> 32) as u32, head as u32], place)
        };
        let mut heads: Vec<([u32; 2], u32)> = order.iter().map(|&place| head(place)).collect();
        heads.sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| rest(left.1).cmp(rest(right.1)))
        });
        order.iter_mut().zip(heads).for_each(|(place, (_, sorted))| *place = sorted);
    }

    /// Returns the partition and the row that a place stands for.
    fn row(&self, place: u32) -> (usize, Row<'_>) {
        let partition = (place >> PLACE_BITS) as usize;
        (partition, self.shards[partition].rows.row_at(place & ((1 << PLACE_BITS) - 1)))
    }

    /// Takes a joined key apart.
    fn keys<'k>(&self, joined: &'k [u8]) -> impl Iterator<Item = &'k [u8]> + use<'k> {
        let mut rest = joined;
        (0..self.key_names.len()).rev().map(move |left| {
            if left == 0 {
                return rest;
            }
            let (key, others) = split_first(rest);
            rest = others;
            key
        })
    }
}

/// One group of a [`Grouped`].
///
/// # Examples
///
/// See [`Grouped`].
#[derive(Clone, Copy, Debug)]
pub struct Group<'g> {
    grouped: &'g Grouped,
    partition: usize,
    row: Row<'g>,
}

impl<'g> Group<'g> {
    /// Goes over what the fields of the key say.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn keys(&self) -> impl Iterator<Item = &'g [u8]> + use<'g> {
        self.grouped.keys(self.row.key)
    }

    /// Returns what the field of a column of the key says.
    ///
    /// # Panics
    ///
    /// If the key has no such column.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("t.csv");
    /// # std::fs::write(&path, "a,b\n1,2\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// let grouped = Pool::new()?.group(&file.group_by(["b", "a"]).build()?)?;
    /// assert_eq!((grouped.group(0).key(0), grouped.group(0).key(1)), (&b"2"[..], &b"1"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn key(&self, column: usize) -> &'g [u8] {
        let columns = self.grouped.key_names.len();
        assert!(column < columns, "column {column} of a key of {columns}");
        self.keys().nth(column).unwrap_or_default()
    }

    /// Returns what the field of a column of the key says, as text; what is not UTF-8 is replaced.
    ///
    /// # Panics
    ///
    /// If the key has no such column.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn str(&self, column: usize) -> Cow<'g, str> {
        String::from_utf8_lossy(self.key(column))
    }

    /// Returns what an aggregate comes to, by its number.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    ///
    /// # Examples
    ///
    /// See [`GroupBuilder`](super::GroupBuilder).
    pub fn value(&self, aggregate: usize) -> Value<'g> {
        let number = self.row.number;
        let measured = match self.grouped.outputs[aggregate] {
            Output::Measure { measure, aggregate } => {
                self.grouped.shards[self.partition].measures[measure].value(number, aggregate)
            }
            Output::Distinct { column } => {
                Measured::Count(self.grouped.distinct[column][self.partition][number as usize])
            }
        };
        measured.into()
    }

    /// Returns an aggregate as a number, if it is one or a count.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn number(&self, aggregate: usize) -> Option<f64> {
        self.value(aggregate).number()
    }

    /// Goes over all aggregates, in the order in which they were asked for.
    ///
    /// # Examples
    ///
    /// See [`Grouped`].
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'g>> + use<'g> {
        let group = *self;
        (0..group.grouped.outputs.len()).map(move |aggregate| group.value(aggregate))
    }
}
