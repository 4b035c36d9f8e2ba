//! The pool that a verb works on.

use std::num::NonZeroUsize;

use ringmill::pool::{LoopError, Pool};

use crate::failure::Failure;

/// Starts a worker per usable core, or as many as were asked for.
pub(crate) fn pool(threads: Option<NonZeroUsize>) -> Result<Pool, Failure> {
    let pool = match threads {
        Some(threads) => Pool::builder().workers(threads.get()).build(),
        None => Pool::new(),
    };
    pool.map_err(Failure::new)
}

/// Starts no worker: the calling thread does it all.
pub(crate) fn single() -> Result<Pool, Failure> {
    pool(Some(NonZeroUsize::MIN))
}

impl From<LoopError> for Failure {
    fn from(error: LoopError) -> Self {
        Self::new(error)
    }
}
