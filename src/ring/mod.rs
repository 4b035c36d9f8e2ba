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
mod ending;
mod error;
mod estate;
mod future;
mod gate;
mod handle;
mod latest;
mod layout;
mod lifelines;
mod membership;
mod options;
mod participants;
mod queue;
mod shared;
mod shared_buffer;
mod shared_layout;
mod stay;
pub mod stream;
#[cfg(test)]
mod tests;
mod ticket;
mod waiting;
mod words;

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
pub use options::{DroppedDirty, HugePages, Populate, QueueOptions, WhenFull};
pub use participants::Participant;
pub use queue::{Queue, Sent};
pub use shared::{Damage, Recovery};
pub use shared_buffer::SharedBuffer;
pub use stream::Stream;
pub use ticket::{RedeemError, Ticket};
pub use waiting::Waiting;
