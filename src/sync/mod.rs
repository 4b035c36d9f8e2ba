//! The standard library or loom: the only place that names core atomics, cells and threads.
//!
//! Everything above this room races through these names, so the models in `loom-tests/` see every access that the
//! shipped code makes. A plain build forwards to the standard library and the kernel's futex; under `cfg(loom)` the
//! same names are loom's, and the futex is a twin of the kernel's.
//!
//! What the two must share decides what is here: cells are entered by closures, because loom has to see the end of
//! an access; nothing has a `const` constructor, because loom's types have none.

#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

#[cfg(not(loom))]
mod native;
#[cfg(not(loom))]
pub(crate) use native::{UnsafeCell, atomic, fence, futex, hint, step, thread};

#[cfg(loom)]
mod twin;
#[cfg(loom)]
pub(crate) use twin::{UnsafeCell, atomic, fence, futex, hint, step, thread};

pub(crate) mod lock;
