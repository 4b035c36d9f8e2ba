//! Typed buffers whose ownership travels without a copy.
//!
//! A [`Ring`] has a fixed number of buffers in mapped memory. A [`Buffer`] is exclusive ownership of one of them: it is
//! claimed, sent to a [`Queue`], received, and free again when it is dropped; only its number moves. Whoever needs
//! a buffer that is not there yet waits at a gate, as a thread or as a task, in a way that the ring's builder
//! [chooses](Waiting).

mod alive;
mod buffer;
mod builder;
mod core;
mod error;
mod future;
mod gate;
mod handle;
mod latest;
mod layout;
#[allow(dead_code, reason = "for rings that processes share")]
mod lifelines;
mod options;
mod queue;
mod shared_buffer;
mod stay;
pub mod stream;
#[cfg(test)]
mod tests;
mod waiting;

pub(crate) use future::Wait;
pub(crate) use gate::{Gate, Place};
pub(crate) use waiting::Permit;

pub use buffer::Buffer;
pub use builder::RingBuilder;
pub use error::{BuildError, Closed, NoSuchQueue, SendError, TimeoutError, TryError};
pub use handle::Ring;
pub use latest::{
    Latest, LatestBuilder, LatestEnds, LatestError, LatestReader, LatestWriter, NextValue, Reading,
};
pub use options::{DroppedDirty, HugePages, Memory, Populate, QueueOptions, WhenFull};
pub use queue::{Queue, Sent};
pub use shared_buffer::SharedBuffer;
pub use stream::Stream;
pub use waiting::Waiting;
