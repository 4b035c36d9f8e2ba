//! What can go wrong with a stream.

use std::error::Error;
use std::fmt;

use crate::error::SystemError;

/// Says why a stream could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The elements have no size, so there is nothing to count.
    ZeroSized,
    /// An element has to begin at a multiple of more bytes than a page has.
    Alignment {
        /// The alignment asked for.
        requested: usize,
        /// The size of a page.
        available: usize,
    },
    /// No object can be as large as the capacity asked for.
    TooLarge {
        /// The capacity asked for, in elements.
        requested: usize,
    },
    /// More lanes were asked for than a stream can have.
    TooManyLanes {
        /// The number asked for.
        requested: usize,
        /// The most there can be.
        available: usize,
    },
    /// The system refused the memory.
    System(SystemError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroSized => f.write_str("the elements have no size"),
            Self::Alignment { requested, available } => {
                write!(f, "an element is aligned to {requested} bytes, a page to {available}")
            }
            Self::TooLarge { requested } => write!(f, "{requested} elements do not fit into memory"),
            Self::TooManyLanes { requested, available } => {
                write!(f, "{requested} lanes, where there can be {available}")
            }
            Self::System(error) => error.fmt(f),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

/// Says why an element was not pushed, and gives it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryPushError<T> {
    /// There is no room.
    Full(T),
    /// Nobody reads any more, or a stage is gone.
    Closed(T),
}

impl<T> TryPushError<T> {
    /// Returns the element.
    pub fn into_inner(self) -> T {
        let (Self::Full(value) | Self::Closed(value)) = self;
        value
    }
}

impl<T> fmt::Display for TryPushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the stream is full",
            Self::Closed(_) => CLOSED_BY_READERS,
        })
    }
}

impl<T: fmt::Debug> Error for TryPushError<T> {}

/// Says why an element was not pushed although the caller waited, and gives it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError<T> {
    /// There was no room for as long as the caller would wait. Only calls with a time limit say so.
    TimedOut(T),
    /// Nobody reads any more, or a stage is gone.
    Closed(T),
}

impl<T> PushError<T> {
    /// Returns the element.
    pub fn into_inner(self) -> T {
        let (Self::TimedOut(value) | Self::Closed(value)) = self;
        value
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut(_) => "the stream stayed full for as long as it was waited for",
            Self::Closed(_) => CLOSED_BY_READERS,
        })
    }
}

impl<T: fmt::Debug> Error for PushError<T> {}

/// Says why there is no room for a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryWriteError {
    /// Less room than asked for.
    Full {
        /// The elements asked for.
        requested: usize,
        /// The elements there is room for.
        available: usize,
    },
    /// The batch is longer than the stream.
    TooLong {
        /// The elements asked for.
        requested: usize,
        /// The capacity of the stream.
        capacity: usize,
    },
    /// Nobody reads any more, or a stage is gone.
    Closed,
}

impl fmt::Display for TryWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { requested, available } => {
                write!(f, "{requested} elements where there is room for {available}")
            }
            Self::TooLong { requested, capacity } => write_too_long(f, *requested, *capacity),
            Self::Closed => f.write_str(CLOSED_BY_READERS),
        }
    }
}

impl Error for TryWriteError {}

/// Says why there is no room for a batch although the caller waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// There was too little room for as long as the caller would wait. Only calls with a time limit say so.
    TimedOut,
    /// The batch is longer than the stream.
    TooLong {
        /// The elements asked for.
        requested: usize,
        /// The capacity of the stream.
        capacity: usize,
    },
    /// Nobody reads any more, or a stage is gone.
    Closed,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the stream stayed full for as long as it was waited for"),
            Self::TooLong { requested, capacity } => write_too_long(f, *requested, *capacity),
            Self::Closed => f.write_str(CLOSED_BY_READERS),
        }
    }
}

impl Error for WriteError {}

/// Says why there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryReadError {
    /// Nothing is there yet.
    Empty,
    /// The producer, or the last stage, is gone, and all it published has been read.
    Closed,
}

impl fmt::Display for TryReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the stream is empty",
            Self::Closed => CLOSED_BY_WRITERS,
        })
    }
}

impl Error for TryReadError {}

/// Says why there is nothing to read although the caller waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// Nothing came for as long as the caller would wait. Only calls with a time limit say so.
    TimedOut,
    /// The producer, or the last stage, is gone, and all it published has been read.
    Closed,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the stream stayed empty for as long as it was waited for",
            Self::Closed => CLOSED_BY_WRITERS,
        })
    }
}

impl Error for ReadError {}

/// Says why a lane could not join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// There are as many lanes as the stream was built for.
    TooManyLanes {
        /// How many that is.
        available: usize,
    },
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooManyLanes { available } = self;
        write!(f, "all {available} lanes are taken")
    }
}

impl Error for JoinError {}

const CLOSED_BY_READERS: &str = "nobody reads the stream any more";
const CLOSED_BY_WRITERS: &str = "the stream has ended";

fn write_too_long(f: &mut fmt::Formatter<'_>, requested: usize, capacity: usize) -> fmt::Result {
    write!(f, "a batch of {requested} elements in a stream of {capacity}")
}
