//! How full the lanes are, and waiting until they are not.

use std::future::Future;

use super::super::current::is_in_the_way;
use super::super::handle::Pool;

impl Pool {
    /// Returns about how many tasks wait, those cancelled since included.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert_eq!(pool.depth(), 0);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn depth(&self) -> usize {
        self.crew().tasks.depth()
    }

    /// Returns whether some lane is three quarters full: time to submit less, or to wait until the pool has
    /// [drained](Self::drained).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().queue_capacity(16).build()?;
    /// for k in 0..100 {
    ///     if pool.needs_drain() {
    ///         pool.drained();
    ///     }
    ///     drop(pool.submit(move |_| k)?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn needs_drain(&self) -> bool {
        self.crew().tasks.needs_drain()
    }

    /// Waits until every lane is at most a quarter full; not where the pool is closed or of another process, nor inside a job,
    /// which may be in the way of what it waits for.
    ///
    /// # Examples
    ///
    /// See [`needs_drain`](Self::needs_drain).
    pub fn drained(&self) {
        let crew = self.crew();
        crew.tasks.wait_until_calm(|| crew.bed.is_closed() || crew.is_forked() || is_in_the_way());
    }

    /// Is ready when every lane is at most a quarter full, or the pool is closed or of another process.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// pollster::block_on(pool.drained_async());
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn drained_async(&self) -> impl Future<Output = ()> + Send + '_ {
        let crew = self.crew();
        crew.tasks.calm(|| crew.bed.is_closed() || crew.is_forked())
    }
}
