//! Jobs of a pool that help the thread that runs an input, as long as there is something to do.

use crate::pool::{Pool, Scope};
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many jobs help, and how many may.
#[derive(Debug)]
pub(super) struct Helpers {
    at_work: AtomicUsize,
    most: usize,
}

impl Helpers {
    /// Allows one for each worker but the calling one.
    pub(super) fn new(pool: &Pool) -> Self {
        Self { at_work: AtomicUsize::new(0), most: pool.workers() - 1 }
    }

    /// Spawns a job that does `work` until it finds nothing more to do, unless there are enough. One that is leaving just now
    /// may miss what has come, which then waits for the next call, or for the caller.
    pub(super) fn call<'f>(&'f self, scope: &Scope<'f>, work: impl FnOnce() + Send + 'f) {
        // ORDERING: Relaxed, both; a count that keeps jobs from piling up. What they work on goes by other ways.
        if self.at_work.load(Relaxed) < self.most {
            self.at_work.fetch_add(1, Relaxed);
            scope.spawn_aside(move |_| {
                work();
                // ORDERING: Relaxed, as above.
                self.at_work.fetch_sub(1, Relaxed);
            });
        }
    }
}
