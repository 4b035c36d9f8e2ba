//! Pinned workers and parallel loops.

mod size;

pub use size::{ChosenBy, Sizing};
