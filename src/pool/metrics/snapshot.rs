//! What a pool counted until one moment: plain numbers.

use std::time::Duration;

use super::figures::{LaneFigures, TaskFigures, Throttled, WorkerFigures};
use super::histogram::Histogram;
use crate::pool::task::Lane;

/// What a pool counted: by name, by lane, by worker, and in all.
///
/// It was read while the pool worked on. Every count in it was right at some moment of the reading, and none goes down
/// from one snapshot to the next. Of a task that is counted as ended the times are there too; the times of a task that
/// is ending may be there before it is counted.
///
/// # Examples
///
/// ```
/// use ringmill::Pool;
/// use ringmill::pool::Lane;
///
/// let pool = Pool::new()?;
/// let before = pool.metrics();
/// for k in 0..100 {
///     pool.task().name("square").lane(Lane::Background).submit(move |_| k * k)?.wait()?;
/// }
/// let snapshot = pool.metrics().since(&before);
/// assert_eq!((snapshot.completed(), snapshot.panicked(), snapshot.cancelled(), snapshot.overdue()), (100, 0, 0, 0));
/// assert_eq!((snapshot.submitted(), snapshot.rejected(), snapshot.dropped()), (100, 0, 0));
/// assert_eq!(snapshot.lanes()[Lane::Background as usize].submitted, 100);
///
/// let square = snapshot.named("square");
/// println!("waited {:?}, ran {:?} at the median", square.wait.quantile(0.5), square.run.quantile(0.5));
/// assert_eq!(square.run.count(), 100);
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

impl Snapshot {
    /// Returns the time since the pool was made, or since the counts were reset, or since the earlier snapshot.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Returns the figures of tasks, one for each name in each lane that any task of it ended in.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn tasks(&self) -> &[TaskFigures] {
        &self.tasks
    }

    /// Returns the figures of the lanes: latency, normal, background.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn lanes(&self) -> &[LaneFigures] {
        &self.lanes
    }

    /// Returns the figures of the workers by their numbers, of those that there are now and of those that have worked.
    /// Number 0 stands for all threads that are not the pool's own.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn workers(&self) -> &[WorkerFigures] {
        &self.workers
    }

    /// Returns how the kernel stopped the process because its quota was used up: since its control groups were made, or
    /// since the counts were reset. None if no group of its has a quota.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
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
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::Lane;
    ///
    /// let pool = ringmill::Pool::new()?;
    /// pool.task().lane(Lane::Latency).submit(|_| ())?.wait()?;
    /// assert_eq!(pool.metrics().in_lane(Lane::Latency).completed, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_lane(&self, lane: Lane) -> TaskFigures {
        self.all_of(|task| task.lane == Some(lane))
    }

    fn all_of(&self, is_meant: impl Fn(&TaskFigures) -> bool) -> TaskFigures {
        let mut tasks = self.tasks.iter().filter(|task| is_meant(task));
        let Some(first) = tasks.next() else {
            return TaskFigures::default();
        };
        tasks.fold(first.clone(), |mut all, task| {
            if all.lane != task.lane {
                all.lane = None;
            }
            if all.name != task.name {
                all.name = "";
            }
            all.merge(task);
            all
        })
    }

    /// Returns how many tasks were put into lanes.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn submitted(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.submitted).sum()
    }

    /// Returns how many tasks returned.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn completed(&self) -> u64 {
        self.tasks.iter().map(|task| task.completed).sum()
    }

    /// Returns how many tasks panicked.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn panicked(&self) -> u64 {
        self.tasks.iter().map(|task| task.panicked).sum()
    }

    /// Returns how many tasks were cancelled.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn cancelled(&self) -> u64 {
        self.tasks.iter().map(|task| task.cancelled).sum()
    }

    /// Returns how many tasks were overdue.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn overdue(&self) -> u64 {
        self.tasks.iter().map(|task| task.overdue).sum()
    }

    /// Returns how many tasks were given back because their lane was full.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn rejected(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.rejected).sum()
    }

    /// Returns how many tasks were dropped because their lane was full.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn dropped(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.oldest_dropped + lane.newest_dropped).sum()
    }

    /// Returns how many places of the lanes are taken now; see [`LaneFigures::depth`].
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn depth(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.depth).sum()
    }

    /// Returns how long all tasks waited for their start.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn wait(&self) -> Histogram {
        self.all_of(|_| true).wait
    }

    /// Returns how long all tasks ran.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn run(&self) -> Histogram {
        self.all_of(|_| true).run
    }

    /// Returns how long all workers took to wake.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn wake_up(&self) -> Histogram {
        self.workers.iter().fold(Histogram::default(), |mut all, worker| {
            all.merge(&worker.wake_up);
            all
        })
    }

    /// Returns what was counted since an earlier snapshot of the same pool. What is now stays: depths, the most in a
    /// lane, what runs. The longest duration is only known to 12.5 %, unless it is the longest of all.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            age: self.age.saturating_sub(earlier.age),
            tasks: self.tasks.iter().map(|task| task.since(&earlier.tasks)).collect(),
            lanes: self.lanes.iter().zip(&earlier.lanes).map(|(lane, before)| lane.since(before)).collect(),
            workers: (self.workers.iter().enumerate())
                .map(|(number, worker)| match earlier.workers.get(number) {
                    Some(before) => worker.since(before),
                    None => worker.clone(),
                })
                .collect(),
            throttled: self.throttled.map(|now| now.since(earlier.throttled.unwrap_or_default())),
        }
    }
}
