//! A reading end of a stream: a lane.

#![allow(unsafe_code)]

use std::ops::Deref;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::core::Core;
use super::pace::Pace;
use super::{ReadError, Stream, TryReadError, follow};
use crate::memory::Value;
use crate::protocol::stream::Lane;

/// A reading end of a stream, a lane: it sees every element from where it joined on, and the producer waits for it.
/// Dropping it leaves the stream at once, and the producer goes on without it.
#[derive(Debug)]
#[must_use = "dropping a consumer leaves the stream"]
pub struct Consumer<T: Value> {
    core: Arc<Core<T>>,
    lane: Lane,
    pace: Pace,
    /// Whether the lane has said that it wants echoes, and how many looks in succession spoke for the opposite.
    wants_echoes: bool,
    doubts: u32,
}

impl<T: Value> Consumer<T> {
    pub(super) fn new(core: Arc<Core<T>>, lane: Lane) -> Self {
        Self { core, lane, pace: Pace::new(), wants_echoes: false, doubts: 0 }
    }

    /// Returns how many elements the stream holds.
    pub fn capacity(&self) -> usize {
        self.core.capacity()
    }

    /// Returns a handle by which readers can join.
    pub fn stream(&self) -> Stream<T> {
        Stream::new(&self.core)
    }

    /// Returns the number of the element that is read next, counted from the beginning of the stream.
    pub fn sequence(&self) -> u64 {
        self.lane.follower.count()
    }

    /// Takes the next element, and waits for it if there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] once the stream has ended and everything has been read.
    #[inline]
    pub fn pop(&mut self) -> Result<T, ReadError> {
        if self.lane.follower.known_elements() == 0 {
            return self.pop_by(None);
        }
        Ok(self.pop_known())
    }

    /// Takes the next element, and waits at most this long for it.
    ///
    /// # Errors
    ///
    /// [`ReadError::TimedOut`] and [`ReadError::Closed`].
    pub fn pop_timeout(&mut self, timeout: Duration) -> Result<T, ReadError> {
        if self.lane.follower.known_elements() == 0 {
            return self.pop_by(Instant::now().checked_add(timeout));
        }
        Ok(self.pop_known())
    }

    /// Takes the next element; a task that waits lets its executor run others.
    ///
    /// # Errors
    ///
    /// As [`pop`](Self::pop).
    ///
    /// # Examples
    ///
    /// See [`Producer::push_async`](super::Producer::push_async).
    pub async fn pop_async(&mut self) -> Result<T, ReadError> {
        if self.lane.follower.known_elements() > 0 {
            return Ok(self.pop_known());
        }
        follow::wait_async(&self.core, &mut self.lane.follower, &mut self.pace).await?;
        Ok(self.hear_or_pop())
    }

    #[cold]
    #[inline(never)]
    fn pop_by(&mut self, deadline: Option<Instant>) -> Result<T, ReadError> {
        follow::wait(&self.core, &mut self.lane.follower, &mut self.pace, deadline)?;
        Ok(self.hear_or_pop())
    }

    /// Takes the next element if it is there.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] and [`TryReadError::Closed`].
    #[inline]
    pub fn try_pop(&mut self) -> Result<T, TryReadError> {
        if self.lane.follower.known_elements() == 0 {
            return self.look_and_pop();
        }
        Ok(self.pop_known())
    }

    #[cold]
    #[inline(never)]
    fn look_and_pop(&mut self) -> Result<T, TryReadError> {
        follow::look(&self.core, &mut self.lane.follower, &mut self.pace)?;
        Ok(self.hear_or_pop())
    }

    /// Takes the next element, from its echo if there is one.
    #[inline]
    fn hear_or_pop(&mut self) -> T {
        self.weigh_echoes();
        match self.core.cursors.hear(&self.lane.follower).and_then(Core::of_echo) {
            Some(value) => {
                self.release(1);
                value
            }
            None => self.pop_known(),
        }
    }

    /// Wants echoes while elements come one at a time, and none while they come in streams.
    #[inline]
    fn weigh_echoes(&mut self) {
        /// It takes as many looks to change its mind: the line that says so is fetched anew by the producer.
        const DOUBTS: u32 = 8;
        let came_alone = self.lane.follower.known_elements() == 1;
        if came_alone == self.wants_echoes {
            self.doubts = 0;
            return;
        }
        self.doubts += 1;
        if self.doubts == DOUBTS {
            self.doubts = 0;
            self.wants_echoes = came_alone;
            self.core.cursors.want_echoes(&mut self.lane, came_alone);
        }
    }

    #[inline(always)]
    fn pop_known(&mut self) -> T {
        let number = self.lane.follower.count();
        // SAFETY: an element is known, as every caller has seen, so it is the lane's to read (P1).
        let value = unsafe { self.core.get(number) };
        self.release(1);
        value
    }

    #[inline(always)]
    fn release(&mut self, count: u64) {
        self.core.cursors.release(&mut self.lane, count);
        self.core.room.notify(1);
    }

    /// Waits for elements and returns at least one and at most `most` of them, contiguous. With `most` 0 it returns
    /// an empty batch at once.
    ///
    /// # Errors
    ///
    /// [`ReadError::Closed`] once the stream has ended and everything has been read.
    pub fn read(&mut self, most: usize) -> Result<ReadBatch<'_, T>, ReadError> {
        self.read_by(most, None)
    }

    /// Waits at most this long for elements and returns at least one and at most `most` of them.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`ReadError::TimedOut`].
    pub fn read_timeout(&mut self, most: usize, timeout: Duration) -> Result<ReadBatch<'_, T>, ReadError> {
        self.read_by(most, Instant::now().checked_add(timeout))
    }

    /// Returns at least one and at most `most` elements; a task that waits lets its executor run others.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_async(&mut self, most: usize) -> Result<ReadBatch<'_, T>, ReadError> {
        if self.lane.follower.known_elements() < most as u64 {
            follow::wait_async(&self.core, &mut self.lane.follower, &mut self.pace).await?;
        }
        Ok(self.batch(most))
    }

    #[inline]
    fn batch(&mut self, most: usize) -> ReadBatch<'_, T> {
        let len = self.lane.follower.known_elements().min(most as u64) as usize;
        ReadBatch { consumer: self, len, counts_in_panic: thread::panicking() }
    }

    #[inline]
    fn read_by(&mut self, most: usize, deadline: Option<Instant>) -> Result<ReadBatch<'_, T>, ReadError> {
        if self.lane.follower.known_elements() < most as u64 {
            follow::wait(&self.core, &mut self.lane.follower, &mut self.pace, deadline)?;
        }
        Ok(self.batch(most))
    }

    /// Returns at least one and at most `most` elements, contiguous, if there are any.
    ///
    /// # Errors
    ///
    /// [`TryReadError::Empty`] and [`TryReadError::Closed`].
    #[inline]
    pub fn try_read(&mut self, most: usize) -> Result<ReadBatch<'_, T>, TryReadError> {
        if self.lane.follower.known_elements() < most as u64 {
            follow::glance(&self.core, &mut self.lane.follower)?;
        }
        Ok(self.batch(most))
    }
}

impl<T: Value> Drop for Consumer<T> {
    fn drop(&mut self) {
        self.core.cursors.leave(&mut self.lane);
        self.core.room.notify_all();
    }
}

/// Elements of a stream, contiguous. Dropping it releases all of them; if that is because of a panic that began
/// meanwhile, none, and they are read again.
#[derive(Debug)]
pub struct ReadBatch<'a, T: Value> {
    consumer: &'a mut Consumer<T>,
    len: usize,
    /// Whether a panic was under way when the batch was made, so that it is not what drops it; or a call ends the batch.
    counts_in_panic: bool,
}

impl<T: Value> ReadBatch<'_, T> {
    /// Releases the first `count` elements; the rest is read again.
    ///
    /// # Panics
    ///
    /// If `count` is above the length of the batch.
    #[inline]
    pub fn release(mut self, count: usize) {
        assert!(count <= self.len, "{count} elements of a batch of {}", self.len);
        self.len = count;
        self.counts_in_panic = true;
    }
}

impl<T: Value> Deref for ReadBatch<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        let begin = self.consumer.lane.follower.count();
        // SAFETY: `len` elements are known, and the batch borrows the lane, which does not release them meanwhile (P2).
        unsafe { self.consumer.core.slice(begin..begin + self.len as u64) }
    }
}

impl<T: Value> Drop for ReadBatch<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.counts_in_panic || !thread::panicking() {
            self.consumer.release(self.len as u64);
        }
    }
}
