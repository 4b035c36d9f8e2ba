//! What a snapshot consists of: the figures of tasks, of lanes, of workers.

use std::time::Duration;

use super::histogram::Histogram;
use crate::pool::task::Lane;

/// What is known of the tasks of one name in one lane.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TaskFigures {
    /// The name; "other" for tasks whose name came when 64 others were there. Empty for tasks without one, and where
    /// these are the figures of several names.
    pub name: &'static str,
    /// The lane; none where these are the figures of several.
    pub lane: Option<Lane>,
    /// Tasks that returned.
    pub completed: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks that were cancelled, before or while they ran.
    pub cancelled: u64,
    /// Tasks whose queue deadline or run budget was over.
    pub overdue: u64,
    /// From submission to start.
    pub wait: Histogram,
    /// From start to end.
    pub run: Histogram,
}

/// What is known of a lane.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LaneFigures {
    /// The lane.
    pub lane: Lane,
    /// Tasks that were put into it.
    pub submitted: u64,
    /// Places of it that are taken now: by tasks that wait, and by those that were cancelled or run by whoever waited for
    /// them, until a worker comes to their place.
    pub depth: u64,
    /// The most that were in it at a time since the last reset, to within 64: it is looked at as often as that.
    pub most: u64,
    /// Tasks that were given back because it was full.
    pub rejected: u64,
    /// Tasks that were dropped from its front because it was full.
    pub oldest_dropped: u64,
    /// Tasks that were dropped at its end because it was full.
    pub newest_dropped: u64,
    /// Tasks that their submitter ran because it was full.
    pub ran_here: u64,
}

/// What is known of a worker.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WorkerFigures {
    /// The worker's number. 0 stands for all threads that are not the pool's own.
    pub worker: usize,
    /// Tasks that were submitted to it and nobody else, and wait now.
    pub depth: u64,
    /// Tasks that it ran, however they ended.
    pub tasks: u64,
    /// How often it lay down.
    pub parks: u64,
    /// How often it got up again.
    pub wakes: u64,
    /// How often it began to look around for work without sleeping.
    pub spins: u64,
    /// Loops and forks of others that it helped with.
    pub loops: u64,
    /// Pieces of those loops, and halves of those forks, that it took.
    pub steals: u64,
    /// From the moment somebody woke it to the moment it ran.
    pub wake_up: Histogram,
    /// What it runs now.
    pub running: Option<RunningTask>,
}

/// How the kernel stopped the process because the quota of a control group was used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throttled {
    /// Periods in which that happened.
    pub periods: u64,
    /// For how long.
    pub time: Duration,
}

/// A task that runs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunningTask {
    /// Its name, empty if it has none.
    pub name: &'static str,
    /// How long it has run.
    pub elapsed: Duration,
}

/// Returns what a lane is called in texts.
pub(super) fn lane_text(lane: Lane) -> &'static str {
    match lane {
        Lane::Latency => "latency",
        Lane::Normal => "normal",
        Lane::Background => "background",
    }
}

impl Throttled {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            periods: self.periods.saturating_sub(before.periods),
            time: self.time.saturating_sub(before.time),
        }
    }
}

impl TaskFigures {
    /// Returns how many tasks ended, however they did.
    pub fn ended(&self) -> u64 {
        self.completed + self.panicked + self.cancelled + self.overdue
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.completed += other.completed;
        self.panicked += other.panicked;
        self.cancelled += other.cancelled;
        self.overdue += other.overdue;
        self.wait.merge(&other.wait);
        self.run.merge(&other.run);
    }

    pub(super) fn since(&self, earlier: &[Self]) -> Self {
        let before = earlier.iter().find(|before| (before.name, before.lane) == (self.name, self.lane));
        let Some(before) = before else {
            return self.clone();
        };
        Self {
            completed: self.completed.saturating_sub(before.completed),
            panicked: self.panicked.saturating_sub(before.panicked),
            cancelled: self.cancelled.saturating_sub(before.cancelled),
            overdue: self.overdue.saturating_sub(before.overdue),
            wait: self.wait.since(&before.wait),
            run: self.run.since(&before.run),
            ..*self
        }
    }
}

impl LaneFigures {
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            submitted: self.submitted.saturating_sub(before.submitted),
            rejected: self.rejected.saturating_sub(before.rejected),
            oldest_dropped: self.oldest_dropped.saturating_sub(before.oldest_dropped),
            newest_dropped: self.newest_dropped.saturating_sub(before.newest_dropped),
            ran_here: self.ran_here.saturating_sub(before.ran_here),
            ..*self
        }
    }
}

impl WorkerFigures {
    /// Returns whether it ever did anything.
    pub(super) fn has_any(&self) -> bool {
        let counts = [self.tasks, self.depth, self.parks, self.spins, self.loops];
        self.running.is_some() || counts.iter().any(|&count| count > 0)
    }

    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            tasks: self.tasks.saturating_sub(before.tasks),
            steals: self.steals.saturating_sub(before.steals),
            parks: self.parks.saturating_sub(before.parks),
            wakes: self.wakes.saturating_sub(before.wakes),
            spins: self.spins.saturating_sub(before.spins),
            loops: self.loops.saturating_sub(before.loops),
            wake_up: self.wake_up.since(&before.wake_up),
            ..*self
        }
    }
}
