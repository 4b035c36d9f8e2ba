//! The ring that an embedder holds: claiming free buffers, and finding queues.

#![allow(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::alive::{HandlesCore, SlotCore};
use super::builder::RingBuilder;
use super::core::Core;
use super::error::{Closed, NoSuchQueue, TimeoutError, TryError};
use super::future::Wait;
use super::{Buffer, Queue};
use crate::memory::Value;
use crate::protocol::queue::Popped;
use crate::protocol::slot::{FREE, Held, QueueNumber};
use crate::sync::atomic::Ordering::Relaxed;

/// A fixed number of typed buffers in mapped memory, and named queues through which their ownership travels.
///
/// A [`Buffer`] is claimed, filled in place, sent to a [`Queue`], received by another thread, changed there, sent on or
/// dropped, and is then free again. Only its number moves. Nothing is allocated after [`build`](RingBuilder::build).
/// The finite number of buffers is the back-pressure: who claims waits until one is free.
///
/// A clone is a handle to the same ring. Handles, queues and buffers may be dropped in any order: buffers and queues
/// keep the memory alive.
///
/// # Examples
///
/// ```
/// use ringmill::Ring;
///
/// let ring = Ring::<f32>::builder().buffers(64).buffer_len(4096).queues(["raw", "scaled"]).build()?;
/// let (raw, scaled) = (ring.queue("raw")?, ring.queue("scaled")?);
///
/// let mut buffer = ring.claim()?;             // waits for a free buffer
/// buffer.fill(2.0);
/// raw.send(buffer)?;                          // moves; never waits
///
/// let mut buffer = raw.recv()?;               // the same memory
/// buffer.iter_mut().for_each(|value| *value *= 1.5);
/// scaled.send(buffer)?;
/// assert_eq!(scaled.recv()?[4095], 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Elements are [`Value`]s; anything that owns something is none:
///
/// ```compile_fail,E0277
/// let ring = ringmill::Ring::<String>::builder();
/// ```
pub struct Ring<T: Value> {
    core: Arc<HandlesCore>,
    elements: PhantomData<fn(T) -> T>,
}

/// So many looks for a free buffer are a long wait, with time to see where the buffers are.
const LONG: u32 = 32;

impl<T: Value> Ring<T> {
    /// Returns a builder with the defaults.
    ///
    /// # Examples
    ///
    /// See [`RingBuilder`].
    pub fn builder() -> RingBuilder<T> {
        RingBuilder::default()
    }

    pub(super) fn of(core: Core) -> Self {
        Self { core: Arc::new(HandlesCore::new(core)), elements: PhantomData }
    }

    #[inline]
    pub(super) fn core(&self) -> &HandlesCore {
        &self.core
    }

    /// Claims a free buffer; waits until there is one.
    ///
    /// Its valid part is all of it, and holds what its last owner left. Its tag is 0.
    ///
    /// # Errors
    ///
    /// [`Closed`], once the ring is closed.
    ///
    /// # Examples
    ///
    /// See [`Ring`].
    #[inline]
    pub fn claim(&self) -> Result<Buffer<T>, Closed> {
        match self.try_claim() {
            Ok(buffer) => Ok(buffer),
            Err(TryError::Closed) => Err(Closed),
            Err(TryError::Empty) => self.claim_until(None).unwrap_or(Err(Closed)),
        }
    }

    /// Claims a free buffer, if there is one now.
    ///
    /// # Errors
    ///
    /// [`TryError::Empty`]; [`TryError::Closed`], once the ring is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::{Ring, TryError};
    /// let ring = Ring::<f32>::builder().buffers(1).build()?;
    /// let buffer = ring.try_claim()?;
    /// assert_eq!(ring.try_claim().unwrap_err(), TryError::Empty);
    /// drop(buffer);
    /// assert!(ring.try_claim().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_claim(&self) -> Result<Buffer<T>, TryError> {
        match self.core().try_claim() {
            Popped::Taken(held, number) => Ok(self.claimed(held, number)),
            Popped::Empty => Err(TryError::Empty),
            // A ring whose words are corrupt gives nothing any more.
            Popped::Closed | Popped::Corrupt(_) => Err(TryError::Closed),
        }
    }

    /// Claims a free buffer; waits for one for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`TimeoutError::Timeout`]; [`TimeoutError::Closed`], once the ring is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringmill::ring::{Ring, TimeoutError};
    /// let ring = Ring::<f32>::builder().buffers(1).build()?;
    /// let buffer = ring.claim()?;
    /// assert_eq!(ring.claim_timeout(Duration::from_millis(1)).unwrap_err(), TimeoutError::Timeout);
    /// # drop(buffer);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn claim_timeout(&self, timeout: Duration) -> Result<Buffer<T>, TimeoutError> {
        match self.claim_until(Instant::now().checked_add(timeout)) {
            Some(result) => result.map_err(|Closed| TimeoutError::Closed),
            None => Err(TimeoutError::Timeout),
        }
    }

    /// Claims a free buffer, as a future that works under any executor.
    ///
    /// # Errors
    ///
    /// [`Closed`], once the ring is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let ring = ringmill::Ring::<f32>::builder().buffers(1).build()?;
    /// let mut claim = pin!(ring.claim_async());
    /// let polled = claim.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    /// assert!(matches!(polled, Poll::Ready(Ok(_))));
    /// # Ok::<(), ringmill::ring::BuildError>(())
    /// ```
    pub fn claim_async(&self) -> impl Future<Output = Result<Buffer<T>, Closed>> + Send + '_ {
        Wait::new(&self.core().line(FREE).filled, || self.attempt())
    }

    #[cold]
    fn claim_until(&self, deadline: Option<Instant>) -> Option<Result<Buffer<T>, Closed>> {
        let mut looks = 0_u32;
        self.core().line(FREE).filled.wait(deadline, || {
            looks += 1;
            if looks == LONG {
                self.core().note_depths();
            }
            self.attempt()
        })
    }

    fn attempt(&self) -> Option<Result<Buffer<T>, Closed>> {
        match self.try_claim() {
            Ok(buffer) => Some(Ok(buffer)),
            Err(TryError::Closed) => Some(Err(Closed)),
            Err(TryError::Empty) => None,
        }
    }

    #[inline]
    fn claimed(&self, held: Held, number: u64) -> Buffer<T> {
        let core = self.core();
        let slot = core.slot(held.slot);
        // ORDERING: Relaxed, both; the slot is ours.
        slot.tag.store(0, Relaxed);
        slot.sequence.store(number, Relaxed);
        self.buffer(held, core.buffer_len)
    }

    /// Makes the buffer of a slot that was taken from a queue.
    #[inline]
    pub(super) fn received(&self, held: Held) -> Buffer<T> {
        let core = self.core();
        // ORDERING: Relaxed; the slot is ours, and came by HANDOVER. No length makes the slice leave its slot.
        let len = core.slot(held.slot).len.load(Relaxed).min(core.buffer_len as u64);
        self.buffer(held, len as usize)
    }

    #[inline]
    fn buffer(&self, held: Held, len: usize) -> Buffer<T> {
        // SAFETY: the buffer holds the slot as long as it uses the core.
        let core = unsafe { SlotCore::new(self.core()) };
        Buffer::new(core, held, len)
    }

    /// Returns the queue of this name.
    ///
    /// # Errors
    ///
    /// [`NoSuchQueue`], which lists those that the ring has.
    ///
    /// # Examples
    ///
    /// See [`Ring`].
    pub fn queue(&self, name: &str) -> Result<Queue<T>, NoSuchQueue> {
        let lines = self.core().lines();
        match lines.iter().skip(1).position(|line| line.options.name == name) {
            Some(position) => Ok(Queue::new(self.clone(), (position + 1) as QueueNumber)),
            None => {
                let names = lines.iter().skip(1).map(|line| line.options.name.clone()).collect();
                Err(NoSuchQueue { name: name.to_string(), names })
            }
        }
    }

    /// Takes a buffer that was set aside: a receiver dropped it changed or in a panic, and the ring's builder was told to keep
    /// such buffers, or to send them again and their queue is closed.
    ///
    /// # Examples
    ///
    /// See [`RingBuilder::dropped_dirty`].
    pub fn take_aside(&self) -> Option<Buffer<T>> {
        self.core().take_aside().map(|held| self.received(held))
    }

    /// Refuses claims from now on, closes every queue, and wakes all who wait. What was sent can still be received.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::{Closed, Ring};
    /// let ring = Ring::<f32>::builder().queues(["q"]).build()?;
    /// let queue = ring.queue("q")?;
    /// queue.send(ring.claim()?)?;
    /// ring.close();
    /// assert_eq!(ring.claim().unwrap_err(), Closed);
    /// assert!(queue.recv().is_ok());
    /// assert_eq!(queue.recv().unwrap_err(), Closed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(&self) {
        self.core().close();
    }

    /// Returns the number of buffers.
    pub fn buffers(&self) -> usize {
        self.core().layout.slots
    }

    /// Returns how many elements each buffer holds.
    pub fn buffer_len(&self) -> usize {
        self.core().buffer_len
    }

    /// Returns how many buffers are free. Exact while nobody claims, drops or sends.
    pub fn free(&self) -> usize {
        self.core().free() as usize
    }

    /// Returns how many threads and tasks sleep until a buffer is free.
    pub fn waiting(&self) -> usize {
        self.core().line(FREE).filled.waiting()
    }

    /// Returns the size of the ring's memory in bytes, buffers included.
    pub fn len_bytes(&self) -> usize {
        self.core().layout.len_bytes
    }

    /// Returns how many bytes the ring needs besides its buffers' elements: at most 256 for each buffer and 8 KiB, with up to
    /// two queues, and what rounds each buffer up to a multiple of 128 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let ring = ringmill::Ring::<f32>::builder().buffers(64).queues(["q"]).build()?;
    /// assert!(ring.overhead_bytes() <= 64 * 256 + 8192);
    /// # Ok::<(), ringmill::ring::BuildError>(())
    /// ```
    pub fn overhead_bytes(&self) -> usize {
        let core = self.core();
        self.len_bytes() - core.layout.slots * core.buffer_len * size_of::<T>()
    }
}

impl<T: Value> Clone for Ring<T> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), elements: PhantomData }
    }
}

impl<T: Value> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("buffers", &self.buffers())
            .field("buffer_len", &self.buffer_len())
            .field("free", &self.free())
            .field(
                "queues",
                &self.core().lines().iter().skip(1).map(|line| &line.options.name).collect::<Vec<_>>(),
            )
            .finish()
    }
}
