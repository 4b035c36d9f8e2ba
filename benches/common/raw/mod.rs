//! The limits: minimal programs by hand that do one thing, one in each file.

#[cfg(target_os = "linux")]
pub mod apart;
pub mod atomics;
pub mod blocks;
pub mod counters;
pub mod fork_join;
pub mod jobs;
pub mod lamport;
pub mod sequence;
pub mod shapes;
pub mod sleepers;
pub mod slots;
pub mod trees;
pub mod word;
