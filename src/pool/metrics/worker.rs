//! What one worker counts.

use std::sync::OnceLock;

use crossbeam_utils::CachePadded;

use super::figures::TaskFigures;
use super::names::Name;
use super::recorder::{Outcome, Recorded, Recorder, Table};
use super::trace::{Events, Kind};
use super::{MetricsOptions, Stamp};
use crate::protocol::tally::{Count, Note, Turn};

/// Lanes of tasks.
pub(crate) const LANES: usize = 3;

/// The counts of one worker. Number 0 stands for all threads that are not the pool's: they share it.
#[derive(Debug)]
pub(crate) struct WorkerMetrics {
    /// Whether anything is counted at all.
    on: bool,
    /// For several threads that share it.
    crowd: Option<Box<CachePadded<Crowd>>>,
    pub(super) parks: Count,
    pub(super) spins: Count,
    pub(super) wakes: Count,
    pub(super) steals: Count,
    pub(super) loops: Count,
    /// The name of what runs, in the low bits, and when it began; 0 if nothing does.
    pub(super) now: Note,
    pub(super) wake_up: OnceLock<Box<Recorder>>,
    table: Table,
    /// What it did when, if that is kept.
    pub(super) events: Option<Box<Events>>,
}

/// How several threads record: whoever gets the turn as a worker does, the others elsewhere by exchanges.
#[derive(Debug)]
struct Crowd {
    turn: Turn,
    table: Table,
}

/// A task that runs: what is known of it at its start, so that its end has nothing to look up.
#[derive(Debug)]
#[must_use = "a task that runs is counted when it ends"]
pub(crate) struct Running<'a> {
    worker: &'a WorkerMetrics,
    name: Name,
    lane: usize,
    submitted: Stamp,
    started: Stamp,
    /// The note of the task that the same thread ran before, and goes on with.
    outer: u64,
}

impl Running<'_> {
    #[inline]
    pub(crate) fn started(&self) -> Stamp {
        self.started
    }

    /// Records the task, which has ended.
    #[inline]
    pub(crate) fn end(self, ended: Stamp, outcome: Outcome) {
        let Self { worker, name, lane, submitted, started, outer } = self;
        if !worker.on {
            return;
        }
        worker.record(name, lane, |recorded, shared| {
            if let Some(nanoseconds) = started.since(submitted) {
                recorded.wait(nanoseconds, shared);
            }
            if let Some(nanoseconds) = ended.since(started) {
                recorded.run(nanoseconds, shared);
            }
            recorded.end(outcome, shared);
        });
        worker.now.write(outer);
        worker.trace(Kind::Task, name, started, ended);
    }
}

/// Bits of a note that are the name's.
const NAME_BITS: u32 = 8;

impl WorkerMetrics {
    pub(super) fn new(options: MetricsOptions, shared: bool) -> Self {
        let zero = Count::new;
        let events = |capacity| Box::new(Events::new(capacity, shared));
        Self {
            on: options.on,
            crowd: shared
                .then(|| Box::new(CachePadded::new(Crowd { turn: Turn::new(), table: Table::new() }))),
            parks: zero(),
            spins: zero(),
            wakes: zero(),
            steals: zero(),
            loops: zero(),
            now: Note::new(),
            wake_up: OnceLock::new(),
            table: Table::new(),
            events: options.trace.filter(|_| options.on).map(events),
        }
    }

    /// Notes that this worker begins with a task.
    #[inline]
    pub(crate) fn begin(&self, name: Name, lane: usize, submitted: Stamp, started: Stamp) -> Running<'_> {
        let mut outer = 0;
        // Of several threads the last one is seen.
        if started != Stamp::NONE {
            outer = self.now.read();
            // Never 0, which says that nothing runs.
            self.now.write((started.0 + 1) << NAME_BITS | name.number() as u64);
        }
        Running { worker: self, name, lane, submitted, started, outer }
    }

    /// Counts a task that never ran.
    pub(crate) fn never_ran(&self, name: Name, lane: usize, outcome: Outcome) {
        if self.on {
            self.record(name, lane, |recorded, shared| recorded.end(outcome, shared));
        }
    }

    /// Runs `write` on what is recorded for a name in a lane, and says whether others write it too.
    #[inline]
    fn record(&self, name: Name, lane: usize, write: impl Fn(&Recorded, bool)) {
        match &self.crowd {
            None => write(self.table.at(name, lane), false),
            Some(crowd) if crowd.turn.try_take() => {
                write(self.table.at(name, lane), false);
                crowd.turn.give_back();
            }
            Some(crowd) => write(crowd.table.at(name, lane), true),
        }
    }

    /// Returns the figures of tasks, by their places.
    /// Notes that the thread is gone, and what it ran with it.
    pub(crate) fn is_gone(&self) {
        self.now.write(0);
    }

    pub(super) fn tasks(&self) -> impl Iterator<Item = (usize, TaskFigures)> {
        self.table.read().chain(self.crowd.iter().flat_map(|crowd| crowd.table.read()))
    }

    /// Counts that this worker lies down.
    pub(crate) fn parked(&self) {
        self.count(&self.parks, 1);
    }

    /// Counts that this worker got up, and the nanoseconds since somebody woke it, if somebody did.
    pub(super) fn woke(&self, since_notified: Option<u64>) {
        self.count(&self.wakes, 1);
        if let Some(nanoseconds) = since_notified.filter(|_| self.on) {
            self.wake_up.get_or_init(|| Box::new(Recorder::new())).record(nanoseconds, self.crowd.is_some());
        }
    }

    /// Counts that this worker began to look around for work without sleeping.
    pub(crate) fn spun(&self) {
        self.count(&self.spins, 1);
    }

    /// Counts a loop or a fork of another thread that this worker helped with, and the pieces that it took of it.
    pub(crate) fn helped(&self, pieces: u32) {
        if pieces > 0 {
            self.count(&self.loops, 1);
            self.count(&self.steals, u64::from(pieces));
        }
    }

    #[inline]
    fn count(&self, count: &Count, more: u64) {
        match (self.on, self.crowd.is_some()) {
            (false, _) => {}
            (true, true) => count.add_shared(more),
            (true, false) => count.add(more),
        }
    }

    /// Returns what runs now, and since when in nanoseconds.
    pub(super) fn runs(&self) -> Option<(Name, u64)> {
        let note = self.now.read();
        let started = (note >> NAME_BITS).checked_sub(1)?;
        Some((Name::from_number((note & ((1 << NAME_BITS) - 1)) as usize), started))
    }
}
