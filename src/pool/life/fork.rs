//! A pool in a process that was forked from the one that built it.

use super::super::error::BuildError;
use super::super::handle::Pool;

impl Pool {
    /// Makes a pool that came through a fork usable in the child: a new one like it takes its place. Returns whether there was
    /// anything to do; in the process that built it there is not.
    ///
    /// The new pool is built from what this one was built from, on the CPUs and within the quota that there are now, and with its
    /// own queues and counts. What was submitted before the fork stays the parent's: its handles say
    /// [`TaskError::Forked`](super::super::TaskError::Forked) here. Nothing of the old pool is dropped in the child, not even its closures: what
    /// they hold is shared with nobody, and was not meant to end twice.
    ///
    /// A child of a process with threads may do little by the letter of POSIX. This call allocates memory and starts threads, as Rust's
    /// own library does; C libraries in wide use see to it that a child can.
    ///
    /// # Errors
    ///
    /// As [`PoolBuilder::build`](super::super::PoolBuilder::build); the pool is then as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut pool = ringmill::Pool::new()?;
    /// // In a child, after a fork:
    /// let is_new = pool.rebuild_after_fork()?;
    /// assert!(!is_new, "this is the process that built it");
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn rebuild_after_fork(&mut self) -> Result<bool, BuildError> {
        let recipe = self.crew().recipe().filter(|_| self.crew().is_forked());
        let Some(recipe) = recipe else { return Ok(false) };
        let before = std::mem::replace(self, recipe.build()?);
        // Its locks may be held by threads that are not here.
        std::mem::forget(before);
        Ok(true)
    }
}
