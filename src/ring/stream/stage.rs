//! A stage of a stream: it changes elements in place before the next one sees them.

#![allow(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::core::Core;
use super::pace::Pace;
use super::{ReadError, Stream, TryReadError, follow};
use crate::memory::Value;
use crate::protocol::stream::Follower;
use crate::sync::fence;

/// A stage of a stream: it alone sees the elements that the one before it passed on, and may change them in place.
/// Dropping it ends the stream there: what it passed on is still read, then the stream is closed on both sides of it.
#[derive(Debug)]
#[must_use = "dropping a stage ends the stream"]
pub struct Stage<T: Value> {
    core: Arc<Core<T>>,
    follower: Follower,
    pace: Pace,
}

impl<T: Value> Stage<T> {
    pub(super) fn new(core: Arc<Core<T>>, follower: Follower) -> Self {
        Self { core, follower, pace: Pace::new() }
    }

    /// Returns how many elements the stream holds.
    pub fn capacity(&self) -> usize {
        self.core.capacity()
    }

    /// Returns a handle by which readers can join.
    pub fn stream(&self) -> Stream<T> {
        Stream::new(&self.core)
    }

    /// Returns the number of the element that comes next, counted from the beginning of the stream.
    pub fn sequence(&self) -> u64 {
        self.follower.count()
    }

    /// Waits for elements and returns at least one and at most `most` of them, contiguous, to be changed in place.
    /// With `most` 0 it returns an empty batch at once.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] once the stream has ended before this stage and everything has been passed on.
    pub fn read(&mut self, most: usize) -> Result<StageBatch<'_, T>, ReadError> {
        self.read_by(most, None)
    }

    /// Waits at most this long for elements and returns at least one and at most `most` of them.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`ReadError::TimedOut`].
    pub fn read_timeout(&mut self, most: usize, timeout: Duration) -> Result<StageBatch<'_, T>, ReadError> {
        self.read_by(most, Instant::now().checked_add(timeout))
    }

    /// Returns at least one and at most `most` elements; a task that waits lets its executor run others.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_async(&mut self, most: usize) -> Result<StageBatch<'_, T>, ReadError> {
        if self.follower.known_elements() < most as u64 {
            follow::wait_async(&self.core, &mut self.follower, &mut self.pace).await?;
        }
        Ok(self.batch(most))
    }

    #[inline]
    fn read_by(&mut self, most: usize, deadline: Option<Instant>) -> Result<StageBatch<'_, T>, ReadError> {
        if self.follower.known_elements() < most as u64 {
            follow::wait(&self.core, &mut self.follower, &mut self.pace, deadline)?;
        }
        Ok(self.batch(most))
    }

    /// Returns at least one and at most `most` elements, contiguous, to be changed in place, if there are any.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] and [`TryReadError::Closed`].
    #[inline]
    pub fn try_read(&mut self, most: usize) -> Result<StageBatch<'_, T>, TryReadError> {
        if self.follower.known_elements() < most as u64 {
            follow::glance(&self.core, &mut self.follower)?;
        }
        Ok(self.batch(most))
    }

    #[inline]
    fn batch(&mut self, most: usize) -> StageBatch<'_, T> {
        // What an earlier batch changed and did not pass on may have another address now (M2 of `sys::mirror`).
        fence::in_thread();
        let len = self.follower.known_elements().min(most as u64) as usize;
        StageBatch { stage: self, len, counts_in_panic: thread::panicking() }
    }

    #[inline]
    fn pass(&mut self, count: u64) {
        self.core.cursors.pass(&mut self.follower, count);
        let publisher = self.follower.upstream() + 1;
        self.core.ready(publisher).notify(u32::MAX);
        if self.core.is_last(publisher) {
            // Without a lane it is the last stage whom the producer waits for. Asking for lanes instead could miss one
            // that leaves, which the producer sees no earlier than this.
            self.core.room.notify(1);
        }
    }
}

impl<T: Value> Drop for Stage<T> {
    fn drop(&mut self) {
        self.core.cursors.end_stage(&mut self.follower);
        self.core.ready(self.follower.upstream() + 1).notify_all();
        // The producer may wait for room that nobody will make any more.
        self.core.room.notify_all();
    }
}

/// Elements of a stream, contiguous, to be changed in place. Dropping it passes all of them on; if that is because of a
/// panic that began meanwhile, none.
#[derive(Debug)]
pub struct StageBatch<'a, T: Value> {
    stage: &'a mut Stage<T>,
    len: usize,
    /// Whether a panic was under way when the batch was made, so that it is not what drops it; or a call ends the batch.
    counts_in_panic: bool,
}

impl<T: Value> StageBatch<'_, T> {
    /// Passes the first `count` elements on; the rest comes again, as it is now.
    ///
    /// # Panics
    ///
    /// If `count` is above the length of the batch.
    #[inline]
    pub fn pass(mut self, count: usize) {
        assert!(count <= self.len, "{count} elements of a batch of {}", self.len);
        self.len = count;
        self.counts_in_panic = true;
    }
}

impl<T: Value> Deref for StageBatch<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        let begin = self.stage.follower.count();
        // SAFETY: `len` elements are known, and the batch borrows the stage, who alone may touch them (P1).
        unsafe { self.stage.core.slice(begin..begin + self.len as u64) }
    }
}

impl<T: Value> DerefMut for StageBatch<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        let begin = self.stage.follower.count();
        // SAFETY: as in `deref`.
        unsafe { self.stage.core.slice_mut(begin..begin + self.len as u64) }
    }
}

impl<T: Value> Drop for StageBatch<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.counts_in_panic || !thread::panicking() {
            self.stage.pass(self.len as u64);
        }
    }
}
