//! The pool that an embedder holds: how it comes, what it says of itself, how it goes.

use std::sync::{Arc, PoisonError};

use super::builder::PoolBuilder;
use super::crew::Crew;
use super::error::BuildError;
use super::life::homes::Group;
use super::size::Sizing;

/// Workers that run loops in place, each on a CPU of its own; the calling thread is one of them.
///
/// Any number of threads may run loops on one pool at a time, and loops may run inside loops: a worker that waits has
/// already run all of its own loop that nobody else is at, and runs nothing else meanwhile, so nothing waits in a
/// circle. A panic in a loop's body is resumed in the loop's caller when all workers have left; the pool lives on.
///
/// Dropping a pool ends its threads and waits for them. In a process forked after the pool was built there are none:
/// every loop is an error there, and dropping does nothing, until [`rebuild_after_fork`](Self::rebuild_after_fork).
///
/// # Examples
///
/// ```
/// use ringmill::Pool;
///
/// let pool = Pool::new()?;
/// println!("{}", pool.sizing());
/// let squares = pool.map_reduce_range(0..1000, 64, |range| range.map(|i| i * i).sum::<usize>(), |a, b| a + b)?;
/// assert_eq!(squares, 332_833_500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping a pool ends its workers"]
pub struct Pool {
    crew: Arc<Crew>,
    /// Not so in the hands of its own threads and tasks: only the owner's drop ends the pool.
    pub(crate) is_owner: bool,
}

impl Pool {
    /// Builds a pool with a worker for every CPU that the process may use.
    ///
    /// # Errors
    ///
    /// As [`PoolBuilder::build`].
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert!(pool.workers() >= 1);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// Returns a builder with the defaults.
    ///
    /// # Examples
    ///
    /// See [`PoolBuilder`].
    pub fn builder() -> PoolBuilder {
        PoolBuilder::default()
    }

    /// Makes the owner's handle.
    pub(crate) fn of(crew: Arc<Crew>) -> Self {
        Self { crew, is_owner: true }
    }

    /// Makes a handle whose drop ends nothing.
    pub(crate) fn of_same_crew(&self) -> Self {
        Self::of_others(Arc::clone(&self.crew))
    }

    /// The same, of a crew that somebody else owns.
    pub(crate) fn of_others(crew: Arc<Crew>) -> Self {
        Self { crew, is_owner: false }
    }

    #[inline]
    pub(crate) fn crew(&self) -> &Arc<Crew> {
        &self.crew
    }

    /// Returns the number of workers, the calling thread included.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().workers(2).build()?;
    /// assert_eq!(pool.workers(), 2);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn workers(&self) -> usize {
        self.crew.workers()
    }

    /// Returns how many workers there are and why.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{ChosenBy, Pool};
    ///
    /// let pool = Pool::builder().workers(2).build()?;
    /// assert_eq!(pool.sizing().chosen_by(), ChosenBy::Builder);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn sizing(&self) -> Sizing {
        self.crew.sizing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns which workers live on which NUMA node, in rising order of the nodes. The calling thread, worker 0, lives on
    /// none, and neither does a worker that is not pinned.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{Pinning, Pool};
    ///
    /// let pool = Pool::builder().workers(4).pinning(Pinning::Off).build()?;
    /// assert!(pool.groups().is_empty());
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn groups(&self) -> Vec<Group> {
        self.crew.staff.homes().groups(self.workers())
    }
}
