//! Tasks that carry a value there and back.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use super::context::Cx;
use super::error::TaskError;
use super::handle::Task;

/// What a task carries, and the closure that works on it.
pub(super) struct Cargo<V, F>(Mutex<(Option<V>, Option<F>)>);

impl<V, F> Cargo<V, F> {
    pub(super) fn new(value: V, body: F) -> Self {
        Self(Mutex::new((Some(value), Some(body))))
    }

    fn lock(&self) -> MutexGuard<'_, (Option<V>, Option<F>)> {
        // A closure that panicked has left the value as it has left it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the closure on the value, in its place. Both are there: a task runs once, and its cargo is taken after that.
    pub(super) fn run<R>(&self, cx: &Cx<'_>) -> Option<R>
    where
        F: FnOnce(&Cx<'_>, &mut V) -> R,
    {
        let mut cargo = self.lock();
        let body = cargo.1.take()?;
        cargo.0.as_mut().map(|value| body(cx, value))
    }

    /// Takes both out, of a task that was refused.
    pub(super) fn unload(&self) -> Option<(V, F)> {
        let mut cargo = self.lock();
        Some((cargo.0.take()?, cargo.1.take()?))
    }
}

/// A cargo, whatever the closure that works on it.
trait Hold<V>: Send + Sync {
    /// Takes the value out, if nobody works on it.
    fn take(&self) -> Option<V>;
}

impl<V: Send, F: Send> Hold<V> for Cargo<V, F> {
    fn take(&self) -> Option<V> {
        match self.0.try_lock() {
            Ok(mut cargo) => cargo.0.take(),
            Err(std::sync::TryLockError::Poisoned(cargo)) => cargo.into_inner().0.take(),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }
}

/// A task that carries a value: what [`TaskOptions::submit_with`](super::TaskOptions::submit_with) returns.
///
/// It is a future, too. Dropping it lets the task run; the value is dropped with it.
#[must_use = "dropping a carrier drops what it carries, once the task has ended"]
pub struct Carrier<V, R> {
    task: Task<Option<R>>,
    cargo: Arc<dyn Hold<V>>,
}

/// Reports why a task that carried a value has no result, and gives the value back.
pub struct CarrierError<V> {
    value: Option<V>,
    cause: TaskError,
}

impl<V, R> Carrier<V, R> {
    pub(super) fn new<F>(task: Task<Option<R>>, cargo: Arc<Cargo<V, F>>) -> Self
    where
        V: Send + 'static,
        F: Send + 'static,
    {
        Self { task, cargo }
    }

    /// Waits for the task, as [`Task::wait`], and returns the value and the result.
    ///
    /// # Errors
    ///
    /// [`CarrierError`] has the value, and says why there is no result: the task panicked, was cancelled, was never begun.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    /// use ringmill::ring::Ring;
    ///
    /// let (pool, ring) = (Pool::new()?, Ring::<f32>::builder().buffers(2).buffer_len(4).build()?);
    /// let task = pool.task().submit_with(ring.claim()?, |_, buffer| buffer.fill(1.5))?;
    /// let (buffer, ()) = task.wait()?;
    /// assert_eq!(buffer[..], [1.5; 4]);
    ///
    /// let task = pool.task().submit_with(buffer, |_, buffer| -> f32 { panic!("bad value {}", buffer[0]) })?;
    /// let error = task.wait().unwrap_err();
    /// assert_eq!(error.to_string(), "the task panicked: bad value 1.5");
    /// assert!(error.into_value().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(self) -> Result<(V, R), CarrierError<V>> {
        let Self { task, cargo } = self;
        Self::unload(&*cargo, task.wait())
    }

    /// Waits at most so long, and never runs the task on this thread.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<Result<(V, R), CarrierError<V>>> {
        let ended = self.task.wait_timeout(timeout)?;
        Some(Self::unload(&*self.cargo, ended))
    }

    /// Returns the outcome if the task has ended.
    pub fn try_get(&mut self) -> Option<Result<(V, R), CarrierError<V>>> {
        let ended = self.task.try_get()?;
        Some(Self::unload(&*self.cargo, ended))
    }

    /// Returns whether the task has ended.
    pub fn is_done(&self) -> bool {
        self.task.is_done()
    }

    /// Cancels the task, as [`Task::cancel`].
    pub fn cancel(&self) {
        self.task.cancel();
    }

    fn unload(cargo: &dyn Hold<V>, ended: Result<Option<R>, TaskError>) -> Result<(V, R), CarrierError<V>> {
        // A task that has not ended keeps its value: it works on it, or will.
        let runs_on = matches!(ended, Err(TaskError::Abandoned | TaskError::InsideJob));
        match (if runs_on { None } else { cargo.take() }, ended) {
            (Some(value), Ok(Some(result))) => Ok((value, result)),
            (value, Err(cause)) => Err(CarrierError { value, cause }),
            (value, Ok(_)) => Err(CarrierError { value, cause: TaskError::Taken }),
        }
    }
}

impl<V, R> Future for Carrier<V, R> {
    type Output = Result<(V, R), CarrierError<V>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(cx).map(|ended| Self::unload(&*self.cargo, ended))
    }
}

impl<V> CarrierError<V> {
    /// Returns why there is no result.
    pub fn cause(&self) -> &TaskError {
        &self.cause
    }

    /// Returns the value; none only if the task has not ended, and keeps it, or it was taken before.
    pub fn into_value(self) -> Option<V> {
        self.value
    }

    /// Returns the value and why there is no result.
    pub fn into_parts(self) -> (Option<V>, TaskError) {
        (self.value, self.cause)
    }
}

impl<V, R> fmt::Debug for Carrier<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier").field("task", &self.task).finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for CarrierError<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierError").field("cause", &self.cause).finish_non_exhaustive()
    }
}

impl<V> fmt::Display for CarrierError<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<V> std::error::Error for CarrierError<V> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}
