//! What the submitter of a task has of it.

#![allow(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::super::attention::Attention;
use super::super::current;
use super::super::handle::Pool;
use super::error::TaskError;
use super::hand::Hand;
use super::job::{Head, Outcome, Unrun, end_unrun, run_by};
use super::options::after;
use crate::ring::Waiting;

/// How long who waits for a task sleeps at a time.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// A task that was submitted: wait for its result, look for it, await it, cancel it.
///
/// Dropping a `Task` lets it run on; its result is then dropped by the thread that ran it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let pool = ringmill::Pool::new()?;
/// let mut task = pool.submit(|_| "done")?;
/// let outcome = loop {
///     match task.wait_timeout(Duration::from_millis(1)) {
///         Some(outcome) => break outcome?,
///         None => println!("still waiting"),      // a spinner, a heartbeat
///     }
/// };
/// assert_eq!(outcome, "done");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a task lets it run on, and drops its result"]
pub struct Task<R> {
    outcome: Hand<dyn Outcome<R>>,
    pool: Pool,
}

impl<R> Task<R> {
    pub(super) fn new(outcome: Hand<dyn Outcome<R>>, pool: &Pool) -> Self {
        Self { outcome, pool: pool.of_same_crew() }
    }

    fn head(&self) -> &Head {
        self.outcome.head()
    }

    /// Waits for the task to end and returns its result.
    ///
    /// If nobody has begun the task, the calling thread runs it itself, at once, and nothing else: so a task that waits for
    /// another cannot wait in a circle, and a lock that the caller holds is met by no stranger's code.
    ///
    /// # Errors
    ///
    /// [`TaskError`] says why there is no result. A panic of the task is one of the reasons, and its payload is kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::TaskError;
    ///
    /// let pool = ringmill::Pool::new()?;
    /// assert_eq!(pool.submit(|_| 6 * 7)?.wait()?, 42);
    /// match pool.submit(|_| panic!("no luck"))?.wait() {
    ///     Err(TaskError::Panicked(panic)) => assert_eq!(panic.message(), Some("no luck")),
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(self) -> Result<R, TaskError> {
        let end = self.outcome.end();
        if !end.is_ended() {
            let here = current::number_in(self.pool.crew());
            if self.head().worker().is_none_or(|worker| worker == here) {
                self.run_unless_begun();
            } else if here != 0 || current::is_inside_job() {
                return Err(TaskError::InsideJob);
            }
            if !self.wait_for_end(None) {
                return Err(TaskError::Abandoned);
            }
        }
        self.take()
    }

    /// Runs the task on the calling thread if nobody has begun it.
    pub(crate) fn run_unless_begun(&self) {
        let crew = self.pool.crew();
        let mut attention = Attention::elsewhere(crew);
        run_by(self.outcome.as_work(), &self.pool, current::number_in(crew), &mut attention);
    }

    /// Waits for the task to end, but at most so long; none if it has not ended by then.
    ///
    /// Never runs the task on the calling thread, which has other things to see to.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait); [`TaskError::Taken`] after the result was taken.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<R, TaskError>> {
        self.wait_for_end(after(timeout)).then(|| self.take())
    }

    /// Returns the outcome if the task has ended.
    ///
    /// # Errors
    ///
    /// As [`wait_timeout`](Self::wait_timeout).
    pub fn try_get(&mut self) -> Option<Result<R, TaskError>> {
        self.is_done().then(|| self.take())
    }

    /// Returns whether the task has ended: run, panicked, cancelled, or dropped.
    pub fn is_done(&self) -> bool {
        self.outcome.end().is_ended()
    }

    /// Cancels the task. One that was not begun never runs and ends as [`TaskError::Cancelled`]; one that runs is asked to
    /// stop, and what it returns is delivered nevertheless.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let task = pool.submit(|cx| { while !cx.is_stopped() { std::thread::yield_now(); } })?;
    /// task.cancel();
    /// let _ran_or_not = task.wait();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self) {
        if !end_unrun(self.outcome.as_work(), self.pool.crew(), Unrun::Cancelled) {
            self.head().claim.ask_to_stop();
        }
    }

    /// Looks on for a little while, then sleeps; returns whether the task has ended. It has not if the deadline is past, or
    /// the pool was killed.
    fn wait_for_end(&self, deadline: Option<Instant>) -> bool {
        let end = self.outcome.end();
        let crew = self.pool.crew();
        let is_ended = || end.is_ended().then_some(());
        if is_ended().or_else(|| Waiting::Balanced.look_on(&crew.turns, deadline, is_ended)).is_some() {
            return true;
        }
        let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        // Nobody wakes us for what cannot be told to who waits: a thread that vanished, a pool that was killed.
        while !end.wait_until(after(TICK).into_iter().chain(deadline).min()) {
            if passed() || crew.tasks.are_abandoned() {
                return end.is_ended();
            }
        }
        true
    }

    /// Takes the outcome of the task, which has ended.
    fn take(&self) -> Result<R, TaskError> {
        debug_assert!(self.is_done());
        // SAFETY: `take` wants the end seen, which every caller has, and no other meanwhile. There is one handle, and every
        // method that comes here has it by value or exclusively.
        unsafe { self.outcome.take() }.unwrap_or(Err(TaskError::Taken))
    }
}

impl<R> Future for Task<R> {
    type Output = Result<R, TaskError>;

    /// Is ready when the task has ended. Never runs the task on the polling thread.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let is_ended = self.is_done() || self.outcome.end().enlist(cx.waker());
        if is_ended { Poll::Ready(self.take()) } else { Poll::Pending }
    }
}

impl<R> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("name", &self.head().name)
            .field("is_done", &self.is_done())
            .finish_non_exhaustive()
    }
}
