//! Stages over a ring: a source fills buffers, stages change them in place, a sink takes them, on a pool's workers.
//!
//! ```
//! use ringmill::pipeline::{Flow, Pipeline};
//! use ringmill::{Pool, Ring};
//!
//! let (pool, ring) = (Pool::new()?, Ring::<u64>::builder().buffers(8).buffer_len(1000).build()?);
//! let (mut next, mut sum) = (0, 0);
//! Pipeline::over(&ring)
//!     .source("count", |buffer| {
//!         for value in buffer.iter_mut() {
//!             *value = next;
//!             next += 1;
//!         }
//!         if next <= 100_000 { Flow::More } else { Flow::End }
//!     })
//!     .parallel_stage("double", 2, |buffer| buffer.iter_mut().for_each(|value| *value *= 2))
//!     .sink("sum", |buffer| sum += buffer.iter().sum::<u64>())
//!     .run(&pool)?;
//! assert_eq!(sum, 9_999_900_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alone;
mod builder;
mod control;
mod error;
mod handle;
mod outcome;
mod report;
mod run;
mod work;
mod yard;

pub use builder::{Stages, Start};
pub use error::{AnyBuffer, Panic, PipelineError};
pub use handle::Pipeline;
pub use outcome::{Flow, Outcome};
pub use report::{Canceller, Progress, Report, StageProgress};
