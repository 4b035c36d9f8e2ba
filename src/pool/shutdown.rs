//! How a pool ends: by itself when its work is done, when asked to stop, or in spite of work that will not.
//!
//! Threads cannot be killed without harm to the process, so even the hardest way leaves behind what heeds nothing, and says so.

use std::time::{Duration, Instant};

use super::current;
use super::handle::Pool;
use super::staff::Staff;
use super::task::Unrun;

/// How long a pool that is dropped waits for its threads.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a pool that was shut down.
///
/// # Examples
///
/// See [`Pool::drain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it says whether the pool has ended"]
pub struct Ended {
    unrun: usize,
    threads_left: usize,
}

impl Ended {
    /// Returns how many tasks were ended by this call without having run; their handles say
    /// [`TaskError::Closed`](super::TaskError::Closed).
    pub fn unrun(&self) -> usize {
        self.unrun
    }

    /// Returns how many of the pool's threads were still at work when the time was up.
    pub fn threads_left(&self) -> usize {
        self.threads_left
    }

    /// Returns whether every thread has ended.
    pub fn is_complete(&self) -> bool {
        self.threads_left == 0
    }
}

impl Pool {
    /// Ends the pool when its work is done: takes no further task in, runs all that wait, and ends its threads.
    ///
    /// Waits for that at most `timeout`; what is not done by then goes on. From inside one of the pool's own tasks it waits
    /// for nobody. Loops, joins and scopes of a pool that has ended run on their caller alone. In a forked process there is nothing
    /// to end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = ringmill::Pool::new()?;
    /// let tasks = (0..100_u32).map(|k| pool.submit(move |_| k)).collect::<Result<Vec<_>, _>>()?;
    /// let ended = pool.drain(Duration::from_secs(60));
    /// assert!(ended.is_complete() && ended.unrun() == 0);
    /// assert!(tasks.iter().all(|task| task.is_done()));
    /// assert!(pool.submit(|_| 1).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain(&self, timeout: Duration) -> Ended {
        self.end(timeout, false)
    }

    /// Ends the pool early: tasks that wait never run, those that run are asked to stop, and its threads end.
    ///
    /// Waits for that as [`drain`](Self::drain) does. A task sees that it should stop in [`Cx::check`](super::Cx::check) and in
    /// the pool's loops.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = ringmill::Pool::builder().workers(1).build()?;
    /// let endless = pool.submit(|cx| { while !cx.is_stopped() { std::thread::yield_now() } })?;
    /// let waiting = pool.submit(|_| ())?;
    /// assert!(pool.cancel(Duration::from_secs(60)).is_complete());
    /// # drop((endless, waiting));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self, timeout: Duration) -> Ended {
        self.end(timeout, true)
    }

    /// Ends the pool as [`cancel`](Self::cancel) does, and gives up what heeds nothing: who waits for such a task, by
    /// [`Task::wait`](super::Task::wait) or as a future, goes on with [`TaskError::Abandoned`](super::TaskError::Abandoned).
    ///
    /// The threads of such tasks are left behind: they run on, keep what they own, and end when their task does. What must
    /// be killed for certain has to run in a process of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringmill::pool::TaskError;
    ///
    /// let pool = ringmill::Pool::builder().workers(1).build()?;
    /// let (begun, wait) = std::sync::mpsc::channel();
    /// let deaf = pool.submit(move |_| { begun.send(()).ok(); std::thread::sleep(Duration::from_secs(1)) })?;
    /// wait.recv()?;
    /// assert_eq!(pool.kill(Duration::from_millis(10)).threads_left(), 1);
    /// assert!(matches!(deaf.wait(), Err(TaskError::Abandoned)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn kill(&self, timeout: Duration) -> Ended {
        let ended = self.end(timeout, true);
        self.crew().tasks.abandon();
        ended
    }

    fn end(&self, timeout: Duration, early: bool) -> Ended {
        let crew = self.crew();
        if crew.is_forked() {
            return Ended { unrun: 0, threads_left: 0 };
        }
        crew.close();
        let unrun = if early { crew.stop_tasks() } else { 0 };
        let patience = if current::number_in(crew) == 0 { timeout } else { Duration::ZERO };
        let threads_left = Staff::wait_until_gone(self, Instant::now().checked_add(patience));
        // Where no thread could be started, or the last has died, tasks may be left.
        let left = if threads_left == 0 { crew.tasks.sweep(crew, Unrun::Closed) } else { 0 };
        Ended { unrun: unrun + left, threads_left }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.is_owner {
            return;
        }
        if self.crew().is_forked() {
            self.crew().staff.forget();
            return;
        }
        let _ = self.end(PATIENCE, true);
    }
}
