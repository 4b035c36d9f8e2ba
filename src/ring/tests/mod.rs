//! The protocols of shared rings, over words in a file: bytes that nobody honest writes, and processes that are killed.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod deaths;
mod hostile;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[path = "../../../tests/support/processes.rs"]
mod processes;
mod words;
