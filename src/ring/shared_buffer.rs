//! One buffer that many read.

#![allow(unsafe_code)]

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use super::Buffer;
use super::alive::SlotCore;
use crate::memory::Value;
use crate::sync::atomic::Ordering::Relaxed;

/// Leaves room for those who count themselves before they see that they are too many.
const MOST_READERS: u32 = u32::MAX / 2;

/// A buffer that any number of holders read at a time: one filled once, for many. The last that is dropped frees it.
///
/// Cloning counts one reader more and copies nothing. It panics at the 2^31st, which takes leaks to reach.
///
/// # Examples
///
/// ```
/// use std::thread;
///
/// let ring = ringmill::Ring::<u32>::builder().buffers(1).buffer_len(3).build()?;
/// let mut buffer = ring.claim()?;
/// buffer.copy_from_slice(&[1, 2, 3]);
/// let shared = buffer.share();
/// let readers: Vec<_> = (0..3)
///     .map(|_| {
///         let shared = shared.clone();
///         thread::spawn(move || shared.iter().sum::<u32>())
///     })
///     .collect();
/// drop(shared);
/// for reader in readers {
///     assert_eq!(reader.join().unwrap(), 6);
/// }
/// assert!(ring.try_claim().is_ok()); // free again
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is read only:
///
/// ```compile_fail,E0594
/// # let ring = ringmill::Ring::<u32>::builder().build().unwrap();
/// let mut shared = ring.claim().unwrap().share();
/// shared[0] = 1;
/// ```
#[must_use = "dropping the last reader gives the buffer back to its ring"]
pub struct SharedBuffer<T: Value> {
    core: SlotCore,
    slot: u32,
    data: NonNull<T>,
    len: usize,
}

// SAFETY: a shared buffer gives shared references to its elements, which threads may share, and a handle to a core.
unsafe impl<T: Value> Send for SharedBuffer<T> {}
// SAFETY: as above.
unsafe impl<T: Value> Sync for SharedBuffer<T> {}

impl<T: Value> SharedBuffer<T> {
    pub(super) fn new(buffer: Buffer<T>) -> Self {
        let (core, held, len) = buffer.into_parts();
        let slot = held.slot;
        core.get().slot(slot).share(held);
        Self { core, slot, data: core.get().payload(slot).cast(), len }
    }

    /// Returns the number that travels with the buffer.
    pub fn tag(&self) -> u64 {
        // ORDERING: Relaxed; written before the buffer was shared.
        self.core.get().slot(self.slot).tag.load(Relaxed)
    }

    /// Returns the buffer's place in its order.
    pub fn sequence(&self) -> u64 {
        // ORDERING: Relaxed, as above.
        self.core.get().slot(self.slot).sequence.load(Relaxed)
    }

    /// Returns the buffer for change if nobody else reads it.
    ///
    /// # Errors
    ///
    /// The handle itself, if there are other readers.
    ///
    /// # Examples
    ///
    /// ```
    /// # let ring = ringmill::Ring::<u32>::builder().build()?;
    /// let shared = ring.claim()?.share();
    /// let other = shared.clone();
    /// let shared = shared.into_buffer().unwrap_err();
    /// drop(other);
    /// let mut buffer = shared.into_buffer().unwrap();
    /// buffer[0] = 1;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_buffer(self) -> Result<Buffer<T>, Self> {
        match self.core.get().slot(self.slot).drop_only_reader(self.slot) {
            Some(held) => {
                let (core, len) = (self.core, self.len);
                std::mem::forget(self);
                Ok(Buffer::new(core, held, len))
            }
            None => Err(self),
        }
    }
}

impl<T: Value> Clone for SharedBuffer<T> {
    fn clone(&self) -> Self {
        let before = self.core.get().slot(self.slot).add_reader();
        assert!(before < MOST_READERS, "too many readers: clones of a shared buffer were leaked");
        Self { core: self.core, slot: self.slot, data: self.data, len: self.len }
    }
}

impl<T: Value> Deref for SharedBuffer<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: as in `Buffer::deref`; while readers are counted, and we are, nobody writes (S3).
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

impl<T: Value> Drop for SharedBuffer<T> {
    fn drop(&mut self) {
        if let Some(held) = self.core.get().slot(self.slot).drop_reader(self.slot) {
            self.core.release(held);
        }
    }
}

impl<T: Value + fmt::Debug> fmt::Debug for SharedBuffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBuffer")
            .field("slot", &self.slot)
            .field("tag", &self.tag())
            .field("sequence", &self.sequence())
            .field("values", &&**self)
            .finish()
    }
}
