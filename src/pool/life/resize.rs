//! Changing the number of workers while they work.

use std::fmt;
use std::sync::PoisonError;

use super::super::crew::Crew;
use super::super::handle::Pool;
use super::super::staff::Staff;
use crate::error::SystemError;

/// Reports why a pool did not get the number of workers that was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResizeError {
    /// The process was forked after the pool was built: its workers do not exist here, before
    /// [`Pool::rebuild_after_fork`](super::super::Pool::rebuild_after_fork).
    Forked,
    /// The pool cannot have so many, or so few; what it can have was said when it was built.
    Workers {
        /// The number asked for.
        requested: usize,
        /// The largest number there can be, [`PoolBuilder::max_workers`](super::super::PoolBuilder::max_workers).
        limit: usize,
    },
    /// The system did not start a thread. Those that it started work.
    Spawn(SystemError),
}

impl fmt::Display for ResizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forked => write!(f, "the pool was built before a fork and has no workers in this process"),
            Self::Workers { requested, limit } => {
                write!(f, "this pool has 1 to {limit} workers, and {requested} were asked for")
            }
            Self::Spawn(source) => write!(f, "cannot start a worker: {source}"),
        }
    }
}

impl std::error::Error for ResizeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Spawn(source) => Some(source),
            _ => None,
        }
    }
}

impl Pool {
    /// Changes the number of workers, the calling thread included, while they work.
    ///
    /// New workers are there when this returns. Surplus ones end what they are at, then stand by; their threads stay, and a
    /// later call takes them back. During a [`broadcast`](Self::broadcast) the number stays, and changes when that is over. A
    /// pool that follows its machine's limits does so no longer.
    ///
    /// # Errors
    ///
    /// [`ResizeError`] if the number is none, or larger than what the pool was built for; if a thread does not start; or in
    /// a process forked after the pool was built.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// let pool = Pool::builder().workers(1).max_workers(3).build()?;
    /// pool.resize(3)?;
    /// assert_eq!(pool.broadcast(|worker| worker)?, [0, 1, 2]);
    /// pool.resize(2)?;
    /// assert_eq!(pool.workers(), 2);
    /// assert!(pool.resize(4).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resize(&self, workers: usize) -> Result<(), ResizeError> {
        let crew = self.crew();
        if crew.is_forked() {
            return Err(ResizeError::Forked);
        }
        let limit = crew.most_workers;
        if !(1..=limit).contains(&workers) {
            return Err(ResizeError::Workers { requested: workers, limit });
        }
        crew.sizing.lock().unwrap_or_else(PoisonError::into_inner).resized(workers);
        crew.roster.resize(workers);
        Staff::fill(self).map_err(ResizeError::Spawn)
    }
}

/// Holds the number of workers until it is dropped.
#[derive(Debug)]
pub(crate) struct Muster<'a> {
    crew: &'a Crew,
    pub(crate) workers: usize,
}

impl<'a> Muster<'a> {
    /// Holds the number of workers, each of which has its thread; or returns the first that has none.
    pub(crate) fn hold(pool: &'a Pool) -> Result<Self, usize> {
        let crew = &**pool.crew();
        if let Ok(workers) = crew.roster.muster() {
            return Ok(Self { crew, workers });
        }
        // A thread that did not start may start now.
        let _ = Staff::fill(pool);
        crew.roster.muster().map(|workers| Self { crew, workers })
    }
}

impl Drop for Muster<'_> {
    fn drop(&mut self) {
        self.crew.roster.dismiss();
    }
}
