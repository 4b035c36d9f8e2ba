//! The gate and its policy, from the library's own files.

#[path = "../../src/ring/gate.rs"]
pub(crate) mod gate;
#[path = "../../src/ring/waiting.rs"]
pub(crate) mod waiting;

pub(crate) use waiting::Waiting;
