//! Models of the protocols: the very files of `src/sync/` and `src/protocol/`, compiled for loom.
//!
//! The build script sets `cfg(loom)` for this package alone, so plain `cargo test` runs the models. Each file in
//! `models/` checks the protocol file of its name, and `queue_ends` the queue's; `weakenings/` lists lines whose loss a
//! model must notice. The test `models` runs all of them and says how many executions each took.

// The product's own files: what no model uses is not dead, and their unsafe blocks are argued there.
#[allow(dead_code, unused_imports)]
#[path = "../../src/protocol/mod.rs"]
mod protocol;
#[allow(dead_code, unused_imports)]
#[path = "../../src/sync/mod.rs"]
mod sync;

mod models;
mod scenario;
mod twin;
mod watched;
mod weakenings;

pub use models::scenarios;
pub use scenario::Scenario;
pub use twin::{Twin, twins};
pub use weakenings::Objection;
