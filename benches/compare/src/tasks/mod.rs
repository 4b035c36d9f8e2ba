//! The pools that ringmill's tasks and joins are held against, each asked in the way its documentation shows.
//!
//! All have two workers: two threads, or the caller and one thread where the caller is a worker (chili, forte). What a
//! pool lacks has no row: chili takes no tasks, the others but rayon and forte have no join.

pub mod channel;
pub mod chili;
pub mod forte;
pub mod idling;
pub mod rayon;
pub mod threadpool;
pub mod tokio;

/// Why no answer fails to come.
const WAITS: &str = "the asker waits for it";
