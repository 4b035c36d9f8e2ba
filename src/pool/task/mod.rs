//! Single tasks: a closure goes in, a [`Task`] comes out.
//!
//! A task waits in one of three bounded lanes until a worker takes it, or until whoever waits for it runs it on the spot.
//! What happens at a full lane is the submitter's choice, each time. A task is a future too, and may carry a value that comes
//! back with its result or with its error.
//!
//! ```
//! use ringmill::Pool;
//! use ringmill::pool::{Lane, WhenFull};
//!
//! let pool = Pool::new()?;
//! let answer = pool.submit(|_| (1..=10_u64).product::<u64>())?;
//! let urgent = pool.task().name("urgent").lane(Lane::Latency).when_full(WhenFull::RunHere).submit(|cx| cx.name())?;
//! assert_eq!(answer.wait()?, 3_628_800);
//! assert_eq!(urgent.wait()?, "urgent");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ageing;
mod audience;
mod blocks;
mod carrier;
mod context;
mod counted;
mod enqueue;
mod error;
mod hand;
mod handle;
mod job;
mod occupancy;
mod options;
mod queues;
mod submit;

pub(crate) use ageing::Turn;
pub(crate) use audience::Listener;
pub(crate) use hand::Hand;
pub(crate) use handle::TICK;
pub(crate) use job::{Unrun, Work, drop_quietly, quietly, run_by};
pub(crate) use options::after;
pub(crate) use queues::{Readings, Tasks};

pub use carrier::{Carrier, CarrierError};
pub use context::Cx;
pub use error::{Panic, Refusal, SubmitError, TaskError};
pub use handle::Task;
pub use options::{Lane, TaskOptions, WhenFull};
