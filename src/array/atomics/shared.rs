//! An array that is nothing but its atomic view, owned by every thread that holds a clone.

#![allow(unsafe_code)]

use std::sync::Arc;

use super::named::NamedCells;
use super::{AtomicElement, Atomics};
use crate::array::SharedArray;

/// An array that any number of owners access atomically. The last one to go frees it, or takes it back.
///
/// For threads that outlive a borrow; within a scope [`SharedArray::atomics`] does. It is also how processes share an array
/// without any duty: [`create_named`](Self::create_named), [`open_named`](Self::open_named).
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
    elements: Elements<T>,
}

/// Never lent out as a slice: elements are seen as cells alone.
#[derive(Debug)]
enum Elements<T: AtomicElement> {
    Own(Arc<SharedArray<T>>),
    Named(Arc<NamedCells<T>>),
}

impl<T: AtomicElement> Clone for AtomicArray<T> {
    fn clone(&self) -> Self {
        let elements = match &self.elements {
            Elements::Own(array) => Elements::Own(Arc::clone(array)),
            Elements::Named(cells) => Elements::Named(Arc::clone(cells)),
        };
        Self { elements }
    }
}

impl<T: AtomicElement> SharedArray<T> {
    /// Makes the array one that any number of owners access atomically.
    ///
    /// # Examples
    ///
    /// See [`AtomicArray`].
    pub fn into_atomics(self) -> AtomicArray<T> {
        AtomicArray { elements: Elements::Own(Arc::new(self)) }
    }
}

impl<T: AtomicElement> AtomicArray<T> {
    /// Returns the view, which has the operations.
    ///
    /// # Examples
    ///
    /// See [`AtomicArray`].
    pub fn view(&self) -> Atomics<'_, T> {
        match &self.elements {
            // SAFETY: an array's elements are valid and at a multiple of their size (A1). The array lives as long as we are
            // borrowed, and behind this `Arc` nobody makes slices of it.
            Elements::Own(array) => unsafe { Atomics::from_raw(array.first(), array.element_count()) },
            Elements::Named(cells) => cells.view(),
        }
    }

    /// Returns the array if this is its last owner. An array that processes share has others.
    ///
    /// # Errors
    ///
    /// This owner again, if it is not.
    ///
    /// # Examples
    ///
    /// See [`AtomicArray`].
    pub fn into_array(self) -> Result<SharedArray<T>, Self> {
        match self.elements {
            Elements::Own(array) => {
                Arc::try_unwrap(array).map_err(|array| Self { elements: Elements::Own(array) })
            }
            elements @ Elements::Named(_) => Err(Self { elements }),
        }
    }
}

impl<T: AtomicElement> AtomicArray<T> {
    pub(super) fn of_named(cells: NamedCells<T>) -> Self {
        Self { elements: Elements::Named(Arc::new(cells)) }
    }

    /// Returns the region that processes share, if they do.
    pub(super) fn named(&self) -> Option<&NamedCells<T>> {
        match &self.elements {
            Elements::Own(_) => None,
            Elements::Named(cells) => Some(cells),
        }
    }
}
