//! The metrics as an embedder asks for them.

use std::io;

use super::Snapshot;
use crate::pool::crew::Crew;
use crate::pool::task::Readings;
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

    /// Keeps the last `events` of each worker, for [`Pool::write_trace`]: tasks, loops, sleeps. Off by default; costs 16
    /// bytes an event, from a worker's first one on, and some tens of nanoseconds each.
    ///
    /// # Examples
    ///
    /// See [`Pool::write_trace`].
    pub fn trace(mut self, events: usize) -> Self {
        self.metrics.trace = (events > 0).then_some(events);
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
        let crew = self.crew();
        crew.metrics.snapshot(|| readings(crew))
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
        let crew = self.crew();
        crew.metrics.reset(|| readings(crew));
    }

    /// Writes what each worker did when, as far back as is kept ([`PoolBuilder::trace`]), as Chrome trace events in JSON:
    /// `chrome://tracing` and Perfetto show them. Times are in microseconds since the pool was made. Threads that are not
    /// the pool's share what is kept; where they worked at one time each has a track.
    ///
    /// # Errors
    ///
    /// What `out` says.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().trace(10_000).build()?;
    /// let mut json = Vec::new();
    /// pool.write_trace(&mut json)?;
    /// assert!(json.starts_with(b"{\"displayTimeUnit\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_trace(&self, out: &mut impl io::Write) -> io::Result<()> {
        self.crew().metrics.write_trace(out)
    }
}

fn readings(crew: &Crew) -> Readings {
    Readings { workers: crew.roster.workers(), ..crew.tasks.readings() }
}
