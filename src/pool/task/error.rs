//! Why a task was not taken in, and why it has no result.

use std::any::Any;
use std::fmt;

use crate::error::SystemError;

/// Says why a pool did not take a task in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// As many tasks wait in the lane as may.
    Full {
        /// How many that is.
        capacity: usize,
    },
    /// The pool is being shut down.
    Closed,
    /// The process was forked after the pool was built: its workers do not exist here. Build a new pool, or call
    /// [`Pool::rebuild_after_fork`](super::super::Pool::rebuild_after_fork).
    Forked,
    /// The pool has no thread of that number.
    NoSuchWorker {
        /// The number asked for.
        worker: usize,
        /// The largest there is; the smallest is 1.
        workers: usize,
    },
    /// The system started no thread that could run it.
    Spawn(SystemError),
    /// The pool has no thread any more: each died again and again. [`Pool::health`](super::super::Pool::health) says of what.
    Broken,
}

/// Reports that a pool did not take a task in, and gives it back.
///
/// # Examples
///
/// ```
/// use ringmill::Pool;
/// use ringmill::pool::task::Refusal;
///
/// let pool = Pool::builder().workers(2).build()?;
/// let error = pool.submit_to(7, |_| "work").unwrap_err();
/// assert!(matches!(error.refusal(), Refusal::NoSuchWorker { worker: 7, workers: 2 }));
/// let _closure = error.into_inner();
/// # Ok::<(), ringmill::pool::BuildError>(())
/// ```
pub struct SubmitError<F> {
    refusal: Refusal,
    task: F,
}

impl<F> SubmitError<F> {
    pub(super) fn new(refusal: Refusal, task: F) -> Self {
        Self { refusal, task }
    }

    /// Returns why it was not taken in.
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// Returns what was to be submitted.
    pub fn into_inner(self) -> F {
        self.task
    }

    /// Splits the error into why, and what was to be submitted.
    pub fn into_parts(self) -> (Refusal, F) {
        (self.refusal, self.task)
    }
}

impl<F> fmt::Debug for SubmitError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitError").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => write!(f, "the lane is full: {capacity} tasks wait in it"),
            Self::Closed => write!(f, "the pool is closed to new tasks"),
            Self::Forked => write!(f, "the pool was built before a fork and has no workers in this process"),
            Self::NoSuchWorker { worker, workers } => {
                write!(f, "worker {worker} was asked for, and tasks can be given to workers 1 to {workers}")
            }
            Self::Broken => write!(f, "no thread is left to run the task: each died again and again"),
            Self::Spawn(source) => write!(f, "no thread to run the task: {source}"),
        }
    }
}

impl<F> fmt::Display for SubmitError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

impl std::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn(source) => Some(source),
            _ => None,
        }
    }
}

impl<F> std::error::Error for SubmitError<F> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.refusal.source()
    }
}

/// A panic that was caught: what a job panicked with.
pub struct Panic(Box<dyn Any + Send>);

impl Panic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self(payload)
    }

    /// Returns the message, if the panic had one.
    pub fn message(&self) -> Option<&str> {
        let text = self.0.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| self.0.downcast_ref::<&'static str>().copied())
    }

    /// Returns what the job panicked with.
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.0
    }

    /// Goes on with the panic.
    ///
    /// # Panics
    ///
    /// Always, with the payload.
    pub fn resume(self) -> ! {
        std::panic::resume_unwind(self.0)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message().unwrap_or("no message")).finish()
    }
}

/// Reports why a task has no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// It panicked. The worker lives on.
    Panicked(Panic),
    /// It was cancelled before it began.
    Cancelled,
    /// It had not begun by its queue's deadline.
    Overdue,
    /// It was dropped from a full lane, as a submitter chose.
    Dropped,
    /// The pool was shut down before it began.
    Closed,
    /// It runs, and its pool was [killed](super::super::Pool::kill) without it.
    Abandoned,
    /// The thread that ran it was ended from outside, as a bare system call in it does. Another takes the thread's place.
    ThreadGone {
        /// The worker's number.
        worker: usize,
    },
    /// It was submitted before a fork, in the process that this one was forked from, and has not ended by then.
    Forked,
    /// It was to be waited for inside a job of the same pool, and is some other worker's alone to run: the two could
    /// wait for each other. It runs nevertheless.
    InsideJob,
    /// The result was taken before.
    Taken,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panic) => match panic.message() {
                Some(message) => write!(f, "the task panicked: {message}"),
                None => write!(f, "the task panicked"),
            },
            Self::Cancelled => write!(f, "the task was cancelled before it began"),
            Self::Overdue => write!(f, "the task had not begun by its deadline"),
            Self::Dropped => write!(f, "the task was dropped from a full lane"),
            Self::Closed => write!(f, "the pool was shut down before the task began"),
            Self::Abandoned => write!(f, "the task was given up with its pool, and may run on"),
            Self::ThreadGone { worker } => {
                write!(f, "the thread of worker {worker} was ended from outside while it ran the task")
            }
            Self::Forked => {
                write!(f, "the task was left behind in the process that this one was forked from")
            }
            Self::InsideJob => {
                write!(f, "a task of one worker cannot be waited for inside another job of its pool")
            }
            Self::Taken => write!(f, "the task's result was taken before"),
        }
    }
}

impl std::error::Error for TaskError {}
