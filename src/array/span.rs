//! A window on the elements of a region: the one place where a region's bytes become a slice of numbers.
//!
//! Spans are how an array is handed out in parts. One span is made over a whole storage; from then on spans are only
//! cut and joined, never copied.
//!
//! - A1: a span's elements lie in its storage's region, which lives as long as the span, and begin at a multiple of the
//!   element's size.
//! - A2: no element belongs to two spans. `over` takes the storage by value, `cut` divides what one span had, `join`
//!   takes both neighbours.
//! - A3: `as_mut_slice` is only called on storages that may be changed; arrays and parts know by their type.

#![allow(unsafe_code)]

use std::ops::Range;
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

use super::Order;
use crate::memory::{Element, Region, RegionError};

/// Memory and what is known of the elements in it, shared by all spans.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(super) region: Region,
    pub(super) shape: Vec<usize>,
    pub(super) order: Order,
    pub(super) len: usize,
    /// The byte of the region at which the elements begin.
    pub(super) offset: usize,
}

/// The only way to the elements from `start` on, `len` of them.
#[derive(Debug)]
pub(super) struct Span<T: Element> {
    first: NonNull<T>,
    start: usize,
    len: usize,
    storage: Arc<Storage>,
}

/// Keeps watch over the memory of a span's elements, and reaches none of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch<'a> {
    storage: &'a Storage,
    /// The byte of the region at which the span begins.
    start: usize,
    element_bytes: usize,
    for_change: bool,
}

impl Watch<'_> {
    /// Is told which of the span's elements are about to be used, all of them: pages for change are made many at once.
    #[inline]
    pub(crate) fn before_use(&self, elements: Range<usize>) {
        if self.for_change {
            let byte = |index: usize| self.start + index * self.element_bytes;
            self.storage.region.prepare_for_change(byte(elements.start)..byte(elements.end));
        }
    }

    /// Says whether all elements that were read so far were the file's.
    pub(crate) fn check(&self) -> Result<(), RegionError> {
        self.storage.region.check()
    }
}

// SAFETY: a span owns its elements as a `Vec` does (A2), so sending it sends them, and they are `Send`. The storage is
// reached by `&` alone and is `Sync`.
unsafe impl<T: Element> Send for Span<T> {}
// SAFETY: through `&Span` the elements are only read, and they are `Sync`.
unsafe impl<T: Element> Sync for Span<T> {}

impl<T: Element> Span<T> {
    /// Makes the span of all elements of a storage.
    ///
    /// # Panics
    ///
    /// If the storage does not hold them, or not at a multiple of their size: whoever fills it in has checked.
    pub(super) fn over(storage: Storage) -> Self {
        let bytes = storage.region.len_bytes().checked_sub(storage.offset);
        let whole = bytes.is_some_and(|bytes| storage.len <= bytes / size_of::<T>());
        assert!(whole && storage.offset.is_multiple_of(size_of::<T>()), "elements beyond their region");
        // SAFETY: `add` wants to stay in one allocation: `offset` is at most the region's length, as just asserted.
        let first = unsafe { storage.region.base().add(storage.offset) };
        // SAFETY: a mapping is never at address zero.
        let first = unsafe { NonNull::new_unchecked(first.cast::<T>()) };
        Self { first, start: 0, len: storage.len, storage: Arc::new(storage) }
    }

    pub(super) fn storage(&self) -> &Storage {
        &self.storage
    }

    pub(super) fn first(&self) -> *mut T {
        self.first.as_ptr()
    }

    /// Returns the number of elements, without a look at any.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn is_whole(&self) -> bool {
        self.len == self.storage.len
    }

    pub(super) fn as_slice(&self) -> &[T] {
        // SAFETY: valid, aligned, initialised (A1, and a region's bytes are, R1; any bits are a `T`); nobody else has
        // these elements (A2), and we are borrowed.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        debug_assert!(self.storage.region.is_writable());
        // SAFETY: as in `as_slice`; writable (A3), and we are borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }

    /// Returns the elements for change, and beside them what keeps watch over their memory.
    pub(super) fn as_watched_mut(&mut self) -> (&mut [T], Watch<'_>) {
        debug_assert!(self.storage.region.is_writable());
        let watch = self.watch();
        // SAFETY: as in `as_mut_slice`; the watch reaches no element.
        let elements = unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.len) };
        (elements, Watch { for_change: true, ..watch })
    }

    /// Returns what keeps watch over the elements' memory.
    pub(super) fn watch(&self) -> Watch<'_> {
        let element_bytes = size_of::<T>();
        let start = self.storage.offset + self.start * element_bytes;
        Watch { storage: &self.storage, start, element_bytes, for_change: false }
    }

    /// Divides the elements between two spans, the first with `middle` of them.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub(super) fn cut(self, middle: usize) -> (Self, Self) {
        assert!(middle <= self.len, "cut at {middle} of {} elements", self.len);
        // SAFETY: `middle` is at most `len`, so this stays in the region (A1).
        let second = unsafe { self.first.add(middle) };
        let storage = Arc::clone(&self.storage);
        let right = Self { first: second, start: self.start + middle, len: self.len - middle, storage };
        (Self { len: middle, ..self }, right)
    }

    /// Keeps the first elements of a whole storage as all there are. Their memory stays as it is.
    ///
    /// # Panics
    ///
    /// If there are fewer, or if this is not the storage's only span.
    pub(super) fn shortened(self, len: usize) -> Self {
        assert!(self.is_whole() && len <= self.len, "{len} of {} elements", self.len);
        match Arc::into_inner(self.storage) {
            Some(storage) => Self::over(Storage { shape: vec![len], len, ..storage }),
            None => unreachable!("a whole span has its storage alone"),
        }
    }

    /// Puts two neighbours of one storage together, the left one first; gives them back if they are not.
    pub(super) fn join(self, right: Self) -> Result<Self, (Self, Self)> {
        if !Arc::ptr_eq(&self.storage, &right.storage) || self.start + self.len != right.start {
            return Err((self, right));
        }
        Ok(Self { len: self.len + right.len, ..self })
    }
}
