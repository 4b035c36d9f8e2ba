//! How a pool is asked for: how many workers, where they run, what they are called.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::crew::Crew;
use super::error::BuildError;
use super::handle::Pool;
use super::life::homes::Ground;
use super::life::hooks::Hooks;
use super::life::placement::Placement;
use super::metrics::MetricsOptions;
use super::size::{MOST_WORKERS, Sizing};
use super::staff::{Staff, Terms};
use super::task::Tasks;
use crate::error::SystemError;
use crate::protocol::latch::Latch;

/// Looks at a word before its waiter sleeps: some 20 microseconds, what it costs to be woken.
const SPINS: u32 = 2_000;

/// Tasks that may wait in a lane.
const QUEUE_CAPACITY: usize = 4096;

/// Whether a pool's own threads keep to a CPU each. The calling thread is never pinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pinning {
    /// Threads run wherever the system puts them.
    Off,
    /// Each thread has a CPU of its own where the system lets it, there are enough, and no fractional quota makes a
    /// thread stall on its CPU while another is free. The default: a worker finds its part of the data in its cache.
    #[default]
    IfSupported,
    /// Each thread has a CPU of its own, or the pool is not built.
    Required,
}

/// Under which CPU mask jobs run on pinned threads. A thread hands its mask down to every thread it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobMask {
    /// The mask that was in force when the pool was built: what a job starts sees the whole machine. A worker keeps
    /// to its CPU while it idles and so wakes there. The default.
    #[default]
    Original,
    /// The worker's one CPU: nothing can move it, and a pool that another library builds inside a job has one thread.
    Pinned,
}

/// Builds a [`Pool`].
///
/// # Examples
///
/// ```
/// use ringmill::pool::{Pinning, Pool};
///
/// let pool = Pool::builder().workers(2).pinning(Pinning::Off).thread_name("scan").build()?;
/// assert_eq!(pool.workers(), 2);
/// # Ok::<(), ringmill::pool::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct PoolBuilder {
    workers: Option<usize>,
    pinning: Pinning,
    placement: Placement,
    node: Option<usize>,
    job_mask: JobMask,
    thread_name: String,
    stack_bytes: Option<usize>,
    max_workers: Option<usize>,
    max_blocking: Option<usize>,
    hooks: Hooks,
    pub(super) metrics: MetricsOptions,
    queue_capacity: usize,
}

impl Default for PoolBuilder {
    fn default() -> Self {
        Self {
            workers: None,
            pinning: Pinning::default(),
            placement: Placement::default(),
            node: None,
            job_mask: JobMask::default(),
            thread_name: "ringmill".into(),
            stack_bytes: None,
            max_workers: None,
            max_blocking: None,
            hooks: Hooks::default(),
            metrics: MetricsOptions::default(),
            queue_capacity: QUEUE_CAPACITY,
        }
    }
}

impl PoolBuilder {
    /// Sets the number of workers, the calling thread included. Without it, `RINGMILL_THREADS` decides, and without
    /// that, the CPUs that the process may use.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().workers(3).build()?;
    /// assert_eq!(pool.broadcast(|worker| worker)?, [0, 1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Sets whether the pool's own threads keep to a CPU each.
    ///
    /// # Examples
    ///
    /// See [`PoolBuilder`].
    pub fn pinning(mut self, pinning: Pinning) -> Self {
        self.pinning = pinning;
        self
    }

    /// Sets which CPUs the pool's own threads are pinned to, and in which order.
    ///
    /// # Examples
    ///
    /// See [`Placement`].
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Keeps the pool's own threads to the CPUs of one NUMA node, by its number: the pool has a worker for each of those
    /// unless it is told otherwise, and its threads stay there, pinned or not. The calling thread stays where it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{BuildError, Pool};
    ///
    /// let error = Pool::builder().node(1 << 20).build().expect_err("no machine has so many");
    /// assert!(matches!(error, BuildError::Node { requested: 1_048_576, .. }));
    /// ```
    pub fn node(mut self, number: usize) -> Self {
        self.node = Some(number);
        self
    }

    /// Sets the mask that jobs run under on pinned threads.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{JobMask, Pool};
    ///
    /// let pool = Pool::builder().job_mask(JobMask::Pinned).build()?;
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn job_mask(mut self, job_mask: JobMask) -> Self {
        self.job_mask = job_mask;
        self
    }

    /// Sets what the threads are called; each adds a dash and its number. Linux shows 15 bytes of a name.
    ///
    /// # Examples
    ///
    /// See [`PoolBuilder`].
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        self
    }

    /// Sets the stack of the pool's own threads, in bytes. The standard library's 2 MiB otherwise; pages are used
    /// as they are touched. A stack that overflows ends the process.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().stack_bytes(8 << 20).build()?;
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn stack_bytes(mut self, bytes: usize) -> Self {
        self.stack_bytes = Some(bytes);
        self
    }

    /// Sets how many tasks may wait in each lane, rounded up to a power of two and at least 2; 4096 otherwise. A lane is made when the
    /// first task is submitted to it, and takes 32 bytes for each.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().queue_capacity(64).build()?;
    /// assert_eq!(pool.submit(|_| 6 * 7)?.wait()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn queue_capacity(mut self, tasks: usize) -> Self {
        self.queue_capacity = tasks;
        self
    }

    /// Sets the most workers that [`Pool::resize`] may ask for. Without it, as many as there are CPUs to use or as the pool
    /// has at first, whichever are more.
    ///
    /// # Examples
    ///
    /// See [`Pool::resize`].
    pub fn max_workers(mut self, workers: usize) -> Self {
        self.max_workers = Some(workers);
        self
    }

    /// Sets how many threads may be away at a time in [`Pool::blocking`], each replaced by a spare one. Without it, as many
    /// as there can be workers, but 8 at most.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().workers(2).max_blocking(16).build()?;
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn max_blocking(mut self, threads: usize) -> Self {
        self.max_blocking = Some(threads);
        self
    }

    /// Sets what each of the pool's own threads runs before anything else, with its worker's number. If it panics, the thread
    /// dies: see [`Pool::health`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// let (started, numbers) = mpsc::channel();
    /// let pool = ringmill::Pool::builder().workers(2).on_start(move |worker| _ = started.send(worker)).build()?;
    /// assert_eq!(numbers.recv()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_start(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.hooks.on_start = Some(Arc::new(hook));
        self
    }

    /// Sets what each of the pool's own threads runs after everything else, if its `on_start` has returned; also if it dies
    /// by a panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// let (stopped, numbers) = mpsc::channel();
    /// let pool = ringmill::Pool::builder().workers(2).on_stop(move |worker| _ = stopped.send(worker)).build()?;
    /// drop(pool);
    /// assert_eq!(numbers.recv()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_stop(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.hooks.on_stop = Some(Arc::new(hook));
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if the number of workers, the node or the threads' name is unusable, a thread does not start, or
    /// pinning is required and fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{BuildError, Pool};
    ///
    /// assert!(matches!(Pool::builder().workers(0).build(), Err(BuildError::Workers { requested: 0, .. })));
    /// ```
    pub fn build(self) -> Result<Pool, BuildError> {
        let recipe = self.clone();
        if self.thread_name.contains('\0') {
            return Err(BuildError::Name { name: self.thread_name });
        }
        let ground = Ground::survey(&self.placement, self.node)?;
        let sizing = Sizing::measure(self.workers, ground.places)?;
        let workers = sizing.workers();
        let most_workers = self.max_workers.unwrap_or(workers.max(ground.places)).min(MOST_WORKERS);
        if most_workers < workers {
            return Err(BuildError::Workers { requested: workers, limit: most_workers });
        }
        let threads = most_workers + self.max_blocking.unwrap_or(most_workers.min(8)).min(MOST_WORKERS);
        let (spins, places) = (sizing.has_cpu_each(), ground.places);
        let homes = ground.choose(self.pinning, &self.placement, &sizing)?;
        let spare = homes.spare;
        let staff = Staff::new(Terms {
            name: self.thread_name,
            stack_bytes: self.stack_bytes,
            job_mask: self.job_mask,
            homes,
            hooks: self.hooks,
        });
        let tasks = Tasks::new(self.queue_capacity, threads);
        let spins = if spins { SPINS } else { 0 };
        let crew = Arc::new(
            Crew::new(sizing, (most_workers, threads, places), spins, spare, staff, tasks, self.metrics)
                .map_err(BuildError::Fork)?,
        );
        crew.remember_origin(recipe);
        let pool = Pool::of(crew);
        let start = Arc::new(Start { reports: Latch::new(workers as u32 - 1), failure: Mutex::new(None) });
        while let Some(hired) = pool.crew().roster.hire() {
            let (start, pinning, number) = (Arc::clone(&start), self.pinning, hired.number);
            let report = move |home, pinned| start.report(pinning, number, home, pinned);
            Staff::start(&pool, hired, report).map_err(BuildError::Spawn)?;
        }
        if self.pinning == Pinning::Required {
            start.reports.wait(0);
            if let Some(error) = start.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Err(error);
            }
        }
        Ok(pool)
    }
}

/// What the helpers report as they start.
#[derive(Debug)]
struct Start {
    reports: Latch,
    failure: Mutex<Option<BuildError>>,
}

impl Start {
    fn report(&self, pinning: Pinning, worker: usize, home: Option<usize>, pinned: Result<(), SystemError>) {
        let pinned = match home {
            None => {
                Err(SystemError::new("sched_setaffinity", io::Error::other("fewer usable CPUs than workers")))
            }
            Some(_) => pinned,
        };
        if let (Pinning::Required, Err(source)) = (pinning, pinned) {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert(BuildError::Pin { worker, cpu: home, source });
        }
        self.reports.arrive();
    }
}
