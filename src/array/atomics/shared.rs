//! An array that is nothing but its atomic view, owned by every thread that holds a clone.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::{AtomicElement, Atomics};
use crate::array::SharedArray;

/// An array that any number of owners access atomically. The last one to go frees it, or takes it back.
///
/// For threads that outlive a borrow; within a scope [`SharedArray::atomics`] does.
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// use std::thread;
/// let sum = SharedArray::<u64>::anonymous(&[1])?.into_atomics();
/// let threads: Vec<_> = (1..=4)
///     .map(|number| {
///         let sum = sum.clone();
///         thread::spawn(move || sum.view().add(0, number).map(drop))
///     })
///     .collect();
/// for thread in threads {
///     thread.join().unwrap()?;
/// }
/// let array = sum.into_array().expect("all clones are gone");
/// assert_eq!(array[0], 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AtomicArray<T: AtomicElement> {
    // Never lent out as a slice: elements are seen as cells alone.
    array: Arc<SharedArray<T>>,
}

impl<T: AtomicElement> Clone for AtomicArray<T> {
    fn clone(&self) -> Self {
        Self { array: Arc::clone(&self.array) }
    }
}

impl<T: AtomicElement> SharedArray<T> {
    /// Makes the array one that any number of owners access atomically.
    ///
    /// # Examples
    ///
    /// See [`AtomicArray`].
    pub fn into_atomics(self) -> AtomicArray<T> {
        AtomicArray { array: Arc::new(self) }
    }
}

impl<T: AtomicElement> AtomicArray<T> {
    /// Returns the view, which has the operations.
    ///
    /// # Examples
    ///
    /// See [`AtomicArray`].
    pub fn view(&self) -> Atomics<'_, T> {
        // SAFETY: an array's elements are valid and at a multiple of their size (A1). The array lives as long as we are
        // borrowed, and behind this `Arc` nobody makes slices of it.
        unsafe { Atomics::from_raw(self.array.first(), self.array.element_count()) }
    }

    /// Returns the array if this is its last owner.
    ///
    /// # Errors
    ///
    /// This owner again, if it is not.
    ///
    /// # Examples
    ///
    /// See [`AtomicArray`].
    pub fn into_array(self) -> Result<SharedArray<T>, Self> {
        Arc::try_unwrap(self.array).map_err(|array| Self { array })
    }
}
