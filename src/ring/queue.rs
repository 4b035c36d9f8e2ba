//! A queue of full buffers, by its name.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use super::alive::HandlesCore;
use super::error::{Closed, SendError, TimeoutError, TryError};
use super::future::Wait;
use super::options::WhenFull;
use super::{Buffer, Ring};
use crate::memory::Value;
use crate::protocol::queue::{Popped, Refused};
use crate::protocol::slot::{Held, QueueNumber};
use crate::sync::atomic::Ordering::Relaxed;

/// A named queue of a [`Ring`], for any number of senders and receivers. A clone is a handle to the same queue.
///
/// Sending moves a buffer's slot number and copies nothing. A queue takes every buffer that its ring has, unless it was
/// [bounded](super::QueueOptions::bound), so a send neither waits nor fails for want of room. Each buffer is received
/// once. With one sender and one receiver they come in the order of sending; with several, each receiver gets those of
/// one sender in their order.
///
/// # Examples
///
/// ```
/// use std::thread;
///
/// let ring = ringmill::Ring::<u64>::builder().buffers(4).buffer_len(100).queues(["squares"]).build()?;
/// let squares = ring.queue("squares")?;
/// let sums = thread::scope(|scope| {
///     let sums = scope.spawn(|| {
///         let mut sums = Vec::new();
///         while let Ok(buffer) = squares.recv() {
///             sums.push(buffer.iter().sum::<u64>());
///         }
///         sums
///     });
///     for k in 0..10 {
///         let mut buffer = ring.claim()?;     // waits while all four are on their way
///         buffer.fill(k * k);
///         squares.send(buffer)?;
///     }
///     squares.close();                        // what was sent is still received
///     Ok::<_, Box<dyn std::error::Error>>(sums.join().unwrap())
/// })?;
/// assert_eq!(sums[..4], [0, 100, 400, 900]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A buffer of other elements does not go into it:
///
/// ```compile_fail,E0308
/// # let floats = ringmill::Ring::<f32>::builder().build().unwrap();
/// # let numbers = ringmill::Ring::<u32>::builder().queues(["q"]).build().unwrap();
/// numbers.queue("q").unwrap().send(floats.claim().unwrap());
/// ```
pub struct Queue<T: Value> {
    ring: Ring<T>,
    number: QueueNumber,
}

/// So often in a row a queue is full and has no oldest buffer to drop only if others take and send one each time in between, or
/// if somebody has spoilt its words.
const FRUITLESS: u32 = 1000;

/// What came of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// The buffer waits in the queue.
    Listed,
    /// It does, and this many that had waited longest were dropped for it.
    OldestDropped(u64),
    /// It was dropped, because the queue holds as many as it may.
    NewestDropped,
}

impl<T: Value> Queue<T> {
    pub(super) fn new(ring: Ring<T>, number: QueueNumber) -> Self {
        Self { ring, number }
    }

    fn core(&self) -> &HandlesCore {
        self.ring.core()
    }

    /// Returns the queue's name.
    pub fn name(&self) -> &str {
        &self.core().line(self.number).options.name
    }

    /// Sends a buffer: it is the receiver's from now on.
    ///
    /// Waits only if the queue has a bound that says so ([`WhenFull::Wait`]).
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::Foreign`] for a buffer of another ring, [`SendError::Full`] if the queue has
    /// a bound that says so ([`WhenFull::GiveBack`]). Each gives the buffer back.
    ///
    /// # Examples
    ///
    /// See [`Queue`].
    #[inline]
    pub fn send(&self, buffer: Buffer<T>) -> Result<Sent, SendError<T>> {
        match self.try_send(buffer) {
            Err(SendError::Full(buffer)) if self.when_full() == WhenFull::Wait => {
                self.send_when_room(buffer, None)
            }
            result => result,
        }
    }

    /// Sends a buffer without waiting, whatever the queue's bound says.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`] where that would wait.
    #[inline]
    pub fn try_send(&self, buffer: Buffer<T>) -> Result<Sent, SendError<T>> {
        if !buffer.core().is_of(self.core()) {
            return Err(SendError::Foreign(buffer));
        }
        let (mut dropped, mut fruitless) = (0, 0);
        let mut buffer = buffer;
        loop {
            buffer = match self.list(buffer) {
                Ok(()) if dropped > 0 => return Ok(Sent::OldestDropped(dropped)),
                Ok(()) => return Ok(Sent::Listed),
                Err(SendError::Full(buffer)) => match self.when_full() {
                    WhenFull::DropOldest if fruitless < FRUITLESS => {
                        let has_dropped = self.drop_oldest();
                        dropped += u64::from(has_dropped);
                        fruitless = if has_dropped { 0 } else { fruitless + 1 };
                        buffer
                    }
                    WhenFull::DropNewest => {
                        self.core().words().count_dropped(self.number);
                        return Ok(Sent::NewestDropped);
                    }
                    WhenFull::Wait | WhenFull::GiveBack | WhenFull::DropOldest => {
                        return Err(SendError::Full(buffer));
                    }
                },
                Err(error) => return Err(error),
            };
        }
    }

    /// Sends a buffer; waits for room for at most `timeout` if the queue has a bound that says so.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`] when the time is up.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringmill::ring::{QueueOptions, Ring, SendError, WhenFull};
    ///
    /// let one = QueueOptions::new("one").bound(1, WhenFull::Wait);
    /// let ring = Ring::<u64>::builder().buffers(2).queue(one).build()?;
    /// let one = ring.queue("one")?;
    /// one.send(ring.claim()?)?;
    /// let refused = one.send_timeout(ring.claim()?, Duration::from_millis(1)).unwrap_err();
    /// assert!(matches!(refused, SendError::Full(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send_timeout(&self, buffer: Buffer<T>, timeout: Duration) -> Result<Sent, SendError<T>> {
        match self.try_send(buffer) {
            Err(SendError::Full(buffer)) if self.when_full() == WhenFull::Wait => {
                self.send_when_room(buffer, Instant::now().checked_add(timeout))
            }
            result => result,
        }
    }

    #[cold]
    fn send_when_room(&self, buffer: Buffer<T>, deadline: Option<Instant>) -> Result<Sent, SendError<T>> {
        let mut waiting = Some(buffer);
        let sent = self.core().line(self.number).room.wait(deadline, || match self.list(waiting.take()?) {
            Err(SendError::Full(buffer)) => {
                waiting = Some(buffer);
                None
            }
            result => Some(result),
        });
        match (sent, waiting) {
            (Some(result), _) => result.map(|()| Sent::Listed),
            (None, Some(buffer)) => Err(SendError::Full(buffer)),
            // The attempt leaves the buffer there whenever it comes to nothing.
            (None, None) => Ok(Sent::Listed),
        }
    }

    /// Lists the buffer, if there is room for it.
    #[inline]
    fn list(&self, buffer: Buffer<T>) -> Result<(), SendError<T>> {
        let (core, held, len) = buffer.into_parts();
        // ORDERING: Relaxed; the slot is ours, and goes by HANDOVER.
        core.get().slot(held.slot).len.store(len as u64, Relaxed);
        core.get().push(self.number, held).map_err(|refused| match refused {
            Refused::Full(held) => SendError::Full(Buffer::new(core, held, len)),
            Refused::Closed(held) | Refused::Corrupt(held, _) => {
                SendError::Closed(Buffer::new(core, held, len))
            }
        })
    }

    fn when_full(&self) -> WhenFull {
        self.core().line(self.number).options.when_full()
    }

    /// Drops the buffer that waited longest; returns whether there was one.
    fn drop_oldest(&self) -> bool {
        let oldest = self.take();
        if oldest.is_ok() {
            self.core().words().count_dropped(self.number);
        }
        oldest.is_ok()
    }

    /// Receives the buffer that waited longest; waits until there is one.
    ///
    /// # Errors
    ///
    /// [`Closed`], once the queue is closed and drained.
    ///
    /// # Examples
    ///
    /// See [`Queue`].
    #[inline]
    pub fn recv(&self) -> Result<Buffer<T>, Closed> {
        match self.try_recv() {
            Ok(buffer) => Ok(buffer),
            Err(TryError::Closed) => Err(Closed),
            Err(TryError::Empty) => self.recv_until(None).unwrap_or(Err(Closed)),
        }
    }

    /// Receives the buffer that waited longest, if there is one now.
    ///
    /// # Errors
    ///
    /// [`TryError::Empty`]; [`TryError::Closed`], once the queue is closed and drained.
    #[inline]
    pub fn try_recv(&self) -> Result<Buffer<T>, TryError> {
        self.take()
    }

    /// Receives the buffer that waited longest; waits for one for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`TimeoutError::Timeout`]; [`TimeoutError::Closed`], once the queue is closed and drained.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Buffer<T>, TimeoutError> {
        match self.recv_until(Instant::now().checked_add(timeout)) {
            Some(result) => result.map_err(|Closed| TimeoutError::Closed),
            None => Err(TimeoutError::Timeout),
        }
    }

    /// Receives the buffer that waited longest, as a future that works under any executor.
    ///
    /// Dropping the future before it is done loses nothing: the buffer goes to another receiver.
    ///
    /// # Errors
    ///
    /// [`Closed`], once the queue is closed and drained.
    pub fn recv_async(&self) -> impl Future<Output = Result<Buffer<T>, Closed>> + Send + '_ {
        Wait::new(&self.core().line(self.number).filled, || self.attempt())
    }

    /// Waits for one buffer and takes what else is there, at most `most` in all, in order. Returns how many came.
    ///
    /// Nothing is allocated if `into` has the capacity. With `most` 0 nothing is received.
    ///
    /// # Errors
    ///
    /// [`Closed`], once the queue is closed and drained.
    ///
    /// # Examples
    ///
    /// ```
    /// let ring = ringmill::Ring::<u64>::builder().buffers(3).queues(["q"]).build()?;
    /// let queue = ring.queue("q")?;
    /// for _ in 0..3 {
    ///     queue.send(ring.claim()?)?;
    /// }
    /// let mut batch = Vec::with_capacity(8);
    /// assert_eq!(queue.recv_batch(&mut batch, 8)?, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_batch(&self, into: &mut Vec<Buffer<T>>, most: usize) -> Result<usize, Closed> {
        if most == 0 {
            return Ok(0);
        }
        into.push(self.recv()?);
        let mut count = 1;
        while count < most
            && let Ok(buffer) = self.take()
        {
            into.push(buffer);
            count += 1;
        }
        Ok(count)
    }

    #[cold]
    fn recv_until(&self, deadline: Option<Instant>) -> Option<Result<Buffer<T>, Closed>> {
        self.core().line(self.number).filled.wait(deadline, || self.attempt())
    }

    #[inline]
    fn attempt(&self) -> Option<Result<Buffer<T>, Closed>> {
        match self.take() {
            Ok(buffer) => Some(Ok(buffer)),
            Err(TryError::Closed) => Some(Err(Closed)),
            Err(TryError::Empty) => None,
        }
    }

    #[inline]
    fn take(&self) -> Result<Buffer<T>, TryError> {
        match self.core().pop(self.number) {
            Popped::Taken(held, _) => Ok(self.buffer(held)),
            Popped::Empty => Err(TryError::Empty),
            // A queue whose words are corrupt gives nothing any more, and takes nothing.
            Popped::Closed | Popped::Corrupt(_) => Err(TryError::Closed),
        }
    }

    #[inline]
    fn buffer(&self, held: Held) -> Buffer<T> {
        self.ring.received(held)
    }

    /// Closes the queue: nothing more can be sent, what was sent can still be received. Wakes all who wait.
    ///
    /// It stays closed. Closing it again does nothing.
    pub fn close(&self) {
        self.core().close_queue(self.number);
    }

    /// Returns whether the queue was closed; what was sent before may still be there.
    pub fn is_closed(&self) -> bool {
        self.core().queue(self.number).is_closed()
    }

    /// Returns how many buffers wait to be received. Exact while nobody sends or receives.
    pub fn depth(&self) -> usize {
        self.core().queue(self.number).depth() as usize
    }

    /// Returns the most buffers that were seen waiting at a time: seen at every 64th send, when a claim had to wait
    /// for long, and now.
    pub fn high_water(&self) -> usize {
        self.core().queue(self.number).high_water() as usize
    }

    /// Returns how many threads and tasks sleep until a buffer comes.
    pub fn waiting(&self) -> usize {
        self.core().line(self.number).filled.waiting()
    }

    /// Returns how many buffers were dropped because the queue held as many as it may.
    pub fn dropped(&self) -> u64 {
        self.core().words().dropped(self.number)
    }
}

impl<T: Value> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { ring: self.ring.clone(), number: self.number }
    }
}

impl<T: Value> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("name", &self.name())
            .field("depth", &self.depth())
            .field("waiting", &self.waiting())
            .field("is_closed", &self.is_closed())
            .finish()
    }
}
