//! What the submitter of a task has of it.

#![allow(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::super::attention::Attention;
use super::super::crew::Crew;
use super::super::current;
use super::super::handle::Pool;
use super::audience::Listener;
use super::error::TaskError;
use super::hand::{Block, Hand};
use super::job::{Head, Outcome, Unrun, drop_quietly, end_unrun, run_by};
use super::options::after;
use crate::ring::Waiting;

/// How long who waits for a task sleeps at a time: nobody wakes it if the pool is killed.
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
    listening: Listening,
    outcome: Hand<dyn Outcome<R>>,
    /// The task's memory, if it is a block and the task has no terms.
    block: Option<Block>,
}

/// The pool of a task, and the place among its futures, which is left at the end.
struct Listening {
    pool: Pool,
    listener: Listener,
}

impl<R> Task<R> {
    #[inline]
    pub(super) fn new(outcome: Hand<dyn Outcome<R>>, pool: &Pool, block: Option<Block>) -> Self {
        let listening = Listening { pool: pool.of_same_crew(), listener: Listener::default() };
        Self { listening, outcome, block }
    }

    fn head(&self) -> &Head {
        self.outcome.head()
    }

    fn crew(&self) -> &Crew {
        self.listening.pool.crew()
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
        match self.run_or_wait() {
            // SAFETY: as in `take`. The block is the task's.
            Ok(()) => unsafe { self.outcome.finish(self.block) }.unwrap_or(Err(TaskError::Taken)),
            Err(lost) => {
                // It may have ended since, and its result's drop is the user's.
                drop_quietly(self);
                Err(lost)
            }
        }
    }

    /// Returns when the task has ended. Runs it if nobody has begun it.
    fn run_or_wait(&self) -> Result<(), TaskError> {
        if self.is_done() {
            return Ok(());
        }
        if self.crew().is_forked() {
            return Err(TaskError::Forked);
        }
        let here = current::number_in(self.crew());
        if self.head().worker().is_none_or(|worker| worker == here) {
            self.run_unless_begun();
        } else if here != 0 || current::is_inside_job() {
            return Err(TaskError::InsideJob);
        }
        self.wait_for_end(None).map(drop)
    }

    /// Returns why nobody is to wait for the task any longer, which has not ended just now.
    pub(crate) fn lost(&self) -> Option<TaskError> {
        let crew = self.crew();
        if crew.is_forked() {
            return Some(TaskError::Forked);
        }
        if crew.tasks.are_abandoned() {
            return Some(TaskError::Abandoned);
        }
        crew.whereabouts.gone(&self.head().runner).map(|worker| TaskError::ThreadGone { worker })
    }

    /// Runs the task on the calling thread if nobody has begun it.
    pub(crate) fn run_unless_begun(&self) {
        let crew = self.crew();
        let mut attention = Attention::elsewhere(crew);
        run_by(self.outcome.as_work(), &self.listening.pool, current::number_in(crew), &mut attention);
    }

    /// Waits for the task to end, but at most so long; none if it has not ended by then.
    ///
    /// Never runs the task on the calling thread, which has other things to see to.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait); [`TaskError::Taken`] after the result was taken.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<R, TaskError>> {
        match self.wait_for_end(after(timeout)) {
            Ok(true) => Some(self.take()),
            Ok(false) => None,
            Err(lost) => Some(Err(lost)),
        }
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
        if !self.end_unrun(Unrun::Cancelled) {
            self.head().claim.ask_to_stop();
        }
    }

    /// Ends the task without running it, unless somebody else has it; returns whether it did.
    pub(super) fn end_unrun(&self, why: Unrun) -> bool {
        end_unrun(self.outcome.as_work(), self.crew(), why)
    }

    /// Looks on for a little while, then sleeps; returns whether the task has ended, or else the deadline is past. An error
    /// if it is lost.
    fn wait_for_end(&self, deadline: Option<Instant>) -> Result<bool, TaskError> {
        let end = self.outcome.end();
        let crew = self.crew();
        let is_ended = || end.is_ended().then_some(());
        if is_ended().or_else(|| Waiting::Balanced.look_on(&crew.turns, deadline, is_ended)).is_some() {
            return Ok(true);
        }
        let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let tick = || crew.look_round().or_else(|| after(TICK));
        while !end.wait_until(tick().into_iter().chain(deadline).min()) {
            let lost = self.lost();
            // It may have ended before it was lost.
            if end.is_ended() {
                break;
            }
            if let Some(lost) = lost {
                return Err(lost);
            }
            if passed() {
                return Ok(false);
            }
        }
        Ok(true)
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
        let this = self.get_mut();
        if this.is_done() || this.outcome.end().enlist(cx.waker()) {
            return Poll::Ready(this.take());
        }
        // Nobody else wakes us if the task is lost; in this order, so that whoever calls before we look has said why.
        this.listening.pool.crew().tasks.audience.enlist(&mut this.listening.listener, cx.waker());
        match this.lost() {
            Some(_) if this.is_done() => Poll::Ready(this.take()),
            Some(lost) => Poll::Ready(Err(lost)),
            None => Poll::Pending,
        }
    }
}

impl Drop for Listening {
    #[inline]
    fn drop(&mut self) {
        self.pool.crew().tasks.audience.leave(&mut self.listener);
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
