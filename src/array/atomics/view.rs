//! The view itself: checked indices, then one atomic operation.

#![allow(unsafe_code)]

use std::fmt;
use std::slice;

use super::{AtomicElement, AtomicsError};
use crate::array::{Part, SharedArray};
use crate::sync::hint;

/// Borrowed elements that any number of threads read and change atomically.
///
/// While the view lives there is no other way to the elements, so nobody can read or write one in pieces. Copies of it
/// go to as many threads as there are; for threads that outlive the borrow there is [`AtomicArray`](super::AtomicArray).
///
/// # Memory ordering
///
/// Every operation is sequentially consistent.
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// use std::thread;
/// let mut counts = SharedArray::<u64>::anonymous(&[16])?;
/// let view = counts.atomics();
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(move || {
///             for number in 0..1000 {
///                 view.add(number % 16, 1).expect("an index below 16");
///             }
///         });
///     }
/// });
/// assert_eq!(counts.iter().sum::<u64>(), 4000);
/// # Ok::<(), ringmill::array::ArrayError>(())
/// ```
pub struct Atomics<'a, T: AtomicElement> {
    cells: &'a [T::Cell],
}

impl<T: AtomicElement> Clone for Atomics<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: AtomicElement> Copy for Atomics<'_, T> {}

impl<T: AtomicElement> SharedArray<T> {
    /// Returns the atomic view of the elements.
    ///
    /// # Examples
    ///
    /// See [`Atomics`].
    pub fn atomics(&mut self) -> Atomics<'_, T> {
        // Arrays begin at a multiple of their element's size, whatever file they lie in.
        Atomics { cells: cells(self) }
    }
}

impl<T: AtomicElement> Part<T> {
    /// Returns the atomic view of the part's elements.
    ///
    /// # Examples
    ///
    /// See [`Atomics`].
    pub fn atomics(&mut self) -> Atomics<'_, T> {
        Atomics { cells: cells(self) }
    }
}

/// Sees elements, which begin at a multiple of their size, as cells.
fn cells<T: AtomicElement>(elements: &mut [T]) -> &[T::Cell] {
    let first = elements.as_mut_ptr().cast::<T::Cell>();
    assert!(first.is_aligned(), "elements that are not aligned for atomic access");
    // SAFETY: valid for `len` cells: a cell has the size of an element and every bit pattern is valid for both
    // (`AtomicElement` is sealed and asserts it). Aligned: just asserted. Shared: the elements are borrowed mutably for
    // as long as the cells live, so nothing but these cells touches them, and cells allow change through `&`.
    unsafe { slice::from_raw_parts(first, elements.len()) }
}

impl<'a, T: AtomicElement> Atomics<'a, T> {
    /// Views any elements atomically.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::Misaligned`], if they do not begin at a multiple of their size, which 64-bit integers need not
    /// on a 32-bit machine.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::Atomics;
    /// let mut flags = [0u8; 3];
    /// let view = Atomics::over(&mut flags)?;
    /// view.or(1, 0b10)?;
    /// assert_eq!(flags, [0, 2, 0]);
    /// # Ok::<(), ringmill::array::AtomicsError>(())
    /// ```
    pub fn over(elements: &'a mut [T]) -> Result<Self, AtomicsError> {
        let element_bytes = size_of::<T>();
        match elements.as_ptr().addr() % element_bytes {
            0 => Ok(Self { cells: cells(elements) }),
            excess_bytes => Err(AtomicsError::Misaligned { element_bytes, excess_bytes }),
        }
    }

    /// Views bytes as elements.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::Misaligned`] if they do not begin at a multiple of the element's size,
    /// [`AtomicsError::NotWholeElements`] if their number is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::{Atomics, AtomicsError};
    /// use ringmill::memory::Region;
    /// let mut region = Region::anonymous(16)?;
    /// let bytes = region.as_bytes_mut().unwrap();
    /// assert_eq!(Atomics::<i32>::over_bytes(bytes)?.len(), 4);
    /// let error = Atomics::<i32>::over_bytes(&mut bytes[1..5]).unwrap_err();
    /// assert_eq!(error, AtomicsError::Misaligned { element_bytes: 4, excess_bytes: 1 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn over_bytes(bytes: &'a mut [u8]) -> Result<Self, AtomicsError> {
        let (element_bytes, len_bytes) = (size_of::<T>(), bytes.len());
        match bytes.as_ptr().addr() % element_bytes {
            0 => {}
            excess_bytes => return Err(AtomicsError::Misaligned { element_bytes, excess_bytes }),
        }
        match bytemuck::try_cast_slice_mut(bytes) {
            Ok(elements) => Self::over(elements),
            Err(_) => Err(AtomicsError::NotWholeElements { len_bytes, element_bytes }),
        }
    }

    /// Views the `len` elements at `first`.
    ///
    /// # Safety
    ///
    /// They are valid and at a multiple of their size, and for `'a` nobody sees them other than as cells.
    pub(super) unsafe fn from_raw(first: *mut T, len: usize) -> Self {
        debug_assert!(first.cast::<T::Cell>().is_aligned());
        // SAFETY: as in `cells`, by the caller's duties.
        Self { cells: unsafe { slice::from_raw_parts(first.cast(), len) } }
    }

    /// Returns the number of elements.
    pub fn len(self) -> usize {
        self.cells.len()
    }

    /// Says whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.cells.is_empty()
    }

    pub(super) fn cell(self, index: usize) -> Result<&'a T::Cell, AtomicsError> {
        self.cells.get(index).ok_or(AtomicsError::OutOfRange { index, len: self.cells.len() })
    }

    /// Returns the element.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::OutOfRange`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::array::Atomics;
    /// # let mut elements = [5i32, 6];
    /// let view = Atomics::over(&mut elements)?;
    /// assert_eq!(view.load(1)?, 6);
    /// # Ok::<(), ringmill::array::AtomicsError>(())
    /// ```
    pub fn load(self, index: usize) -> Result<T, AtomicsError> {
        self.cell(index).map(T::load)
    }

    /// Sets the element to `value`.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::OutOfRange`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::array::Atomics;
    /// # let mut elements = [5i32, 6];
    /// let view = Atomics::over(&mut elements)?;
    /// view.store(1, -1)?;
    /// assert_eq!(view.load(1)?, -1);
    /// # Ok::<(), ringmill::array::AtomicsError>(())
    /// ```
    pub fn store(self, index: usize, value: T) -> Result<(), AtomicsError> {
        self.cell(index).map(|cell| T::store(cell, value))
    }

    /// Sets the element to `replacement` if it is `expected`; returns what it was.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::OutOfRange`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use ringmill::array::Atomics;
    /// # let mut elements = [5i32, 6];
    /// let view = Atomics::over(&mut elements)?;
    /// assert_eq!(view.compare_exchange(0, 5, 7)?, 5); // it was as expected
    /// assert_eq!(view.compare_exchange(0, 5, 9)?, 7); // it was not
    /// # Ok::<(), ringmill::array::AtomicsError>(())
    /// ```
    pub fn compare_exchange(self, index: usize, expected: T, replacement: T) -> Result<T, AtomicsError> {
        self.cell(index).map(|cell| T::compare_exchange(cell, expected, replacement))
    }

    /// Says whether accesses of elements of this size use no lock. The processor decides; here no access ever does.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::Atomics;
    /// assert!(Atomics::<u32>::is_lock_free(4));
    /// assert!(!Atomics::<u32>::is_lock_free(3));
    /// ```
    pub fn is_lock_free(element_bytes: usize) -> bool {
        matches!(element_bytes, 1 | 2 | 4 | 8)
    }

    /// Tells the processor that the caller waits in a loop for an element to change.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::Atomics;
    /// Atomics::<u32>::pause();
    /// ```
    pub fn pause() {
        hint::spin_loop();
    }
}

macro_rules! read_modify_write {
    ($($name:ident, $does:literal, $value:literal, $after:literal;)*) => {
        impl<T: AtomicElement> Atomics<'_, T> {$(
            #[doc = $does]
            ///
            /// # Errors
            ///
            /// [`AtomicsError::OutOfRange`].
            ///
            /// # Examples
            ///
            /// ```
            /// # use ringmill::array::Atomics;
            /// # let mut elements = [12u8];
            /// let view = Atomics::over(&mut elements)?;
            #[doc = concat!("assert_eq!(view.", stringify!($name), "(0, ", $value, ")?, 12);")]
            #[doc = concat!("assert_eq!(view.load(0)?, ", $after, ");")]
            /// # Ok::<(), ringmill::array::AtomicsError>(())
            /// ```
            pub fn $name(self, index: usize, value: T) -> Result<T, AtomicsError> {
                self.cell(index).map(|cell| T::$name(cell, value))
            }
        )*}
    };
}

read_modify_write! {
    exchange, "Sets the element to `value`; returns what it was.", "7", "7";
    add, "Adds `value`, wrapping around; returns what the element was.", "250", "6";
    sub, "Subtracts `value`, wrapping around; returns what the element was.", "13", "255";
    and, "Keeps the bits that `value` has too; returns what the element was.", "6", "4";
    or, "Sets the bits that `value` has; returns what the element was.", "3", "15";
    xor, "Flips the bits that `value` has; returns what the element was.", "10", "6";
}

impl<T: AtomicElement> fmt::Debug for Atomics<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.cells.iter().map(T::load)).finish()
    }
}
