//! The newest value, for those who want no other: a screen beside an analysis, a price beside a trader.
//!
//! The writer fills a buffer that nobody sees and makes it the newest by one exchange; it never waits for a reader. A
//! reader takes the newest and keeps it for as long as it reads; it never waits for the writer. What nobody took in time
//! nobody sees.

#![allow(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::memory::Value;
use crate::protocol::latest::{Filler, Holder, MOST_READERS, Newest};
use crate::sync::UnsafeCell;

/// A value of which only the newest is of interest: a slice of elements that one writes and several read.
///
/// # Examples
///
/// ```
/// use ringmill::ring::Latest;
/// let (mut writer, [mut reader]) = Latest::<f32>::builder().len(3).build()?;
/// let mut next = writer.write();
/// next.copy_from_slice(&[1.0, 2.0, 3.0]);
/// next.publish();
/// let reading = reader.read();
/// assert!(reading.is_new());
/// assert_eq!((reading.sequence(), &*reading), (1, &[1.0, 2.0, 3.0][..]));
/// drop(reading);
/// assert!(!reader.read().is_new());
/// # Ok::<(), ringmill::ring::LatestError>(())
/// ```
#[derive(Debug)]
pub struct Latest<T> {
    _values: PhantomData<T>,
}

impl<T: Value> Latest<T> {
    /// Returns the choices of a new value.
    pub fn builder() -> LatestBuilder<T> {
        LatestBuilder { len: 1, _values: PhantomData }
    }
}

/// The choices of a value of which only the newest is of interest.
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing before `build`"]
pub struct LatestBuilder<T> {
    len: usize,
    _values: PhantomData<T>,
}

impl<T: Value> LatestBuilder<T> {
    /// How many elements the value has; 1 if nothing is said.
    pub fn len(mut self, elements: usize) -> Self {
        self.len = elements;
        self
    }

    /// Makes the value, all zeros, its writer, and `N` readers, at most 13.
    ///
    /// It takes the room of `N + 2` values. Nothing is allocated afterwards.
    ///
    /// # Errors
    ///
    /// [`LatestError`].
    pub fn build<const N: usize>(self) -> Result<LatestEnds<T, N>, LatestError> {
        if N > MOST_READERS {
            return Err(LatestError::TooManyReaders { requested: N, available: MOST_READERS });
        }
        let (newest, filler, holders) = Newest::new(N);
        let buffer = |_| {
            let values = bytemuck::allocation::try_zeroed_slice_box(self.len);
            let values = values.map_err(|()| LatestError::TooLarge { requested: self.len })?;
            Ok(UnsafeCell::new(Buffer { sequence: 0, values }))
        };
        let buffers = (0..Newest::buffers(N)).map(buffer).collect::<Result<_, _>>()?;
        let shared = Arc::new(Shared { newest, buffers });
        let mut holders = holders.into_iter();
        let readers = std::array::from_fn(|_| {
            // The word made one for each reader.
            let mut holder = holders.next().unwrap_or_else(|| unreachable!("{N} readers"));
            shared.newest.take(&mut holder);
            LatestReader { shared: shared.clone(), holder }
        });
        Ok((LatestWriter { shared, filler, sequence: 0 }, readers))
    }
}

/// The ends of a value of which only the newest is of interest: its writer and its readers.
pub type LatestEnds<T, const N: usize> = (LatestWriter<T>, [LatestReader<T>; N]);

#[derive(Debug)]
struct Buffer<T> {
    /// The number of the value: how many had been published with it.
    sequence: u64,
    values: Box<[T]>,
}

#[derive(Debug)]
struct Shared<T> {
    newest: Newest,
    buffers: Box<[UnsafeCell<Buffer<T>>]>,
}

// SAFETY: the buffers' cells are all that keeps it from being shared, and each is used by whom N1 and N2 of
// `protocol::latest` let: the writer alone, or readers that only read. Elements may be sent to other threads and shared.
unsafe impl<T: Value> Sync for Shared<T> {}

/// The writing end. Dropping it leaves the last value to the readers.
#[derive(Debug)]
pub struct LatestWriter<T: Value> {
    shared: Arc<Shared<T>>,
    filler: Filler,
    sequence: u64,
}

impl<T: Value> LatestWriter<T> {
    /// Returns a buffer for the next value. It holds an older value or zeros. Never waits.
    pub fn write(&mut self) -> NextValue<'_, T> {
        NextValue { writer: self }
    }

    /// Returns how many values were published.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    fn buffer(&self) -> *mut Buffer<T> {
        self.shared.buffers[self.filler.filled()].with_mut(|buffer| buffer)
    }
}

impl<T: Value> Drop for LatestWriter<T> {
    fn drop(&mut self) {
        self.shared.newest.end();
    }
}

/// The next value, to be filled and then published. Dropping it publishes nothing.
#[derive(Debug)]
#[must_use = "dropping the next value publishes nothing"]
pub struct NextValue<'a, T: Value> {
    writer: &'a mut LatestWriter<T>,
}

impl<T: Value> NextValue<'_, T> {
    /// Makes it the newest value and returns its sequence: 1 for the first. Never waits.
    pub fn publish(self) -> u64 {
        self.writer.sequence += 1;
        let buffer = self.writer.buffer();
        // SAFETY: valid, as it lies in a box that the writer keeps; unaliased, as the writer alone touches the buffer it
        // fills (N1), and nobody else has borrowed the writer.
        unsafe { (*buffer).sequence = self.writer.sequence };
        self.writer.shared.newest.publish(&mut self.writer.filler);
        self.writer.sequence
    }
}

impl<T: Value> Deref for NextValue<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: as in `publish`; it is not published while it is borrowed.
        let buffer = unsafe { &*self.writer.buffer() };
        &buffer.values
    }
}

impl<T: Value> DerefMut for NextValue<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`.
        let buffer = unsafe { &mut *self.writer.buffer() };
        &mut buffer.values
    }
}

/// A reading end.
#[derive(Debug)]
pub struct LatestReader<T: Value> {
    shared: Arc<Shared<T>>,
    holder: Holder,
}

impl<T: Value> LatestReader<T> {
    /// Takes the newest value. Never waits for the writer, nor keeps it waiting, however long the value is held.
    pub fn read(&mut self) -> Reading<'_, T> {
        let is_new = self.shared.newest.take(&mut self.holder);
        let held = self.holder.held().unwrap_or_else(|| unreachable!("a value was taken"));
        let buffer = self.shared.buffers[held].with(|buffer| buffer);
        // SAFETY: valid, as it lies in a box that the reader keeps. Nobody writes it before this reader takes another
        // (N2), and that needs the reader, which is borrowed for as long.
        let buffer = unsafe { &*buffer };
        Reading { buffer, is_new }
    }

    /// Returns whether there is a value that this reader has not taken yet.
    pub fn has_new(&self) -> bool {
        self.shared.newest.is_newer(&self.holder)
    }

    /// Returns whether the writer is gone: the next value that is read is the last.
    pub fn is_closed(&self) -> bool {
        self.shared.newest.has_ended()
    }
}

impl<T: Value> Drop for LatestReader<T> {
    fn drop(&mut self) {
        self.shared.newest.leave(&mut self.holder);
    }
}

/// A value that a reader has taken.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a, T> {
    buffer: &'a Buffer<T>,
    is_new: bool,
}

impl<T> Reading<'_, T> {
    /// Returns whether this reader had not taken the value before.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns how many values were published with this one; 0 if none was yet, and the value is zeros. The difference to
    /// the last one read, less one, is how many this reader missed.
    pub fn sequence(&self) -> u64 {
        self.buffer.sequence
    }
}

impl<T> Deref for Reading<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer.values
    }
}

/// Says why a value could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LatestError {
    /// More readers were asked for than there can be.
    TooManyReaders {
        /// The number asked for.
        requested: usize,
        /// The most there can be.
        available: usize,
    },
    /// There is no memory for a value as long.
    TooLarge {
        /// The length asked for, in elements.
        requested: usize,
    },
}

impl fmt::Display for LatestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyReaders { requested, available } => {
                write!(f, "{requested} readers, where there can be {available}")
            }
            Self::TooLarge { requested } => write!(f, "no memory for values of {requested} elements"),
        }
    }
}

impl Error for LatestError {}
