//! The only system calls: map, fault, file, futex, barrier, affinity, balloon, limits, memory, pipe, throttling, topology, fork, kill, locks, thread, ticks.

// The kernel's words are the standard library's, whatever the facade above says.
#![allow(clippy::disallowed_types)]

pub(crate) mod affinity;
pub(crate) mod balloon;
pub(crate) mod clock;
pub(crate) mod fault;
#[cfg(unix)]
pub(crate) mod fd;
pub(crate) mod file;
#[cfg(unix)]
pub(crate) mod folder;
pub(crate) mod fork;
pub(crate) mod futex;
pub(crate) mod identity;
pub(crate) mod kill;
pub(crate) mod limits;
pub(crate) mod lock;
pub(crate) mod map;
pub(crate) mod membarrier;
pub(crate) mod memfd;
pub(crate) mod memory;
pub(crate) mod mirror;
pub(crate) mod pipe;
pub(crate) mod prefetch;
#[allow(dead_code, reason = "for locks")]
pub(crate) mod private_file;
pub(crate) mod thread;
pub(crate) mod throttle;
pub(crate) mod ticks;
pub(crate) mod topology;
