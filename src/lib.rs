//! Shared-memory, zero-copy compute: pinned workers operate in place on mapped arrays and CSV files.

#![cfg_attr(not(test), deny(clippy::disallowed_types, clippy::disallowed_methods))]

// L0: errors and the only system calls.
mod error;
mod sys;
// L1: the standard library or loom.
mod sync;
// L2: mapped memory.
pub mod memory;
// L3: every state machine that threads race on.
mod protocol;
// L4: what an embedder holds.
pub mod array;
// L5: pinned workers.
pub mod pool;
// L6: files.
pub mod csv;

pub use array::SharedArray;
pub use csv::CsvFile;
pub use error::SystemError;
pub use pool::Pool;
