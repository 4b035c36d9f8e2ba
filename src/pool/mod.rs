//! Pinned workers and parallel loops over memory that stays where it is.
//!
//! A [`Pool`] holds one worker per usable CPU; the thread that calls it is one of them. A loop is cut into pieces,
//! each worker starts with its own share, and who runs dry steals. The caller never waits for a worker to wake: what
//! is small it finishes alone, what is long the others join.
//!
//! ```
//! use ringmill::Pool;
//!
//! let pool = Pool::new()?;
//! let mut prices = vec![10.0_f64; 100_000];
//! pool.for_each_chunk(&mut prices, |chunk| for p in chunk { *p = *p * 1.07 + 0.5 })?;
//! let total = pool.map_reduce(&prices, |chunk| chunk.iter().sum::<f64>(), |a, b| a + b)?;
//! assert!((total - 1_120_000.0).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arrays;
mod attention;
mod broadcast;
mod builder;
mod cancel;
mod chunks;
mod crew;
mod current;
mod cut;
mod each;
mod error;
mod fork;
mod handle;
mod helper;
mod life;
mod loops;
mod metrics;
mod pace;
mod place;
mod posting;
mod reduce;
mod shutdown;
mod size;
mod slots;
mod staff;
mod stream;
pub mod task;

pub use builder::{JobMask, Pinning, PoolBuilder};
pub(crate) use cancel::stopped_here;
pub use cancel::{Stopped, Token, with_token};
pub use chunks::{Chunks, Source};
pub use error::{BuildError, LoopError};
pub use fork::{OnPanic, Panics, Scope, ScopeError};
pub use handle::Pool;
pub use life::health::Health;
pub use life::homes::Group;
pub use life::local::{InUse, WorkerLocal};
pub use life::placement::Placement;
pub use life::resize::ResizeError;
pub use metrics::{Histogram, LaneFigures, RunningTask, Snapshot, TaskFigures, Throttled, WorkerFigures};
pub use shutdown::Ended;
pub use size::{ChosenBy, Sizing};
#[cfg(feature = "futures")]
pub use stream::MapStream;
pub use stream::{MapOrdered, MapUnordered};
pub use task::{
    Carrier, CarrierError, Cx, Lane, Panic, Refusal, SubmitError, Task, TaskError, TaskOptions, WhenFull,
};
