//! The writing end of a stream.

#![allow(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::future::Wait;
use super::core::Core;
use super::pace::{Pace, look_on};
use super::{PushError, Stream, TryPushError, TryWriteError, Unread, WriteError};
use crate::memory::Value;
use crate::protocol::stream::Writer;
use crate::sync::fence;

/// The writing end of a stream. Dropping it ends the stream: readers read what was published and then find it closed.
#[derive(Debug)]
#[must_use = "dropping the producer ends the stream"]
pub struct Producer<T: Value> {
    core: Arc<Core<T>>,
    writer: Writer,
    pace: Pace,
}

/// There is less room than asked for, or none will ever be used.
enum Lack {
    Full { available: usize },
    Closed,
}

impl<T: Value> Producer<T> {
    pub(super) fn new(core: Arc<Core<T>>, writer: Writer) -> Self {
        Self { core, writer, pace: Pace::new() }
    }

    /// Returns how many elements the stream holds.
    pub fn capacity(&self) -> usize {
        self.core.capacity()
    }

    /// Returns a handle by which readers can join.
    pub fn stream(&self) -> Stream<T> {
        Stream::new(&self.core)
    }

    /// Appends an element, and waits for room if there is none.
    ///
    /// # Errors
    ///
    /// [`PushError::Closed`], with the element.
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), PushError<T>> {
        match self.try_push(value) {
            Ok(()) => Ok(()),
            Err(TryPushError::Closed(value)) => Err(PushError::Closed(value)),
            Err(TryPushError::Full(value)) => self.push_by(value, None),
        }
    }

    /// Appends an element, and waits at most this long for room.
    ///
    /// # Errors
    ///
    /// [`PushError::TimedOut`] and [`PushError::Closed`], with the element.
    pub fn push_timeout(&mut self, value: T, timeout: Duration) -> Result<(), PushError<T>> {
        self.push_by(value, Instant::now().checked_add(timeout))
    }

    /// Appends an element; a task that waits for room lets its executor run others.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::task::{Context, Poll, Waker};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     loop {
    /// #         if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
    /// #             return output;
    /// #         }
    /// #     }
    /// # }
    /// use ringmill::ring::Stream;
    /// let (mut producer, mut consumer) = Stream::<f32>::builder().capacity(1024).build()?;
    /// let sum = block_on(async {
    ///     producer.push_async(1.5).await?;
    ///     producer.push_async(2.0).await?;
    ///     drop(producer);
    ///     let mut sum = 0.0;
    ///     while let Ok(value) = consumer.pop_async().await {
    ///         sum += value;
    ///     }
    ///     Ok::<_, Box<dyn std::error::Error>>(sum)
    /// })?;
    /// assert_eq!(sum, 3.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn push_async(&mut self, value: T) -> Result<(), PushError<T>> {
        if self.writer.known_room() == 0 && self.wait_for_room_async(1).await.is_err() {
            return Err(PushError::Closed(value));
        }
        self.push_known(value);
        Ok(())
    }

    #[cold]
    fn push_by(&mut self, value: T, deadline: Option<Instant>) -> Result<(), PushError<T>> {
        match self.wait_for_room(1, deadline) {
            Ok(()) => self.push_known(value),
            Err(Lack::Full { .. }) => return Err(PushError::TimedOut(value)),
            Err(Lack::Closed) => return Err(PushError::Closed(value)),
        }
        Ok(())
    }

    /// Appends an element if there is room.
    ///
    /// # Errors
    ///
    /// [`TryPushError::Full`] and [`TryPushError::Closed`], with the element.
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<(), TryPushError<T>> {
        if self.writer.known_room() == 0 {
            match self.look_for_room(1) {
                Ok(()) => {}
                Err(Lack::Full { .. }) => return Err(TryPushError::Full(value)),
                Err(Lack::Closed) => return Err(TryPushError::Closed(value)),
            }
        }
        self.push_known(value);
        Ok(())
    }

    #[inline(always)]
    fn push_known(&mut self, value: T) {
        let number = self.writer.count();
        self.core.cursors.begin_push();
        // What a batch wrote and did not commit may have another address now (M2 of `sys::mirror`).
        fence::in_thread();
        // SAFETY: there is room (P2), as every caller has seen, so the element is the producer's to write (P1).
        unsafe { self.core.set(number, value) };
        self.core.cursors.push(&mut self.writer, Core::echo_of(&value));
        self.core.notify_pushed();
    }

    /// Returns room that is known to be there.
    #[inline(always)]
    fn claim(&mut self, len: usize) -> WriteBatch<'_, T> {
        self.core.cursors.claim(&mut self.writer, len as u64);
        // As in `push_known`.
        fence::in_thread();
        WriteBatch { producer: self, len }
    }

    #[inline(always)]
    fn publish(&mut self, count: u64) {
        self.core.cursors.publish(&mut self.writer, count);
        self.core.notify_pushed();
    }

    /// Waits for room for exactly `len` elements and returns them, to be written in place.
    ///
    /// The elements hold what was there before: zeros at first, then what was written a lap ago.
    ///
    /// # Errors
    ///
    /// [`WriteError::TooLong`] if `len` is above the capacity, [`WriteError::Closed`].
    pub fn write(&mut self, len: usize) -> Result<WriteBatch<'_, T>, WriteError> {
        self.write_by(len, None)
    }

    /// Waits at most this long for room for exactly `len` elements and returns them, to be written in place.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write), and [`WriteError::TimedOut`].
    pub fn write_timeout(&mut self, len: usize, timeout: Duration) -> Result<WriteBatch<'_, T>, WriteError> {
        self.write_by(len, Instant::now().checked_add(timeout))
    }

    /// Returns room for exactly `len` elements; a task that waits for it lets its executor run others.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub async fn write_async(&mut self, len: usize) -> Result<WriteBatch<'_, T>, WriteError> {
        let capacity = self.capacity();
        if len > capacity {
            return Err(WriteError::TooLong { requested: len, capacity });
        }
        if self.writer.known_room() < len as u64 {
            self.wait_for_room_async(len).await.map_err(|_| WriteError::Closed)?;
        }
        Ok(self.claim(len))
    }

    #[inline]
    fn write_by(&mut self, len: usize, deadline: Option<Instant>) -> Result<WriteBatch<'_, T>, WriteError> {
        if self.writer.known_room() < len as u64 {
            let capacity = self.capacity();
            if len > capacity {
                return Err(WriteError::TooLong { requested: len, capacity });
            }
            match self.wait_for_room(len, deadline) {
                Ok(()) => {}
                Err(Lack::Full { .. }) => return Err(WriteError::TimedOut),
                Err(Lack::Closed) => return Err(WriteError::Closed),
            }
        }
        Ok(self.claim(len))
    }

    /// Returns room for exactly `len` elements, if it is there, to be written in place.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write), and [`TryWriteError::Full`].
    #[inline]
    pub fn try_write(&mut self, len: usize) -> Result<WriteBatch<'_, T>, TryWriteError> {
        if self.writer.known_room() < len as u64 {
            let capacity = self.capacity();
            if len > capacity {
                return Err(TryWriteError::TooLong { requested: len, capacity });
            }
            match self.look_for_room(len) {
                Ok(()) => {}
                Err(Lack::Full { available }) => {
                    return Err(TryWriteError::Full { requested: len, available });
                }
                Err(Lack::Closed) => return Err(TryWriteError::Closed),
            }
        }
        Ok(self.claim(len))
    }

    #[cold]
    #[inline(never)]
    fn look_for_room(&mut self, wanted: usize) -> Result<(), Lack> {
        look_for_room(&self.core, &mut self.writer, &mut self.pace, wanted)
    }

    #[cold]
    #[inline(never)]
    fn wait_for_room(&mut self, wanted: usize, deadline: Option<Instant>) -> Result<(), Lack> {
        let Self { core, writer, pace } = self;
        let mut attempt = || attempt(core, writer, pace, wanted);
        let found = look_on(&core.room, &mut attempt).or_else(|| core.room.wait(deadline, attempt));
        found.unwrap_or(Err(Lack::Full { available: 0 }))
    }

    async fn wait_for_room_async(&mut self, wanted: usize) -> Result<(), Lack> {
        let Self { core, writer, pace } = self;
        Wait::new(&core.room, || attempt(core, writer, pace, wanted)).await
    }
}

/// Looks for room; none if there is too little yet.
fn attempt<T: Value>(
    core: &Core<T>,
    writer: &mut Writer,
    pace: &mut Pace,
    wanted: usize,
) -> Option<Result<(), Lack>> {
    match look_for_room(core, writer, pace, wanted) {
        Ok(()) => Some(Ok(())),
        Err(Lack::Closed) => Some(Err(Lack::Closed)),
        Err(Lack::Full { .. }) => None,
    }
}

#[inline]
fn look_for_room<T: Value>(
    core: &Core<T>,
    writer: &mut Writer,
    pace: &mut Pace,
    wanted: usize,
) -> Result<(), Lack> {
    /// Up to 1.2 us in all, while the stream is more than seven eighths full and is being read.
    const ROUNDS: u32 = 4;
    let mut is_closed = false;
    let free = pace.look(core.enough_room().max(wanted as u64), ROUNDS, || {
        let room = core.cursors.look_for_room(writer);
        is_closed = room.is_cut || (room.lanes == 0 && core.when_unread == Unread::Closed);
        room.free
    });
    if is_closed {
        // What is known to be free must not let the next call through.
        writer.forget_room();
        return Err(Lack::Closed);
    }
    if free < wanted as u64 { Err(Lack::Full { available: free as usize }) } else { Ok(()) }
}

impl<T: Value> Drop for Producer<T> {
    fn drop(&mut self) {
        self.core.cursors.end(&mut self.writer);
        self.core.notify_pushed();
    }
}

/// Room for elements, contiguous, to be written in place and then committed. Dropping it publishes nothing.
#[derive(Debug)]
#[must_use = "dropping a WriteBatch publishes nothing: commit it"]
pub struct WriteBatch<'a, T: Value> {
    producer: &'a mut Producer<T>,
    len: usize,
}

impl<T: Value> WriteBatch<'_, T> {
    /// Publishes the first `count` elements; the rest is room again.
    ///
    /// # Panics
    ///
    /// If `count` is above the length of the batch.
    #[inline]
    pub fn commit(self, count: usize) {
        assert!(count <= self.len, "{count} elements of a batch of {}", self.len);
        self.producer.publish(count as u64);
    }

    /// Publishes all elements.
    #[inline]
    pub fn commit_all(self) {
        self.producer.publish(self.len as u64);
    }
}

impl<T: Value> Deref for WriteBatch<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        let begin = self.producer.writer.count();
        // SAFETY: there was room for `len` (P2), and the batch borrows the producer, who alone may touch them (P1).
        unsafe { self.producer.core.slice(begin..begin + self.len as u64) }
    }
}

impl<T: Value> DerefMut for WriteBatch<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        let begin = self.producer.writer.count();
        // SAFETY: as in `deref`.
        unsafe { self.producer.core.slice_mut(begin..begin + self.len as u64) }
    }
}
