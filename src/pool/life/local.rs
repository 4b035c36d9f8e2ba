//! A value for each worker, made when it is first used there.

use std::fmt;
use std::sync::{Arc, PoisonError, TryLockError};
use std::thread::{self, ThreadId};

use crossbeam_utils::CachePadded;

use super::super::current;
use super::super::handle::Pool;
use super::super::task::quietly;
use crate::sync::lock::Mutex;

/// The values of the callers, in the order of their first use.
type Callers<S> = Mutex<Vec<(ThreadId, Arc<Mutex<Option<S>>>)>>;

type Teardown<S> = Box<dyn Fn(usize, S) + Send + Sync>;

/// A value for each worker of a pool: a buffer to reuse, a random generator, a connection, a partial sum.
///
/// It is made once on each of the pool's threads, by whatever job uses it there first, and once on each other thread that
/// runs loops, joins or tasks of the pool. That is once per worker, however many loops there are and into however many pieces they
/// are cut; rayon's `map_init` makes one whenever it splits. A thread that took the place of a dead one makes its own.
///
/// Dropping it drops the values, or hands them to its [`teardown`](Self::teardown).
///
/// # Examples
///
/// ```
/// use ringmill::Pool;
///
/// let pool = Pool::builder().workers(3).build()?;
/// let counts = pool.worker_local(|_worker| 0_usize);
/// for _ in 0..10 {
///     pool.for_each_index(0..1000, |_| counts.with(|count| *count += 1).expect("not nested"))?;
/// }
/// let counts = counts.into_values();
/// assert!(counts.len() <= 3);
/// assert_eq!(counts.iter().sum::<usize>(), 10_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WorkerLocal<S> {
    pool: Pool,
    init: Box<dyn Fn(usize) -> S + Send + Sync>,
    teardown: Option<Teardown<S>>,
    /// Of the pool's threads, by their number less one.
    threads: Box<[CachePadded<Mutex<Slot<S>>>]>,
    callers: Callers<S>,
}

/// What one number of the pool has.
struct Slot<S> {
    owner: Option<ThreadId>,
    value: Option<S>,
    /// Of threads of this number that died.
    earlier: Vec<S>,
}

/// Reports that a worker's value is in use already: the call was made from inside another on the same thread.
///
/// # Examples
///
/// ```
/// let pool = ringmill::Pool::builder().workers(1).build()?;
/// let local = pool.worker_local(|_| 1);
/// assert!(local.with(|_| local.with(|_| ())).expect("the outer call").is_err());
/// # Ok::<(), ringmill::pool::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InUse;

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this worker's value is in use by a call further out")
    }
}

impl std::error::Error for InUse {}

impl Pool {
    /// Makes a place for a value on each worker; `init` makes the value, from the worker's number, when it is first used.
    /// Number 0 is any thread that is none of the pool's own.
    ///
    /// # Examples
    ///
    /// See [`WorkerLocal`].
    pub fn worker_local<S, F>(&self, init: F) -> WorkerLocal<S>
    where
        S: Send,
        F: Fn(usize) -> S + Send + Sync + 'static,
    {
        let slot = |_| CachePadded::new(Mutex::new(Slot { owner: None, value: None, earlier: Vec::new() }));
        WorkerLocal {
            pool: self.of_same_crew(),
            init: Box::new(init),
            teardown: None,
            threads: (0..self.crew().roster.threads()).map(slot).collect(),
            callers: Mutex::new(Vec::new()),
        }
    }
}

impl<S: Send> WorkerLocal<S> {
    /// Sets what is done with each value in the end, once for each: by whoever drops this. It gets the number of the worker
    /// that made the value. If it panics for one, the others have their turn all the same, and the panic ends there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// let pool = ringmill::Pool::builder().workers(1).build()?;
    /// let (closed, seen) = mpsc::channel();
    /// let files = pool.worker_local(|worker| worker).teardown(move |worker, _file| _ = closed.send(worker));
    /// files.with(|_| ())?;
    /// drop(files);
    /// assert_eq!(seen.iter().collect::<Vec<_>>(), [0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn teardown(mut self, teardown: impl Fn(usize, S) + Send + Sync + 'static) -> Self {
        self.teardown = Some(Box::new(teardown));
        self
    }

    /// Runs `f` on the value of the worker that this thread is, which is made if there is none yet.
    ///
    /// # Errors
    ///
    /// [`InUse`] from inside another call of this on the same thread: the value has one borrower at a time.
    ///
    /// # Panics
    ///
    /// Goes on with a panic of `f`, which leaves the value as it is, or of the closure that makes the value, which is then
    /// called again the next time.
    ///
    /// # Examples
    ///
    /// See [`WorkerLocal`].
    pub fn with<R>(&self, f: impl FnOnce(&mut S) -> R) -> Result<R, InUse> {
        let here = thread::current().id();
        match current::number_in(self.pool.crew()) {
            0 => {
                let ours = {
                    let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
                    match callers.iter().find(|(thread, _)| *thread == here) {
                        Some((_, ours)) => Arc::clone(ours),
                        None => {
                            let ours = Arc::new(Mutex::new(None));
                            callers.push((here, Arc::clone(&ours)));
                            ours
                        }
                    }
                };
                let mut value = in_use(ours.try_lock())?;
                Ok(f(value.get_or_insert_with(|| (self.init)(0))))
            }
            number => {
                let mut slot = in_use(self.threads[number - 1].try_lock())?;
                if slot.owner != Some(here) {
                    slot.owner = Some(here);
                    let earlier = slot.value.take();
                    slot.earlier.extend(earlier);
                }
                Ok(f(slot.value.get_or_insert_with(|| (self.init)(number))))
            }
        }
    }

    /// Returns the values that were made: first those of callers, in the order of their first use, then those of the pool's
    /// threads, by number. What [`teardown`](Self::teardown) was set is not run on them.
    ///
    /// # Examples
    ///
    /// See [`WorkerLocal`].
    pub fn into_values(mut self) -> Vec<S> {
        self.take().into_iter().map(|(_, value)| value).collect()
    }
}

impl<S> WorkerLocal<S> {
    fn take(&mut self) -> Vec<(usize, S)> {
        let mut values = Vec::new();
        let callers = std::mem::take(self.callers.get_mut().unwrap_or_else(PoisonError::into_inner));
        for (_, caller) in callers {
            let value = caller.lock().unwrap_or_else(PoisonError::into_inner).take();
            values.extend(value.map(|value| (0, value)));
        }
        for (place, slot) in self.threads.iter_mut().enumerate() {
            let slot = slot.get_mut().unwrap_or_else(PoisonError::into_inner);
            let made = slot.earlier.drain(..).chain(slot.value.take());
            values.extend(made.map(|value| (place + 1, value)));
        }
        values
    }
}

impl<S> Drop for WorkerLocal<S> {
    fn drop(&mut self) {
        let values = self.take();
        if let Some(teardown) = &self.teardown {
            values.into_iter().for_each(|(worker, value)| quietly(|| teardown(worker, value)));
        }
    }
}

impl<S> fmt::Debug for WorkerLocal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerLocal").finish_non_exhaustive()
    }
}

/// A lock that is held is held by this very thread, further out: nobody else takes it. One that a panic has passed by is as
/// good as another.
fn in_use<G>(lock: Result<G, TryLockError<G>>) -> Result<G, InUse> {
    match lock {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => Err(InUse),
    }
}
