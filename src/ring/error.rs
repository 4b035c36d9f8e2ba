//! What can go wrong with a ring, its buffers and its queues. Whoever hands a buffer over gets it back in the error.

use std::fmt;

use super::Buffer;
use crate::memory::shared::SharedError;
use crate::memory::{RegionError, Value};

/// Says why a ring could not be built.
///
/// # Examples
///
/// ```
/// use ringmill::ring::{BuildError, Ring};
/// let refused = Ring::<f32>::builder().buffer_len(0).build().unwrap_err();
/// assert!(matches!(refused, BuildError::NoElements));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The ring was to have no buffers, or more than fit in a slot's number.
    Buffers {
        /// How many were asked for.
        requested: usize,
        /// The most a ring can have.
        most: usize,
    },
    /// Buffers were to hold no elements, or the element type has no size.
    NoElements,
    /// The ring was to have more queues than a slot's word can name.
    Queues {
        /// How many were asked for.
        requested: usize,
        /// The most a ring can have.
        most: usize,
    },
    /// Two queues have the same name.
    SameName {
        /// The name.
        name: String,
    },
    /// The element type wants an alignment that no region has.
    Alignment {
        /// What it wants, in bytes.
        requested: usize,
        /// The most there is.
        most: usize,
    },
    /// As many processes take part in the ring as may.
    Participants {
        /// How many may.
        most: usize,
    },
    /// A shared ring was to have no participants, or more than a slot's word can name.
    TooManyParticipants {
        /// How many were asked for.
        requested: usize,
        /// The most there can be.
        most: usize,
    },
    /// The ring is to be opened, and nothing was said of where it is.
    NoPlace,
    /// The region that processes share could not be had.
    Shared(SharedError),
    /// More memory than this process can address.
    TooLarge,
    /// The memory could not be had.
    Region(RegionError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buffers { requested, most } => write!(f, "{requested} buffers: a ring has 1 to {most}"),
            Self::NoElements => f.write_str("the buffers of a ring hold at least one element of some size"),
            Self::Queues { requested, most } => write!(f, "{requested} queues: a ring has at most {most}"),
            Self::SameName { name } => write!(f, "two queues are called {name:?}"),
            Self::Alignment { requested, most } => {
                write!(f, "elements that want an alignment of {requested} bytes: {most} is the most there is")
            }
            Self::Participants { most } => {
                write!(f, "{most} processes take part in the ring, as many as may")
            }
            Self::TooManyParticipants { requested, most } => {
                write!(f, "{requested} participants: a shared ring has 1 to {most}")
            }
            Self::NoPlace => f.write_str("a ring without a name or a file cannot be opened"),
            Self::Shared(error) => error.fmt(f),
            Self::TooLarge => f.write_str("the ring needs more memory than this process can address"),
            Self::Region(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Region(error) => Some(error),
            Self::Shared(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SharedError> for BuildError {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}

impl From<RegionError> for BuildError {
    fn from(error: RegionError) -> Self {
        Self::Region(error)
    }
}

/// The ring has no queue of that name.
///
/// # Examples
///
/// ```
/// let ring = ringmill::Ring::<f32>::builder().queues(["raw"]).build()?;
/// assert_eq!(ring.queue("row").unwrap_err().to_string(), "the ring has no queue \"row\"; it has \"raw\"");
/// # Ok::<(), ringmill::ring::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchQueue {
    pub(super) name: String,
    pub(super) names: Vec<String>,
}

impl fmt::Display for NoSuchQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ring has no queue {:?}", self.name)?;
        for (k, name) in self.names.iter().enumerate() {
            write!(f, "{} {name:?}", if k == 0 { "; it has" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for NoSuchQueue {}

/// The queue is closed and drained, or the ring is closed: nothing will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed, and nothing is left")
    }
}

impl std::error::Error for Closed {}

/// Says why there is no buffer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryError {
    /// None is there; one may come.
    Empty,
    /// None is there, and none will come.
    Closed,
}

impl fmt::Display for TryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no buffer is there now"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl std::error::Error for TryError {}

/// Says why no buffer came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeoutError {
    /// The time is up.
    Timeout,
    /// None will come.
    Closed,
}

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no buffer came in time"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl std::error::Error for TimeoutError {}

/// Says why a buffer could not be sent, and gives it back.
///
/// # Examples
///
/// ```
/// use ringmill::ring::{Ring, SendError};
/// let ring = Ring::<f32>::builder().queues(["out"]).build()?;
/// let out = ring.queue("out")?;
/// out.close();
/// let refused = out.send(ring.claim()?).unwrap_err();
/// assert!(matches!(refused, SendError::Closed(_)));
/// let buffer = refused.into_buffer(); // still ours
/// # drop(buffer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum SendError<T: Value> {
    /// The queue is closed.
    Closed(Buffer<T>),
    /// The queue holds as many as it may.
    Full(Buffer<T>),
    /// The buffer is another ring's.
    Foreign(Buffer<T>),
}

impl<T: Value> SendError<T> {
    /// Returns the buffer that was not sent.
    pub fn into_buffer(self) -> Buffer<T> {
        match self {
            Self::Closed(buffer) | Self::Full(buffer) | Self::Foreign(buffer) => buffer,
        }
    }
}

impl<T: Value> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "Closed(..)",
            Self::Full(_) => "Full(..)",
            Self::Foreign(_) => "Foreign(..)",
        })
    }
}

impl<T: Value> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "the queue is closed",
            Self::Full(_) => "the queue holds as many buffers as it may",
            Self::Foreign(_) => "the buffer is another ring's",
        })
    }
}

impl<T: Value> std::error::Error for SendError<T> {}
