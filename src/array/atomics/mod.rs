//! The atomic view: an array whose elements any number of threads read and change, each access whole.
//!
//! It has every operation of JavaScript's `Atomics`, with the meaning that ECMA-262 gives them. All are sequentially
//! consistent, because that specification asks for it: all threads see all operations of all views in one order.

mod cell;
mod error;
mod extent;
mod named;
mod shared;
mod view;
mod wait;

pub use cell::AtomicElement;
pub use error::AtomicsError;
pub use shared::AtomicArray;
pub use view::Atomics;
pub use wait::{WaitElement, WaitOutcome};
