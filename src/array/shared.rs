//! An array: the elements, their shape, and the region they lie in.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

use super::span::{Span, Storage, Watch};
use super::{Access, ArrayError, InPlace, Order};
use crate::memory::{Advice, Element, Region};

/// An array of numbers in mapped memory: a slice that is its own owner.
///
/// It is anonymous, or lies in a file that keeps what is written. `Deref` gives the elements as `[T]`, in memory order;
/// `DerefMut` too unless the array was opened [`ReadOnly`](super::ReadOnly), where it does not compile. Dropping an
/// array unmaps it.
///
/// # File contract
///
/// As for every [`Region`](crate::memory::Region#file-contract) of a file: this library opens a file for change once
/// at a time, and the caller vouches that programs that know nothing of it do not write to the file meanwhile. Files
/// that are cut short while in use are noticed: [`check`](Self::check) says so. Where other writers cannot be
/// trusted, use [`load_npy`](Self::load_npy), which reads a copy.
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// let mut grid = SharedArray::<f32>::anonymous(&[2, 3])?;
/// grid[4] = 1.5;
/// assert_eq!(*grid, [0.0, 0.0, 0.0, 0.0, 1.5, 0.0]);
/// assert_eq!(grid.shape(), [2, 3]);
/// # Ok::<(), ringmill::array::ArrayError>(())
/// ```
pub struct SharedArray<T: Element, A: Access = InPlace> {
    span: Span<T>,
    access: PhantomData<A>,
}

impl<T: Element, A: Access> SharedArray<T, A> {
    /// Takes a span for an array. If `A` allows change, so must the span's region (A3).
    pub(super) fn from_span(span: Span<T>) -> Self {
        debug_assert!(span.is_whole());
        Self { span, access: PhantomData }
    }

    pub(super) fn from_storage(storage: Storage) -> Self {
        Self::from_span(Span::over(storage))
    }

    pub(super) fn into_span(self) -> Span<T> {
        self.span
    }

    /// Returns the first element's address, without a borrow of the elements.
    pub(super) fn first(&self) -> *mut T {
        self.span.first()
    }

    /// Returns the region that the elements lie in.
    pub(super) fn region(&self) -> &Region {
        &self.span.storage().region
    }

    /// Returns the number of elements, likewise: a slice's `len` would need the slice.
    pub(super) fn element_count(&self) -> usize {
        self.span.len()
    }

    /// Returns the number of elements of each dimension; no dimension at all means a single element.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let single = SharedArray::<u8>::anonymous(&[])?;
    /// assert_eq!((single.shape().len(), single.len()), (0, 1));
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.span.storage().shape
    }

    /// Returns the order in which the elements follow each other.
    ///
    /// # Examples
    ///
    /// See [`Order`].
    pub fn order(&self) -> Order {
        self.span.storage().order
    }

    /// Returns the elements, in memory order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// assert_eq!(SharedArray::<u8>::anonymous(&[2])?.as_slice(), [0, 0]);
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn as_slice(&self) -> &[T] {
        self.span.as_slice()
    }

    /// Says whether all that was read so far was the file's: an error once the file has been cut short.
    ///
    /// To be called after the last read and before the result is used. An anonymous array is always whole.
    ///
    /// # Errors
    ///
    /// As [`Region::check`](crate::memory::Region::check).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let array = SharedArray::<f64>::anonymous(&[1000])?;
    /// let sum: f64 = array.iter().sum();
    /// array.check()?;
    /// assert_eq!(sum, 0.0);
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn check(&self) -> Result<(), ArrayError> {
        Ok(self.span.storage().region.check()?)
    }

    /// Returns what keeps watch over the elements' memory.
    pub(crate) fn watch(&self) -> Watch<'_> {
        self.span.watch()
    }

    /// Advises the kernel on the pages that hold the elements of `range`. Threads may do this side by side.
    ///
    /// # Errors
    ///
    /// As [`Region::advise_range`](crate::memory::Region::advise_range).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::Advice;
    /// let array = SharedArray::<f32>::anonymous(&[1 << 20])?;
    /// array.advise(Advice::HugePages, 0..array.len())?;
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn advise(&self, advice: Advice, range: Range<usize>) -> Result<(), ArrayError> {
        let storage = self.span.storage();
        let byte = |index: usize| index.saturating_mul(size_of::<T>()).saturating_add(storage.offset);
        Ok(storage.region.advise_range(advice, byte(range.start)..byte(range.end))?)
    }
}

impl<T: Element> SharedArray<T> {
    /// Returns the elements for change, in memory order.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let mut array = SharedArray::<i16>::anonymous(&[3])?;
    /// array.as_mut_slice().copy_from_slice(&[3, 1, 2]);
    /// array.sort();
    /// assert_eq!(*array, [1, 2, 3]);
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.span.as_mut_slice()
    }

    /// Returns the elements for change, and beside them what keeps watch over their memory.
    pub(crate) fn as_watched_mut(&mut self) -> (&mut [T], Watch<'_>) {
        self.span.as_watched_mut()
    }

    /// Keeps the first elements, in one dimension. Their memory stays as it is.
    pub(crate) fn shortened(self, len: usize) -> Self {
        Self::from_span(self.into_span().shortened(len))
    }

    /// Waits until the disk has what was written.
    ///
    /// Other programs see every change at once, and a process that ends loses none; this is for machines that lose
    /// power.
    ///
    /// # Errors
    ///
    /// As [`Region::flush`](crate::memory::Region::flush).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// # let folder = tempfile::tempdir()?;
    /// let mut new = SharedArray::<u64>::create_raw(folder.path().join("counts"), 100)?;
    /// new[7] = 1;
    /// new.publish()?.flush()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&self) -> Result<(), ArrayError> {
        Ok(self.span.storage().region.flush()?)
    }
}

impl<T: Element, A: Access> Deref for SharedArray<T, A> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Element> DerefMut for SharedArray<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.as_mut_slice()
    }
}

impl<T: Element, A: Access> AsRef<[T]> for SharedArray<T, A> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T: Element> AsMut<[T]> for SharedArray<T> {
    fn as_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<'a, T: Element, A: Access> IntoIterator for &'a SharedArray<T, A> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Element> IntoIterator for &'a mut SharedArray<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Element, A: Access> fmt::Debug for SharedArray<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let storage = self.span.storage();
        f.debug_struct("SharedArray")
            .field("element_type", &T::TYPE)
            .field("shape", &storage.shape)
            .field("order", &storage.order)
            .field("path", &storage.region.path())
            .finish_non_exhaustive()
    }
}
