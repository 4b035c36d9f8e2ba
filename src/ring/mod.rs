//! Typed buffers whose ownership travels without a copy.
//!
//! Whoever needs a thing that is not there yet waits at a gate, as a thread or as a task, in a way that it chooses.

mod gate;
mod waiting;

pub use waiting::Waiting;
