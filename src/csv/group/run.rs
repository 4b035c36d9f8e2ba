//! Running a plan: each worker groups what it reads, and all move their groups to where those of all are.
//!
//! A worker's tables stay in its cache. Whenever one is full, and at the end, its groups are moved to partitions, tables
//! behind a lock each, chosen by the upper bits of a key's hash. So few keys are counted without a word between workers,
//! many take the memory of one table and not one for each worker, and moving them is done by all workers at once.
//!
//! - O2: a worker reads its segments in the order of the input, or else moves its groups before it goes back; so the record
//!   that made a group in its table is the first of those counted there.

use super::error::GroupError;
use super::grouped::Grouped;
use super::head::Hashing;
use super::input::{Inputs, KeyInput, split_first};
use super::measure::Measure;
use super::partition::Partition;
use super::plan::GroupPlan;
use super::table::Table;
use crate::csv::columns::reader::BatchReader;
use crate::csv::columns::{Batch, ColumnsReport};
use crate::csv::error::CsvError;
use crate::csv::segment::Segment;
use crate::pool::Pool;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sync::lock::{Mutex, MutexGuard};
use std::ops::Range;
use std::sync::PoisonError;

/// Bits of a hash that choose a partition: as many as leave a row's place in 32 bits.
pub(super) const PARTITION_BITS: u32 = 6;
const PARTITIONS: usize = 1 << PARTITION_BITS;
/// Bytes of measures at which a worker's groups are moved, however few they are.
const MOST_OWN_BYTES: usize = 16 << 20;
/// So many groups ahead what they need is asked for.
pub(super) const AHEAD: usize = 8;

/// Groups whose hashes begin alike, and what is measured of them.
#[derive(Debug, Default)]
pub(super) struct Shard {
    pub(super) rows: Partition,
    pub(super) measures: Vec<Box<dyn Measure>>,
}

impl Shard {
    fn bytes(&self) -> usize {
        self.rows.bytes() + self.measures.iter().map(|measure| measure.bytes()).sum::<usize>()
    }
}

/// The groups of all workers.
struct Shared<'p> {
    plan: &'p GroupPlan<'p>,
    hashing: Hashing,
    groups: Vec<Mutex<Shard>>,
    /// For each column of which different values are counted: the pairs of keys and values.
    pairs: Vec<Vec<Mutex<Shard>>>,
    bytes: AtomicU64,
    count: AtomicU64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn shards() -> Vec<Mutex<Shard>> {
    (0..PARTITIONS).map(|_| Mutex::new(Shard::default())).collect()
}

/// Returns the partition of a hash.
fn partition_of(hash: u64) -> usize {
    (hash >> (u64::BITS - PARTITION_BITS)) as usize
}

/// Returns the numbers of a table's keys by their partitions, from the one after `after` others on; within each as they are.
fn by_partition(table: &Table, after: usize) -> Vec<u32> {
    let turned = |hash: u64| (partition_of(hash) + PARTITIONS - after) % PARTITIONS;
    let mut starts = [0; PARTITIONS + 1];
    table.keys().iter().for_each(|key| starts[turned(key.hash) + 1] += 1);
    for partition in 0..PARTITIONS {
        starts[partition + 1] += starts[partition];
    }
    let mut numbers = vec![0; table.len()];
    for (number, key) in (0..).zip(table.keys()) {
        let at = &mut starts[turned(key.hash)];
        numbers[*at] = number;
        *at += 1;
    }
    numbers
}

impl Shared<'_> {
    /// Moves all groups of a worker's table; `after` is the partition that it begins with.
    fn take(&self, own: &mut Own, shards: &[Mutex<Shard>], after: usize) -> Result<(), CsvError> {
        let partition = |number: u32| partition_of(own.table.keys()[number as usize].hash);
        let numbers = by_partition(&own.table, after);
        let mut ours = Vec::new();
        for theirs in numbers.chunk_by(|&left, &right| partition(left) == partition(right)) {
            let mut shard = lock(&shards[partition(theirs[0])]);
            let (before, count) = (shard.bytes(), shard.rows.len());
            let Shard { rows, measures } = &mut *shard;
            if measures.is_empty() {
                measures.extend(own.measures.iter().map(|measure| measure.fresh()));
            }
            ours.clear();
            let hash = |at: usize| theirs.get(at).map(|&their| own.table.keys()[their as usize].hash);
            for (at, &their) in theirs.iter().enumerate() {
                // What is looked at soon is asked for, first where rows are and then the rows.
                if let Some(hash) = hash(at + 2 * AHEAD) {
                    rows.ask_for_home(hash);
                }
                if let Some(hash) = hash(at + AHEAD) {
                    rows.ask_for_row(hash);
                }
                let key = &own.table.keys()[their as usize];
                let number = rows.number(&self.hashing, key.hash, own.table.text(key), key.first);
                ours.push(number.map_err(|_| GroupError::Keys)?);
            }
            for (measure, own) in measures.iter_mut().zip(&mut own.measures) {
                measure.take(rows.len(), &mut **own, &ours, theirs);
            }
            let (more_bytes, more) =
                (shard.bytes() as i64 - before as i64, (shard.rows.len() - count) as u64);
            // Under the lock: what is accounted for a shard is what it takes, so the tally never falls below nothing, though
            // measures may shrink as they merge.
            self.account(more_bytes, more)?;
            drop(shard);
        }
        own.clear();
        Ok(())
    }

    /// Adds to what the groups take, and fails if it is too much.
    fn account(&self, bytes: i64, groups: u64) -> Result<(), CsvError> {
        // ORDERING: Relaxed; tallies. Whoever passes the bound sees its own addition, nothing rides on them.
        let bytes = self.bytes.fetch_add(bytes as u64, Relaxed).wrapping_add(bytes as u64);
        // ORDERING: Relaxed; as above.
        let groups = self.count.fetch_add(groups, Relaxed) + groups;
        let limit = self.plan.memory_limit;
        if bytes > limit { Err(GroupError::Memory { limit, groups }.into()) } else { Ok(()) }
    }
}

/// A worker's own groups.
struct Own {
    table: Table,
    measures: Vec<Box<dyn Measure>>,
}

impl Own {
    fn new(hashing: Hashing, measures: &[Box<dyn Measure>]) -> Self {
        Self {
            table: Table::new(hashing),
            measures: measures.iter().map(|measure| measure.fresh()).collect(),
        }
    }

    fn is_full(&self) -> bool {
        self.table.is_full()
            || self.measures.iter().map(|measure| measure.bytes()).sum::<usize>() > MOST_OWN_BYTES
    }

    fn clear(&mut self) {
        self.table.clear();
        self.measures.iter_mut().for_each(|measure| measure.clear());
    }
}

/// A worker: its groups, and how it reads records.
struct Worker {
    reader: BatchReader,
    grouper: Grouper,
    /// The last segment that was read.
    segment: usize,
}

impl Worker {
    fn new(number: usize, shared: &Shared<'_>) -> Self {
        Self {
            reader: BatchReader::new(&shared.plan.columns),
            grouper: Grouper::new(number, shared),
            segment: 0,
        }
    }

    /// Groups the records of a segment.
    fn read(&mut self, segment: &Segment<'_>, shared: &Shared<'_>) -> Result<(), CsvError> {
        if segment.index < self.segment {
            // O2.
            self.grouper.move_all(shared)?;
        }
        self.segment = segment.index;
        self.reader.read(segment, |batch| self.grouper.add(batch, shared))
    }
}

/// A worker's groups.
struct Grouper {
    number: usize,
    groups: Own,
    pairs: Vec<Own>,
    keys: KeyInput,
    pair_keys: KeyInput,
    numbers: Vec<u32>,
}

impl Grouper {
    fn new(number: usize, shared: &Shared<'_>) -> Self {
        let plan = shared.plan;
        let (keys, pair_keys, numbers) = Default::default();
        Self {
            number,
            groups: Own::new(shared.hashing, &plan.measures),
            pairs: plan.distinct.iter().map(|_| Own::new(shared.hashing, &[])).collect(),
            keys,
            pair_keys,
            numbers,
        }
    }

    /// Groups the records of a batch.
    fn add(&mut self, batch: &Batch<'_>, shared: &Shared<'_>) -> Result<(), CsvError> {
        if self.groups.is_full() || self.pairs.iter().any(Own::is_full) {
            self.move_all(shared)?;
        }
        let inputs = Inputs::new(batch);
        self.keys.read(&shared.plan.keys, inputs)?;
        let keys = self.keys.keys(inputs);
        self.groups.table.number_all(keys, &mut self.numbers, |row| inputs.place(row));
        for measure in &mut self.groups.measures {
            measure.add(self.groups.table.len(), &self.numbers, inputs);
        }
        for (own, &column) in self.pairs.iter_mut().zip(&shared.plan.distinct) {
            self.pair_keys.pair(keys, column, inputs);
            own.table.number_all(self.pair_keys.keys(inputs), &mut self.numbers, |_| 0);
        }
        Ok(())
    }

    /// Moves all groups to the partitions.
    fn move_all(&mut self, shared: &Shared<'_>) -> Result<(), CsvError> {
        // Workers that begin at different partitions do not wait for each other.
        let after = self.number * 7 % PARTITIONS;
        shared.take(&mut self.groups, &shared.groups, after)?;
        for (own, shards) in self.pairs.iter_mut().zip(&shared.pairs) {
            shared.take(own, shards, after)?;
        }
        Ok(())
    }
}

impl Pool {
    /// Groups the records of a file by a plan, on all workers.
    ///
    /// Groups come in the order of their first records. The answer has the same bits on any number of workers.
    ///
    /// # Errors
    ///
    /// The first error in the order of the file: a record that has more or fewer fields than the header (unless the file is
    /// flexible), an unclosed quote, a key that a record does not have, a field that is no number where one is asked for, with
    /// file, line, record and byte. [`GroupError`] if the groups take more memory than they may. Also as
    /// [`fold_records`](Self::fold_records) if the file was cut short, or the scan was cancelled or stopped.
    ///
    /// # Examples
    ///
    /// See [`CsvFile::group_by`](crate::csv::CsvFile::group_by).
    pub fn group(&self, plan: &GroupPlan<'_>) -> Result<Grouped, CsvError> {
        let shared = Shared {
            plan,
            hashing: Hashing::new(),
            groups: shards(),
            pairs: plan.distinct.iter().map(|_| shards()).collect(),
            bytes: AtomicU64::new(0),
            count: AtomicU64::new(0),
        };
        let workers = plan.columns.source.each_worker(
            self,
            |number| Worker::new(number, &shared),
            |worker, segment| worker.read(segment, &shared),
        )?;
        let workers: Vec<Mutex<Worker>> = workers.into_iter().map(Mutex::new).collect();
        self.for_all(0..workers.len(), |worker| lock(&workers[worker]).grouper.move_all(&shared))?;
        let reports = workers.into_iter().map(|worker| into_inner(worker).reader.take_report());
        let report = joined(plan, reports.collect());
        let distinct = shared.pairs.iter().map(|pairs| self.count_values(&shared, pairs));
        let distinct = distinct.collect::<Result<Vec<_>, _>>()?;
        let shards = shared.groups.into_iter().map(into_inner).collect();
        Grouped::new(self, plan, shared.hashing, shards, distinct, report)
    }

    /// Counts the pairs of each group: by partition, by number.
    fn count_values(&self, shared: &Shared<'_>, pairs: &[Mutex<Shard>]) -> Result<Vec<Vec<u64>>, CsvError> {
        let counts: Vec<Mutex<Vec<u64>>> =
            shared.groups.iter().map(|shard| Mutex::new(vec![0; lock(shard).rows.len()])).collect();
        self.for_all(0..pairs.len(), |part| {
            for pair in lock(&pairs[part]).rows.rows() {
                let (key, _) = split_first(pair.key);
                let hash = shared.hashing.of_key(key);
                let partition = partition_of(hash);
                let number = lock(&shared.groups[partition]).rows.find(hash, key).map(|row| row.number);
                if let Some(number) = number {
                    lock(&counts[partition])[number as usize] += 1;
                }
            }
            Ok(())
        })?;
        Ok(counts.into_iter().map(into_inner).collect())
    }

    /// Runs `body` with each number, on all workers, and returns the first failure by number.
    pub(super) fn for_all(
        &self,
        numbers: Range<usize>,
        body: impl Fn(usize) -> Result<(), CsvError> + Sync,
    ) -> Result<(), CsvError> {
        self.map_reduce_range(
            numbers,
            1,
            |mut numbers| numbers.try_for_each(&body),
            |left: Result<(), CsvError>, right| left.and(right),
        )?
    }
}

/// Adds up what workers found. Each has kept the first places of its own, in order; the first of all are among them.
fn joined(plan: &GroupPlan<'_>, reports: Vec<ColumnsReport>) -> ColumnsReport {
    let mut all = ColumnsReport::new(plan.columns.len());
    reports.iter().for_each(|report| all.add(report));
    for (at, column) in all.columns.iter_mut().enumerate() {
        let kept = column.first.len();
        column.first = reports.iter().flat_map(|report| report.columns[at].first.iter().copied()).collect();
        column.first.sort_unstable();
        column.first.truncate(kept);
    }
    all
}
