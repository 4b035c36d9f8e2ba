//! What one worker counts.

use std::sync::OnceLock;

use super::names::{NUMBERS, Name};
use super::recorder::{Figures, Outcome, Recorder};
use super::trace::{Events, Kind};
use super::{MetricsOptions, Stamp};
use crate::protocol::tally::{Count, Note};

/// Lanes of tasks.
pub(crate) const LANES: usize = 3;

/// The counts of one worker. Number 0 stands for all threads that are not the pool's: they share it.
#[derive(Debug)]
pub(crate) struct WorkerMetrics {
    /// Whether anything is counted at all.
    on: bool,
    /// Whether several threads write.
    shared: bool,
    pub(super) parks: Count,
    pub(super) spins: Count,
    pub(super) wakes: Count,
    pub(super) steals: Count,
    pub(super) loops: Count,
    pub(super) pieces: Count,
    /// The name of what runs, in the low bits, and when it began; 0 if nothing does.
    pub(super) now: Note,
    pub(super) wake_up: OnceLock<Box<Recorder>>,
    /// By name and lane: made as they are first used, so that an idle worker has nothing.
    pub(super) figures: OnceLock<Box<[OnceLock<Box<Figures>>]>>,
    /// What it did when, if that is kept.
    pub(super) events: Option<Box<Events>>,
}

/// A task that runs.
#[derive(Debug)]
#[must_use = "a task that runs is counted when it ends"]
pub(crate) struct Running<'a> {
    worker: &'a WorkerMetrics,
    name: Name,
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
    pub(crate) fn end(self, lane: usize, submitted: Stamp, ended: Stamp, outcome: Outcome) {
        let Self { worker, name, started, outer } = self;
        if !worker.on {
            return;
        }
        let figures = worker.figures_of(name, lane);
        if let Some(wait) = started.since(submitted) {
            figures.wait.record(wait, worker.shared);
        }
        if let Some(run) = ended.since(started) {
            figures.run.record(run, worker.shared);
        }
        figures.end(outcome, worker.shared);
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
            shared,
            parks: zero(),
            spins: zero(),
            wakes: zero(),
            steals: zero(),
            loops: zero(),
            pieces: zero(),
            now: Note::new(),
            wake_up: OnceLock::new(),
            figures: OnceLock::new(),
            events: options.trace.filter(|_| options.on).map(events),
        }
    }

    /// Notes that this worker begins with a task.
    #[inline]
    pub(crate) fn begin(&self, name: Name, started: Stamp) -> Running<'_> {
        let mut outer = 0;
        // Of several threads the last one is seen.
        if started != Stamp::NONE {
            outer = self.now.read();
            // Never 0, which says that nothing runs.
            self.now.write((started.0 + 1) << NAME_BITS | name.number() as u64);
        }
        Running { worker: self, name, started, outer }
    }

    /// Counts a task that never ran.
    pub(crate) fn never_ran(&self, name: Name, lane: usize, outcome: Outcome) {
        if self.on {
            self.figures_of(name, lane).end(outcome, self.shared);
        }
    }

    #[inline]
    fn figures_of(&self, name: Name, lane: usize) -> &Figures {
        let place = name.number() * LANES + lane.min(LANES - 1);
        match self.figures.get().and_then(|all| all[place].get()) {
            Some(figures) => figures,
            None => self.make_figures(place),
        }
    }

    #[cold]
    fn make_figures(&self, place: usize) -> &Figures {
        let all = self.figures.get_or_init(|| (0..NUMBERS * LANES).map(|_| OnceLock::new()).collect());
        all[place].get_or_init(|| Box::new(Figures::new()))
    }

    /// Counts that this worker lies down.
    pub(crate) fn parked(&self) {
        self.count(&self.parks, 1);
    }

    /// Counts that this worker got up, and the nanoseconds since somebody woke it, if somebody did.
    pub(super) fn woke(&self, since_notified: Option<u64>) {
        self.count(&self.wakes, 1);
        if let Some(nanoseconds) = since_notified.filter(|_| self.on) {
            self.wake_up.get_or_init(|| Box::new(Recorder::new())).record(nanoseconds, self.shared);
        }
    }

    /// Counts that this worker began to look around for work without sleeping.
    pub(crate) fn spun(&self) {
        self.count(&self.spins, 1);
    }

    /// Counts tasks that were taken from where another worker would have looked.
    #[allow(dead_code, reason = "joins and scopes will count")]
    pub(crate) fn stole(&self, tasks: u64) {
        self.count(&self.steals, tasks);
    }

    /// Counts a loop of another thread that this worker came to help with, and the pieces that it ran of it.
    pub(crate) fn helped(&self, pieces: u32) {
        if pieces > 0 {
            self.count(&self.loops, 1);
            self.count(&self.pieces, u64::from(pieces));
        }
    }

    #[inline]
    fn count(&self, count: &Count, more: u64) {
        match (self.on, self.shared) {
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
