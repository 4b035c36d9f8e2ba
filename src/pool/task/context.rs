//! What a task is told while it runs.

use std::time::Instant;

use super::super::handle::Pool;
use super::job::Head;
use super::options::after;

/// What a running task can ask: whether it should stop, what it is called, where it runs.
///
/// # Examples
///
/// ```
/// let pool = ringmill::Pool::new()?;
/// let task = pool.task().name("count").submit(|cx| (cx.name(), cx.is_stopped()))?;
/// assert_eq!(task.wait()?, ("count", false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Cx<'a> {
    pool: &'a Pool,
    head: &'a Head,
    worker: usize,
    stop_at: Option<Instant>,
}

impl<'a> Cx<'a> {
    pub(super) fn new(pool: &'a Pool, head: &'a Head, worker: usize) -> Self {
        Self {
            pool,
            head,
            worker,
            stop_at: head.terms.as_ref().and_then(|terms| terms.run_budget).and_then(after),
        }
    }

    /// Returns the number of the thread that runs the task; 0 if it is none of the pool's.
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// Returns the pool that runs the task, for loops, joins and further tasks inside it.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let values = vec![1_u64; 10_000];
    /// let task = pool.submit(move |cx| cx.pool().map_reduce(&values, |chunk| chunk.iter().sum::<u64>(), |a, b| a + b))?;
    /// assert_eq!(task.wait()??, 10_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pool(&self) -> &Pool {
        self.pool
    }

    /// Returns the task's name; empty if it has none.
    pub fn name(&self) -> &'static str {
        self.head.name
    }

    /// Returns whether the task should stop: it was cancelled, or has run for as long as it may.
    pub fn is_stopped(&self) -> bool {
        self.head.cell.is_asked_to_stop()
            || self.stop_at.is_some_and(|at| Instant::now() >= at)
            || self.pool.crew().tasks.is_stopping()
    }
}
