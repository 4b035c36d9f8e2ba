//! Exclusive ownership of one typed buffer.

#![allow(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::thread;

use super::SharedBuffer;
use super::alive::SlotCore;
use crate::memory::Value;
use crate::protocol::slot::{FREE, Held};
use crate::sync::atomic::Ordering::Relaxed;

/// One buffer of a [`Ring`](super::Ring), and nobody else's: claimed, or received from a [`Queue`](super::Queue).
///
/// It is a mutable slice of its valid elements. Sending it moves it; there is no copy of it and no second handle. A
/// claimed buffer has all its elements, and holds what its last owner left: write before you read. Its length, its
/// [tag](Self::tag) and its [sequence number](Self::sequence) travel with it.
///
/// Dropping a buffer gives it back to its ring, which the buffer keeps alive. One that was received and changed is
/// treated as the ring's builder [was told](super::RingBuilder::dropped_dirty). A buffer that is leaked is one buffer
/// less for the ring, and keeps the ring's memory mapped when the ring is gone.
///
/// # Examples
///
/// ```
/// let ring = ringmill::Ring::<f32>::builder().buffers(2).buffer_len(8).queues(["full"]).build()?;
/// let full = ring.queue("full")?;
///
/// let mut buffer = ring.claim()?;
/// buffer[..3].copy_from_slice(&[1.0, 2.0, 3.0]);
/// buffer.truncate(3);
/// buffer.set_tag(42);
/// full.send(buffer)?;
///
/// let buffer = full.recv()?;
/// assert_eq!((&buffer[..], buffer.tag()), (&[1.0, 2.0, 3.0][..], 42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A buffer that was sent is gone:
///
/// ```compile_fail,E0382
/// # let ring = ringmill::Ring::<f32>::builder().queues(["full"]).build().unwrap();
/// # let full = ring.queue("full").unwrap();
/// let mut buffer = ring.claim().unwrap();
/// full.send(buffer).unwrap();
/// buffer[0] = 1.0;
/// ```
///
/// and there is never a second handle to it:
///
/// ```compile_fail,E0599
/// # let ring = ringmill::Ring::<f32>::builder().build().unwrap();
/// let buffer = ring.claim().unwrap();
/// let twin = buffer.clone();
/// # let _: ringmill::ring::Buffer<f32> = twin;
/// ```
#[must_use = "dropping a buffer gives it back to its ring"]
pub struct Buffer<T: Value> {
    core: SlotCore,
    held: ManuallyDrop<Held>,
    data: NonNull<T>,
    len: usize,
    /// The slot's word says what is to be known of it: no change needs to be noted any more.
    is_noted: bool,
}

// SAFETY: a buffer is its elements, exclusively (S1), and a handle to a core that threads share.
unsafe impl<T: Value> Send for Buffer<T> {}
// SAFETY: as above; a shared reference gives shared references to the elements.
unsafe impl<T: Value> Sync for Buffer<T> {}

impl<T: Value> Buffer<T> {
    /// Takes over a held slot of a ring whose elements are `T`.
    #[inline]
    pub(super) fn new(core: SlotCore, held: Held, len: usize) -> Self {
        let data = core.get().payload(held.slot).cast();
        let is_noted = held.came_from() == FREE;
        Self { core, held: ManuallyDrop::new(held), data, len, is_noted }
    }

    /// Takes the buffer apart without giving its slot back.
    #[inline]
    pub(super) fn into_parts(self) -> (SlotCore, Held, usize) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is never dropped and not used after this, so the token is taken once.
        let held = unsafe { ManuallyDrop::take(&mut this.held) };
        (this.core, held, this.len)
    }

    #[inline]
    pub(super) fn core(&self) -> SlotCore {
        self.core
    }

    /// Returns how many elements the buffer can hold: its ring's `buffer_len`.
    pub fn capacity(&self) -> usize {
        self.core.get().buffer_len
    }

    /// Shortens the valid part to the first `len` elements; does nothing if it is no longer than that.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Makes the first `len` elements the valid part. What comes in by this is what an earlier owner left there.
    ///
    /// # Panics
    ///
    /// If `len` is more than [`capacity`](Self::capacity).
    ///
    /// # Examples
    ///
    /// ```
    /// # let ring = ringmill::Ring::<u8>::builder().buffer_len(4).build()?;
    /// let mut buffer = ring.claim()?;
    /// buffer.fill(7);
    /// buffer.truncate(1);
    /// buffer.set_len(3);
    /// assert_eq!(buffer[..], [7, 7, 7]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn set_len(&mut self, len: usize) {
        let capacity = self.capacity();
        assert!(len <= capacity, "{len} elements do not fit into a buffer of {capacity}");
        self.len = len;
    }

    /// Returns the number that travels with the buffer; 0 when it is claimed.
    #[inline]
    pub fn tag(&self) -> u64 {
        // ORDERING: Relaxed; the slot is ours, and came by HANDOVER.
        self.core.get().slot(self.held.slot).tag.load(Relaxed)
    }

    /// Sets the number that travels with the buffer.
    #[inline]
    pub fn set_tag(&mut self, tag: u64) {
        // ORDERING: Relaxed, as above; it goes by HANDOVER.
        self.core.get().slot(self.held.slot).tag.store(tag, Relaxed);
    }

    /// Returns the buffer's place in its order. A claim sets it: a buffer that is claimed later has a higher one.
    #[inline]
    pub fn sequence(&self) -> u64 {
        // ORDERING: Relaxed, as for the tag.
        self.core.get().slot(self.held.slot).sequence.load(Relaxed)
    }

    /// Sets the buffer's place in an order of the caller's.
    #[inline]
    pub fn set_sequence(&mut self, sequence: u64) {
        // ORDERING: Relaxed, as for the tag.
        self.core.get().slot(self.held.slot).sequence.store(sequence, Relaxed);
    }

    /// Returns whether an earlier receiver dropped this buffer changed or in a panic, and it was sent again or set aside. Sending
    /// it on ends that.
    ///
    /// # Examples
    ///
    /// See [`RingBuilder::dropped_dirty`](super::RingBuilder::dropped_dirty).
    pub fn is_retry(&self) -> bool {
        self.held.is_retry()
    }

    /// Gives the buffer back, done with: what is in it is of no more use, whatever the ring's builder was told about buffers
    /// that are dropped changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::{DroppedDirty, Ring};
    /// let ring = Ring::<u32>::builder().buffers(1).queues(["q"]).dropped_dirty(DroppedDirty::SendAgain).build()?;
    /// let queue = ring.queue("q")?;
    /// queue.send(ring.claim()?)?;
    /// let mut buffer = queue.recv()?;
    /// buffer.sort_unstable();
    /// buffer.release();
    /// assert_eq!((ring.free(), queue.depth()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn release(self) {
        let (core, held, _) = self.into_parts();
        core.release(held);
    }

    /// Makes the buffer read-only, to be read by any number of holders at a time. The last that is dropped frees it.
    ///
    /// # Examples
    ///
    /// See [`SharedBuffer`].
    pub fn share(self) -> SharedBuffer<T> {
        SharedBuffer::new(self)
    }

    #[cold]
    fn note_change(&mut self) {
        self.is_noted = true;
        self.core.get().slot(self.held.slot).mark_dirty(&mut self.held);
    }
}

impl<T: Value> Deref for Buffer<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `data` is the payload of our slot, aligned for `T` and longer than `len` elements (the builder's
        // layout); its bytes are initialised (S2) and any are a `T` (`Value`); nobody else touches them (S1).
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

impl<T: Value> DerefMut for Buffer<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        if !self.is_noted {
            self.note_change();
        }
        // SAFETY: as in `deref`, and we are borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }
}

impl<T: Value> Drop for Buffer<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a drop runs once, and `into_parts` prevents it.
        let held = unsafe { ManuallyDrop::take(&mut self.held) };
        if held.came_from() != FREE && (held.is_dirty() || thread::panicking()) {
            // ORDERING: Relaxed; the slot is ours, and goes by HANDOVER.
            self.core.get().slot(held.slot).len.store(self.len as u64, Relaxed);
            self.core.give_up(held);
        } else {
            self.core.release(held);
        }
    }
}

impl<T: Value + fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("slot", &self.held.slot)
            .field("generation", &self.held.generation())
            .field("tag", &self.tag())
            .field("sequence", &self.sequence())
            .field("values", &&**self)
            .finish()
    }
}
