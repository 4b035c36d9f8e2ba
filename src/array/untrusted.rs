//! Copies out of an array that others change as they please.
//!
//! - I1: `len` elements lie at `first` in a mapping for reading that lives as long (V1): the header that was copied out says where,
//!   and the check of the section says that they are there (V2). A page that the file loses reads as zeros.
//! - I2: nobody makes a reference to them. They are read by volatile reads, each of whole elements: to the compiler this is
//!   memory that changes by itself.

#![allow(unsafe_code)]

use std::fmt;
use std::ptr::NonNull;

use super::{ArrayError, AtomicsError};
use crate::memory::Element;
use crate::memory::shared::{Kind, Place, SharedRegion};

/// An array that others may change at any instant, and of which only copies are had.
///
/// Each element that is copied is one that somebody wrote, or zero where the file was cut short; which of them are from
/// before a change and which from after is not known. Nothing that others do to the region can make this program read or write outside
/// it, wait for ever, or end. To change elements that others change too, use an [`AtomicArray`](super::AtomicArray).
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// use ringmill::memory::shared::Place;
/// # let folder = tempfile::tempdir()?;
/// # let place = Place::file(folder.path().join("prices"));
/// let mut new = SharedArray::<f64>::create_named(place.clone(), &[1000])?;
/// new.fill(2.5);
/// let mut theirs = new.publish()?;
///
/// let prices = SharedArray::<f64>::open_untrusted(place)?;
/// theirs[7] = 9.0;
/// assert_eq!(prices.get(7), Some(9.0));
/// let mut some = [0.0; 10];
/// prices.copy_to(990, &mut some)?;
/// assert_eq!(some, [2.5; 10]);
/// prices.check()?; // the file was whole all the time
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct UntrustedArray<T: Element> {
    first: NonNull<T>,
    len: usize,
    region: SharedRegion,
}

// SAFETY: it gives copies of its elements, which are `Send`, to any number of threads at once; the rest is `Send`.
unsafe impl<T: Element> Send for UntrustedArray<T> {}
// SAFETY: as above; the rest is `Sync`.
unsafe impl<T: Element> Sync for UntrustedArray<T> {}

impl<T: Element> UntrustedArray<T> {
    pub(super) fn open(place: Place) -> Result<Self, ArrayError> {
        let region = SharedRegion::open(&place, false)?;
        let kind = region.header().kind();
        // Of an atomic array copies are as good.
        let wanted = if kind == Kind::AtomicArray { kind } else { Kind::Array };
        region.require(wanted, T::SHAPE)?;
        let (offset, len) = region.elements(size_of::<T>())?;
        // SAFETY: `add` wants to stay in the mapping: the section begins within the region (H1, V1).
        let first = unsafe { region.base().add(offset) };
        // SAFETY: a mapping is never at address zero.
        let first = unsafe { NonNull::new_unchecked(first.cast()) };
        Ok(Self { first, len, region })
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of elements of each dimension, as the creator said.
    pub fn shape(&self) -> Vec<usize> {
        // They were converted once, when their product was taken.
        self.region.header().dimensions().iter().map(|&dimension| dimension as usize).collect()
    }

    /// Returns the region that the array lies in.
    pub fn region(&self) -> &SharedRegion {
        &self.region
    }

    /// Returns a copy of an element, or `None` if there is none of this index.
    ///
    /// # Examples
    ///
    /// See [`UntrustedArray`].
    pub fn get(&self, index: usize) -> Option<T> {
        if index >= self.len {
            return None;
        }
        // SAFETY: `index` is less than `len`, so this stays in the mapping (I1).
        let element = unsafe { self.first.add(index) };
        // SAFETY: mapped and aligned (I1), and any bits are a `T`; read so that others may write meanwhile (I2).
        Some(unsafe { element.read_volatile() })
    }

    /// Copies elements out, from the one of index `start` on as many as there is room for.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::OutOfRange`] if there are not as many; nothing is copied then.
    ///
    /// # Examples
    ///
    /// See [`UntrustedArray`].
    pub fn copy_to(&self, start: usize, to: &mut [T]) -> Result<(), AtomicsError> {
        match start.checked_add(to.len()) {
            Some(end) if end <= self.len => {}
            _ => return Err(AtomicsError::OutOfRange { index: start, len: self.len }),
        }
        // Single elements up to a whole word, words, single elements again: so none is read in pieces.
        let size = size_of::<T>();
        let words_at = start.next_multiple_of(size_of::<u64>() / size) - start;
        let (first, rest) = to.split_at_mut(words_at.min(to.len()));
        let whole = size_of_val(rest) / size_of::<u64>() * size_of::<u64>();
        let (words, last) = rest.split_at_mut(whole / size);
        let last_at = start + first.len() + words.len();
        self.copy_elements(start, first);
        self.copy_words(start + first.len(), bytemuck::cast_slice_mut(words));
        self.copy_elements(last_at, last);
        Ok(())
    }

    /// Copies elements, all of which are there.
    fn copy_elements(&self, start: usize, to: &mut [T]) {
        for (k, element) in to.iter_mut().enumerate() {
            *element = self.get(start + k).unwrap_or(T::zeroed());
        }
    }

    /// Copies the bytes of elements, all of which are there, the first at a multiple of a word; whole words.
    fn copy_words(&self, start: usize, to: &mut [u8]) {
        debug_assert!(start * size_of::<T>() + to.len() <= self.len * size_of::<T>());
        let words = self.first.cast::<u64>();
        let start = start * size_of::<T>() / size_of::<u64>();
        for (k, word) in to.as_chunks_mut().0.iter_mut().enumerate() {
            // SAFETY: the caller's elements are there, so this stays in the mapping (I1).
            let at = unsafe { words.add(start + k) };
            // SAFETY: mapped; aligned, because the elements begin on a page (I1); read so that others may write meanwhile (I2).
            *word = unsafe { at.read_volatile() }.to_ne_bytes();
        }
    }

    /// Returns a copy of all elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::shared::Place;
    /// # let folder = tempfile::tempdir()?;
    /// # let place = Place::file(folder.path().join("flags"));
    /// SharedArray::<u8>::create_named(place.clone(), &[3])?.publish()?;
    /// assert_eq!(SharedArray::<u8>::open_untrusted(place)?.to_vec(), [0; 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_vec(&self) -> Vec<T> {
        let mut copy = vec![T::zeroed(); self.len];
        // All of them are there.
        let _ = self.copy_to(0, &mut copy);
        copy
    }

    /// Says whether all that was copied so far was the region's: an error once its file has been cut short.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`].
    ///
    /// # Examples
    ///
    /// See [`UntrustedArray`].
    pub fn check(&self) -> Result<(), ArrayError> {
        Ok(self.region.check()?)
    }
}

impl<T: Element> fmt::Debug for UntrustedArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntrustedArray")
            .field("element_type", &T::TYPE)
            .field("shape", &self.shape())
            .field("path", &self.region.path())
            .finish_non_exhaustive()
    }
}
