//! What a pool counts and times, always.
//!
//! A worker counts for itself: its counts lie on lines that no other worker writes, and it adds to them without an
//! exchange (`protocol/tally.rs`). Two histograms take each task's times, by its name and its lane: how long it waited
//! and how long it ran. They are made at the first task of that name, so a worker that has run nothing has none. A
//! snapshot reads all of it and stops nobody. What it shows may be torn by what is being written at that moment: a
//! time may be there before its task is counted, never the other way round.
//!
//! What several threads count, as submissions and refusals, is counted by exchanges, once per lane.

mod buckets;
mod clock;
mod figures;
mod histogram;
mod names;
mod prometheus;
mod public;
mod read;
mod recorder;
mod snapshot;
mod table;
mod trace;
mod worker;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crossbeam_utils::CachePadded;

use self::clock::Clock;
use self::names::Names;
use crate::protocol::tally::{Count, Note, Peak};

pub use self::figures::{LaneFigures, RunningTask, TaskFigures, Throttled, WorkerFigures};
pub use self::histogram::Histogram;
pub(crate) use self::names::Name;
pub(crate) use self::recorder::Outcome;
pub use self::snapshot::Snapshot;
pub(crate) use self::trace::Kind;
use self::worker::LANES;
pub(crate) use self::worker::{Running, WorkerMetrics};
use super::task::Readings;

/// A moment, in nanoseconds since the pool was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// No moment: nothing is counted, or it never came.
    pub(crate) const NONE: Self = Self(u64::MAX);

    /// Returns the nanoseconds since an earlier moment; 0 if the clocks of two CPUs say it was later.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> Option<u64> {
        (self != Self::NONE && earlier != Self::NONE).then(|| self.0.saturating_sub(earlier.0))
    }
}

/// Which of the tasks in a full lane had to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DroppedTask {
    Oldest,
    Newest,
}

/// What is to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetricsOptions {
    /// Whether anything is.
    pub(crate) on: bool,
    /// How many events of each worker are kept, if any are.
    pub(crate) trace: Option<usize>,
}

impl Default for MetricsOptions {
    fn default() -> Self {
        Self { on: true, trace: None }
    }
}

/// What is counted where a lane's tasks come in.
#[derive(Debug)]
struct LaneCounts {
    submitted: Count,
    depth: Peak,
    rejected: Count,
    oldest_dropped: Count,
    newest_dropped: Count,
    ran_here: Count,
}

/// All that a pool counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    options: MetricsOptions,
    clock: Clock,
    names: Names,
    lanes: [CachePadded<LaneCounts>; LANES],
    /// When helpers were last woken.
    notified: CachePadded<Note>,
    workers: Box<[CachePadded<WorkerMetrics>]>,
    /// What was counted when it was reset.
    base: Mutex<Option<Box<Snapshot>>>,
}

impl Metrics {
    /// Makes the counts of the threads `0..=threads`; 0 is whoever calls.
    pub(crate) fn new(birth: Instant, threads: usize, options: MetricsOptions) -> Self {
        let lane = || LaneCounts {
            submitted: Count::new(),
            depth: Peak::new(),
            rejected: Count::new(),
            oldest_dropped: Count::new(),
            newest_dropped: Count::new(),
            ran_here: Count::new(),
        };
        let worker = |number| CachePadded::new(WorkerMetrics::new(options, number == 0));
        Self {
            options,
            clock: Clock::new(birth),
            names: Names::new(),
            lanes: [(); LANES].map(|()| CachePadded::new(lane())),
            notified: CachePadded::new(Note::new()),
            workers: (0..=threads).map(worker).collect(),
            base: Mutex::new(None),
        }
    }

    /// Returns the time, or none if nothing is counted.
    #[inline]
    pub(crate) fn now(&self) -> Stamp {
        if self.options.on { Stamp(self.clock.now()) } else { Stamp::NONE }
    }

    /// Returns the number of a name.
    #[inline]
    pub(crate) fn intern(&self, name: &'static str) -> Name {
        if self.options.on { self.names.intern(name) } else { Name::UNNAMED }
    }

    /// Returns the counts of a thread; those of a number that is not there count as callers.
    #[inline]
    pub(crate) fn worker(&self, number: usize) -> &WorkerMetrics {
        match self.workers.get(number) {
            Some(worker) => worker,
            None => &self.workers[0],
        }
    }

    /// Counts a task that was put into one thread's own lane. What the common lanes take in, they count.
    pub(crate) fn submitted(&self, lane: usize) {
        self.at(lane, |lane| lane.submitted.add_shared(1));
    }

    /// Notes how many tasks were seen in a lane.
    pub(crate) fn depth(&self, lane: usize, depth: u64) {
        self.at(lane, |lane| lane.depth.raise_shared(depth));
    }

    /// Counts a task that was given back because its lane was full.
    pub(crate) fn rejected(&self, lane: usize) {
        self.at(lane, |lane| lane.rejected.add_shared(1));
    }

    /// Counts a task that was dropped because its lane was full.
    pub(crate) fn dropped(&self, lane: usize, which: DroppedTask) {
        self.at(lane, |lane| match which {
            DroppedTask::Oldest => lane.oldest_dropped.add_shared(1),
            DroppedTask::Newest => lane.newest_dropped.add_shared(1),
        });
    }

    /// Counts a task that its submitter ran because the lane was full.
    pub(crate) fn ran_here(&self, lane: usize) {
        self.at(lane, |lane| lane.ran_here.add_shared(1));
    }

    /// Says that helpers are being woken.
    pub(crate) fn notified(&self) {
        if self.options.on {
            self.notified.write(self.clock.now());
        }
    }

    /// Counts that worker `number` got up, which lay down when it was `parked`. The time from being woken to running is
    /// that since helpers were last woken, if that was meanwhile.
    pub(crate) fn woke(&self, number: usize, parked: Stamp) {
        let (worker, now, notified) = (self.worker(number), self.now(), Stamp(self.notified.read()));
        let is_since = parked != Stamp::NONE && notified.0 >= parked.0;
        worker.woke(is_since.then(|| now.since(notified)).flatten());
        worker.trace(Kind::Parked, Name::UNNAMED, parked, now);
    }

    /// Returns the time if anything is traced.
    #[inline]
    pub(crate) fn trace_start(&self) -> Stamp {
        if self.options.trace.is_some() { self.now() } else { Stamp::NONE }
    }

    /// Notes what worker `number` did since `start`, if that was noted.
    #[inline]
    pub(crate) fn trace_since(&self, kind: Kind, number: usize, start: Stamp) {
        if start != Stamp::NONE {
            self.worker(number).trace(kind, Name::UNNAMED, start, self.now());
        }
    }

    #[inline]
    fn at(&self, lane: usize, count: impl FnOnce(&LaneCounts)) {
        if self.options.on {
            count(&self.lanes[lane.min(LANES - 1)]);
        }
    }

    /// Returns what was counted since the last reset. `read_lanes` asks the lanes.
    pub(crate) fn snapshot(&self, read_lanes: impl FnOnce() -> Readings) -> Snapshot {
        let now = self.read(read_lanes);
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        base.as_ref().map_or_else(|| now.clone(), |base| now.since(base))
    }

    /// Begins to count anew: what was counted is remembered and subtracted, so nothing that is being counted is lost.
    pub(crate) fn reset(&self, read_lanes: impl FnOnce() -> Readings) {
        let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in &self.lanes {
            lane.depth.take();
        }
        *base = Some(Box::new(self.read(read_lanes)));
    }
}
