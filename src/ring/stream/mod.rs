//! A stream: one producer, elements that lie contiguous, readers that each see all of them.
//!
//! For records too small for a buffer each. The producer pushes elements one by one or writes batches in place; what it
//! publishes is read one by one or as slices, by as many lanes as join. The memory is mapped twice in a row, so a batch
//! is one slice wherever it begins. Nothing is copied that the caller does not copy, and a full stream makes the
//! producer wait.
//!
//! # Memory ordering
//!
//! Reading an element happens after pushing or committing it, and after the stages before have passed it on.

mod builder;
mod consumer;
mod core;
mod error;
mod follow;
mod observer;
mod pace;
mod producer;
mod stage;

use std::sync::Arc;

pub use builder::{Ends, StagedBuilder, StreamBuilder};
pub use consumer::{Consumer, ReadBatch};
pub use error::{
    BuildError, JoinError, PushError, ReadError, TryPushError, TryReadError, TryWriteError, WriteError,
};
pub use observer::{Observed, Observer};
pub use producer::{Producer, WriteBatch};
pub use stage::{Stage, StageBatch};

use self::core::Core;
use crate::memory::Value;

/// What the producer does when nobody reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// Pushing and writing say that the stream is closed, until somebody joins. The default: a producer whose readers
    /// all left would otherwise work for nobody. It finds out when it next looks for room, so room that it has seen before,
    /// at most a whole stream, may be filled first.
    #[default]
    Closed,
    /// The producer goes on and overwrites what is oldest, for readers that come and go, and for observers.
    Overwrite,
}

/// A handle on a stream by which readers join. It neither reads nor keeps the producer waiting.
///
/// # Examples
///
/// ```
/// use ringmill::ring::Stream;
/// let (mut producer, mut first) = Stream::<u64>::builder().capacity(1024).build()?;
/// producer.push(1)?;
/// let mut second = producer.stream().join()?; // at latest: it does not see the 1
/// producer.push(2)?;
/// drop(producer);
/// assert_eq!(*first.read(8)?, [1, 2]);
/// assert_eq!(*second.read(8)?, [2]);
/// assert!(second.read(8).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Stream<T: Value> {
    core: Arc<Core<T>>,
}

impl<T: Value> Stream<T> {
    /// Returns the choices of a new stream.
    pub fn builder() -> StreamBuilder<T> {
        StreamBuilder::new()
    }

    fn new(core: &Arc<Core<T>>) -> Self {
        Self { core: core.clone() }
    }

    /// Joins as a further reader, a lane: it sees everything that is published from now on, and the producer waits
    /// for it. Dropping the lane leaves at once.
    ///
    /// # Errors
    ///
    /// [`JoinError::TooManyLanes`].
    pub fn join(&self) -> Result<Consumer<T>, JoinError> {
        let lane = self.core.cursors.join();
        let lane = lane.ok_or(JoinError::TooManyLanes { available: self.core.cursors.most_lanes() })?;
        Ok(Consumer::new(self.core.clone(), lane))
    }

    /// Returns an observer, which copies what is published from now on and holds nobody up.
    pub fn observe(&self) -> Observer<T> {
        Observer::new(self.core.clone())
    }

    /// Returns how many lanes read just now.
    pub fn lanes(&self) -> usize {
        self.core.cursors.lanes() as usize
    }

    /// Returns how many elements the stream holds.
    pub fn capacity(&self) -> usize {
        self.core.capacity()
    }
}

impl<T: Value> Clone for Stream<T> {
    fn clone(&self) -> Self {
        Self::new(&self.core)
    }
}
