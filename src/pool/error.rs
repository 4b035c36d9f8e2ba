//! What can go wrong when a pool is built and when it runs a loop.

use std::fmt;

use crate::memory::RegionError;

use super::cancel::Stopped;
use super::size::{MOST_WORKERS, SizeError, VARIABLE};
use crate::error::SystemError;

/// Reports why a pool could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The environment variable `RINGMILL_THREADS` does not hold a possible number of workers.
    Variable {
        /// What it holds.
        text: String,
        /// The largest number there can be.
        limit: usize,
    },
    /// More workers were asked for than one pool can have, or none.
    Workers {
        /// The number asked for.
        requested: usize,
        /// The largest number there can be.
        limit: usize,
    },
    /// The NUMA node that was asked for does not exist, or has no CPU that the calling thread may use.
    Node {
        /// The number asked for.
        requested: usize,
        /// The nodes that have CPUs.
        known: Vec<usize>,
    },
    /// The threads' name holds a zero byte, which ends a name where the system reads it.
    Name {
        /// The name asked for.
        name: String,
    },
    /// The system did not promise to tell this process from its forks.
    Fork(SystemError),
    /// The system did not start a worker's thread.
    Spawn(SystemError),
    /// A worker could not be pinned, and [`Pinning::Required`](super::Pinning::Required) was asked for.
    Pin {
        /// The worker's number.
        worker: usize,
        /// The CPU it should have been pinned to, if there was one.
        cpu: Option<usize>,
        /// Why not.
        source: SystemError,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable { text, limit } => {
                write!(f, "{VARIABLE} is {text:?}, and should be a number of workers from 1 to {limit}")
            }
            Self::Workers { requested, limit } => {
                write!(f, "a pool has 1 to {limit} workers, and {requested} were asked for")
            }
            Self::Node { requested, known } => {
                write!(f, "no usable CPU on NUMA node {requested}; the nodes with CPUs are {known:?}")
            }
            Self::Name { name } => write!(f, "a thread's name cannot hold a zero byte, as {name:?} does"),
            Self::Fork(source) => write!(f, "cannot watch for forks: {source}"),
            Self::Spawn(source) => write!(f, "cannot start a worker: {source}"),
            Self::Pin { worker, cpu: Some(cpu), source } => {
                write!(f, "cannot pin worker {worker} to CPU {cpu}: {source}")
            }
            Self::Pin { worker, cpu: None, source } => {
                write!(f, "no CPU to pin worker {worker} to: {source}")
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Fork(source) | Self::Spawn(source) | Self::Pin { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<SizeError> for BuildError {
    fn from(error: SizeError) -> Self {
        match error {
            SizeError::Builder { workers } => Self::Workers { requested: workers, limit: MOST_WORKERS },
            SizeError::Environment { text } => Self::Variable { text, limit: MOST_WORKERS },
        }
    }
}

/// Reports why a loop did not run, or that what it read cannot be trusted.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoopError {
    /// The process was forked after the pool was built: its workers do not exist here. Build a new pool, or call
    /// [`Pool::rebuild_after_fork`](super::Pool::rebuild_after_fork).
    Forked,
    /// Arrays that should be walked together differ in length. Nothing ran.
    Lengths {
        /// Elements of the first array.
        first: usize,
        /// Elements of one that differs.
        other: usize,
    },
    /// [`Pool::broadcast`](super::Pool::broadcast) was called from inside a pool's job, where waiting for every
    /// worker could wait for itself. Nothing ran.
    InsideJob,
    /// The [`Token`](super::Token) under which the loop ran told it to stop, and some of it has not run. What has run is
    /// done: elements that were changed in place stay changed. A reduction's partial results are dropped.
    Stopped(Stopped),
    /// [`Pool::broadcast`](super::Pool::broadcast) needs every worker, and this one has no thread: it did not start, or died again
    /// and again. The others may have run.
    NoThread {
        /// The worker's number.
        worker: usize,
    },
    /// The thread of a worker was ended from outside while it ran a part of the loop, as a bare system call in it does; what it
    /// was at is not done. The others may have run. Another thread takes its place.
    ThreadGone {
        /// The worker's number.
        worker: usize,
    },
    /// The mapped file that the loop went over was truncated under it. What the loop read of the missing part was
    /// zeros, and what it wrote there is lost.
    Memory(RegionError),
}

impl fmt::Display for LoopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forked => write!(f, "the pool was built before a fork and has no workers in this process"),
            Self::Lengths { first, other } => {
                write!(
                    f,
                    "arrays walked together must have one length, and these have {first} and {other} elements"
                )
            }
            Self::InsideJob => write!(f, "broadcast cannot be called from inside a pool's job"),
            Self::Stopped(stopped) => write!(f, "the loop was stopped: {stopped}"),
            Self::NoThread { worker } => write!(f, "worker {worker} has no thread to run the broadcast on"),
            Self::ThreadGone { worker } => {
                write!(f, "the thread of worker {worker} was ended from outside while it ran a part")
            }
            Self::Memory(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for LoopError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Memory(source) => Some(source),
            Self::Stopped(stopped) => Some(stopped),
            _ => None,
        }
    }
}

impl From<Stopped> for LoopError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<RegionError> for LoopError {
    fn from(source: RegionError) -> Self {
        Self::Memory(source)
    }
}
