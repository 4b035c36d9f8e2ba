//! The metrics as an embedder asks for them.

use super::{LANES, Snapshot};
use crate::pool::{Pool, PoolBuilder};

impl PoolBuilder {
    /// Sets whether the pool counts and times what it does. It does by default; the switch is there to measure what that
    /// costs. Without it every figure is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().metrics(false).build()?;
    /// assert_eq!(pool.metrics().submitted(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn metrics(mut self, on: bool) -> Self {
        self.metrics.on = on;
        self
    }
}

impl Pool {
    /// Returns what the pool has counted since it was made, or since [`Pool::reset_metrics`]. Reads the counts and stops
    /// nobody: some tens of microseconds, and 6 KiB for each name of tasks in each lane.
    ///
    /// # Examples
    ///
    /// See [`Snapshot`].
    pub fn metrics(&self) -> Snapshot {
        self.crew().metrics.snapshot([0; LANES])
    }

    /// Begins to count anew. What is counted so far is remembered and subtracted from now on, so nothing that is just
    /// being counted is lost; only the most that were in a lane at a time starts from what is in it now.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// pool.reset_metrics();
    /// assert_eq!(pool.metrics().completed(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reset_metrics(&self) {
        self.crew().metrics.reset();
    }
}
