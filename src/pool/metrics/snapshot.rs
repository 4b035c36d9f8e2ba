//! What a snapshot is: plain numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::histogram::Histogram;
use super::recorder::{OUTCOMES, Outcome};
use super::worker::{LANES, WorkerMetrics};
use super::{LaneCounts, Metrics};
use crate::pool::task::Readings;
use crate::protocol::tally::Count;
use crate::sys::throttle;

/// The lanes, as they are called.
pub(super) const LANE_NAMES: [&str; LANES] = ["latency", "normal", "background"];

/// What a pool counted: by name, by lane, by worker, and in all.
///
/// It was read while the pool worked on. Every count in it was right at some moment of the reading, and none goes down
/// from one snapshot to the next. Of a task that is counted as ended the times are there too; the times of a task that
/// is ending may be there before it is counted.
///
/// # Examples
///
/// ```
/// let pool = ringmill::Pool::new()?;
/// let snapshot = pool.metrics();
/// assert_eq!(snapshot.completed(), 0);
/// println!("{snapshot}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) age: Duration,
    pub(super) tasks: Vec<TaskFigures>,
    pub(super) lanes: Vec<LaneFigures>,
    pub(super) workers: Vec<WorkerFigures>,
    pub(super) throttled: Option<Throttled>,
}

/// What is known of the tasks of one name in one lane.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskFigures {
    /// The name; empty for tasks without one, "other" for those whose name came when 64 others were there.
    pub name: &'static str,
    /// The lane: "latency", "normal" or "background".
    pub lane: &'static str,
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
    /// The lane: "latency", "normal" or "background".
    pub lane: &'static str,
    /// Tasks that were put into it.
    pub submitted: u64,
    /// Tasks that are in it now.
    pub depth: u64,
    /// The most that were in it at a time since the last reset, to within 32: it is looked at as often as that.
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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkerFigures {
    /// The worker's number. 0 stands for all threads that are not the pool's own.
    pub worker: usize,
    /// Tasks that were submitted to it and nobody else, and wait now.
    pub depth: u64,
    /// Tasks that it ran, however they ended.
    pub tasks: u64,
    /// Tasks that it took from where another worker would have looked.
    pub steals: u64,
    /// How often it lay down.
    pub parks: u64,
    /// How often it got up again.
    pub wakes: u64,
    /// How often it began to look around for work without sleeping.
    pub spins: u64,
    /// Loops of others that it helped with.
    pub loops: u64,
    /// Pieces of those loops that it ran.
    pub pieces: u64,
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

impl Snapshot {
    /// Returns the time since the pool was made, or since the counts were reset, or since the earlier snapshot.
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Returns the figures of tasks, one for each name in each lane that any task of it ended in.
    pub fn tasks(&self) -> &[TaskFigures] {
        &self.tasks
    }

    /// Returns the figures of the lanes: latency, normal, background.
    pub fn lanes(&self) -> &[LaneFigures] {
        &self.lanes
    }

    /// Returns the figures of the workers by their numbers. Number 0 stands for all threads that are not the pool's own.
    pub fn workers(&self) -> &[WorkerFigures] {
        &self.workers
    }

    /// Returns how the kernel stopped the process because its quota was used up: since its control groups were made, or
    /// since the counts were reset. None if no group of its has a quota.
    pub fn throttled(&self) -> Option<Throttled> {
        self.throttled
    }

    /// Returns the figures of the tasks of a name, in all lanes together.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert_eq!(pool.metrics().named("parse").completed, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn named(&self, name: &str) -> TaskFigures {
        self.all_of(|task| task.name == name)
    }

    /// Returns the figures of the tasks of a lane, of all names together.
    pub fn in_lane(&self, lane: &str) -> TaskFigures {
        self.all_of(|task| task.lane == lane)
    }

    fn all_of(&self, is_meant: impl Fn(&TaskFigures) -> bool) -> TaskFigures {
        let mut tasks = self.tasks.iter().filter(|task| is_meant(task));
        let Some(first) = tasks.next() else {
            return TaskFigures::none("", "");
        };
        tasks.fold(first.clone(), |mut all, task| {
            if all.lane != task.lane {
                all.lane = "";
            }
            if all.name != task.name {
                all.name = "";
            }
            all.merge(task);
            all
        })
    }

    /// Returns how many tasks were put into lanes.
    pub fn submitted(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.submitted).sum()
    }

    /// Returns how many tasks returned.
    pub fn completed(&self) -> u64 {
        self.tasks.iter().map(|task| task.completed).sum()
    }

    /// Returns how many tasks panicked.
    pub fn panicked(&self) -> u64 {
        self.tasks.iter().map(|task| task.panicked).sum()
    }

    /// Returns how many tasks were cancelled.
    pub fn cancelled(&self) -> u64 {
        self.tasks.iter().map(|task| task.cancelled).sum()
    }

    /// Returns how many tasks were overdue.
    pub fn overdue(&self) -> u64 {
        self.tasks.iter().map(|task| task.overdue).sum()
    }

    /// Returns how many tasks were given back because their lane was full.
    pub fn rejected(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.rejected).sum()
    }

    /// Returns how many tasks were dropped because their lane was full.
    pub fn dropped(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.oldest_dropped + lane.newest_dropped).sum()
    }

    /// Returns how many tasks are in the lanes now.
    pub fn depth(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.depth).sum()
    }

    /// Returns how long all tasks waited for their start.
    pub fn wait(&self) -> Histogram {
        self.all_of(|_| true).wait
    }

    /// Returns how long all tasks ran.
    pub fn run(&self) -> Histogram {
        self.all_of(|_| true).run
    }

    /// Returns how long all workers took to wake.
    pub fn wake_up(&self) -> Histogram {
        self.workers.iter().fold(Histogram::default(), |mut all, worker| {
            all.merge(&worker.wake_up);
            all
        })
    }

    /// Returns what was counted since an earlier snapshot of the same pool. What is now stays: depths, the most in a
    /// lane, what runs. The longest duration is only known to 12.5 %, unless it is the longest of all.
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            age: self.age.saturating_sub(earlier.age),
            tasks: self.tasks.iter().map(|task| task.since(&earlier.tasks)).collect(),
            lanes: self.lanes.iter().zip(&earlier.lanes).map(|(lane, before)| lane.since(before)).collect(),
            workers: self
                .workers
                .iter()
                .zip(&earlier.workers)
                .map(|(worker, before)| worker.since(before))
                .collect(),
            throttled: self.throttled.map(|now| now.since(earlier.throttled.unwrap_or_default())),
        }
    }
}

impl Throttled {
    fn since(self, before: Self) -> Self {
        Self {
            periods: self.periods.saturating_sub(before.periods),
            time: self.time.saturating_sub(before.time),
        }
    }
}

impl TaskFigures {
    fn none(name: &'static str, lane: &'static str) -> Self {
        Self {
            name,
            lane,
            completed: 0,
            panicked: 0,
            cancelled: 0,
            overdue: 0,
            wait: Histogram::default(),
            run: Histogram::default(),
        }
    }

    /// Returns how many tasks ended, however they did.
    pub fn ended(&self) -> u64 {
        self.completed + self.panicked + self.cancelled + self.overdue
    }

    fn merge(&mut self, other: &Self) {
        self.completed += other.completed;
        self.panicked += other.panicked;
        self.cancelled += other.cancelled;
        self.overdue += other.overdue;
        self.wait.merge(&other.wait);
        self.run.merge(&other.run);
    }

    fn since(&self, earlier: &[Self]) -> Self {
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
    fn since(&self, before: &Self) -> Self {
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
    fn since(&self, before: &Self) -> Self {
        Self {
            tasks: self.tasks.saturating_sub(before.tasks),
            steals: self.steals.saturating_sub(before.steals),
            parks: self.parks.saturating_sub(before.parks),
            wakes: self.wakes.saturating_sub(before.wakes),
            spins: self.spins.saturating_sub(before.spins),
            loops: self.loops.saturating_sub(before.loops),
            pieces: self.pieces.saturating_sub(before.pieces),
            wake_up: self.wake_up.since(&before.wake_up),
            ..*self
        }
    }
}

impl Metrics {
    /// Reads everything. Ends come before submissions, so that nothing has ended that was not submitted, and names come
    /// last, so that whatever has a number has a text.
    pub(super) fn read(&self, read_lanes: impl FnOnce() -> Readings) -> Snapshot {
        let now = self.clock.now();
        let mut by_place = BTreeMap::new();
        let read: Vec<_> = self.workers.iter().map(|worker| worker.read_tasks(&mut by_place)).collect();
        let running: Vec<_> = self.workers.iter().map(|worker| worker.runs()).collect();
        let texts = self.names.texts();
        let mut tasks: Vec<TaskFigures> = Vec::new();
        for (place, mut figures) in by_place {
            (figures.name, figures.lane) = (texts[place / LANES], LANE_NAMES[place % LANES]);
            // Someone may call a task as those are called that have no number of their own.
            match tasks.iter_mut().find(|task| (task.name, task.lane) == (figures.name, figures.lane)) {
                Some(task) => task.merge(&figures),
                None => tasks.push(figures),
            }
        }
        let ended = |lane| tasks.iter().filter(|task| task.lane == lane).map(TaskFigures::ended).sum();
        let Readings { depths, own_depths, pushed } = read_lanes();
        let lanes = self.lanes.iter().zip(LANE_NAMES).zip(depths).zip(pushed);
        let lanes = lanes
            .map(|(((lane, name), depth), pushed)| lane.read(name, depth, pushed, ended(name)))
            .collect();
        let workers = self.workers.iter().zip(read).zip(running).enumerate();
        let workers = workers
            .map(|(number, ((worker, ended), running))| {
                let running = running.map(|(name, started)| RunningTask {
                    name: texts[name.number()],
                    elapsed: Duration::from_nanos(now.saturating_sub(started)),
                });
                let depth = number.checked_sub(1).and_then(|thread| own_depths.get(thread)).copied();
                worker.read(number, depth.unwrap_or(0), ended, running)
            })
            .collect();
        let throttled = throttle::throttled();
        let throttled = throttled.map(|throttle::Throttled { periods, time }| Throttled { periods, time });
        Snapshot { age: Duration::from_nanos(now), tasks, lanes, workers, throttled }
    }
}

impl LaneCounts {
    fn read(&self, lane: &'static str, depth: u64, pushed: u64, ended: u64) -> LaneFigures {
        let ran_here = self.ran_here.get();
        LaneFigures {
            lane,
            // A task may have ended before its submitter comes to count it.
            submitted: (pushed + self.submitted.get()).max(ended.saturating_sub(ran_here)),
            depth,
            most: self.depth.get().max(depth),
            rejected: self.rejected.get(),
            oldest_dropped: self.oldest_dropped.get(),
            newest_dropped: self.newest_dropped.get(),
            ran_here,
        }
    }
}

impl WorkerMetrics {
    /// Adds this worker's tasks to those of the others, by their places; returns how many have ended.
    fn read_tasks(&self, tasks: &mut BTreeMap<usize, TaskFigures>) -> u64 {
        let mut total = 0;
        let all = self.figures.get().into_iter().flatten().enumerate();
        for (place, figures) in all.filter_map(|(place, slot)| Some((place, slot.get()?))) {
            // The ends first: then the times of what has ended are there (T2).
            let ended: [u64; OUTCOMES] = figures.ended.each_ref().map(Count::sealed);
            total += ended.iter().sum::<u64>();
            let read = TaskFigures {
                completed: ended[Outcome::Done as usize],
                panicked: ended[Outcome::Panicked as usize],
                cancelled: ended[Outcome::Cancelled as usize],
                overdue: ended[Outcome::Overdue as usize],
                wait: figures.wait.read(),
                run: figures.run.read(),
                ..TaskFigures::none("", "")
            };
            tasks.entry(place).or_insert_with(|| TaskFigures::none("", "")).merge(&read);
        }
        total
    }

    fn read(&self, worker: usize, depth: u64, tasks: u64, running: Option<RunningTask>) -> WorkerFigures {
        WorkerFigures {
            worker,
            depth,
            tasks,
            steals: self.steals.get(),
            parks: self.parks.get(),
            wakes: self.wakes.get(),
            spins: self.spins.get(),
            loops: self.loops.get(),
            pieces: self.pieces.get(),
            wake_up: self.wake_up.get().map(|recorder| recorder.read()).unwrap_or_default(),
            running,
        }
    }
}
