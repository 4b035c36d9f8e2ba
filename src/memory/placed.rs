//! Control words that lie in a region, side by side at a known offset.
//!
//! The words are written once, before anybody else can know of them, and are shared atomics from then on: nobody ever
//! has a mutable reference to them again. Of a region that several processes share one of them has written the words.
//!
//! - W1: `len` values of type `T` lie at `first`, aligned and initialised, in pages that stay mapped while the owner of
//!   this handle keeps the region; no other slice of the region covers them.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// Values of type `T` in a region that its holder keeps.
#[derive(Debug)]
pub(crate) struct Placed<T> {
    first: NonNull<T>,
    len: usize,
    values: PhantomData<T>,
}

// SAFETY: a `Placed` gives shared references to its values and nothing else, as a `&[T]` does.
unsafe impl<T: Sync> Send for Placed<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Placed<T> {}

impl<T> Placed<T> {
    /// Writes `len` values from `first` on, each as `value` gives it for its number.
    ///
    /// # Safety
    ///
    /// - From `first` on there is room for `len` values of type `T` in mapped pages, aligned and writable; `T` needs no drop.
    /// - Nobody else uses these bytes, from now on and as long as they are mapped, but by what was found by `find`.
    /// - What this returns, and its clones, are used no longer than the pages are mapped.
    pub(crate) unsafe fn write(first: NonNull<T>, len: usize, value: impl Fn(usize) -> T) -> Self {
        const { assert!(!std::mem::needs_drop::<T>()) };
        debug_assert!(first.is_aligned());
        for k in 0..len {
            // SAFETY: there is room for the k-th value (caller's duty).
            let place = unsafe { first.add(k) };
            // SAFETY: valid and aligned for writes, and nobody else's (caller's duties).
            unsafe { place.write(value(k)) };
        }
        Self { first, len, values: PhantomData }
    }

    /// Finds `len` values at `first`, which somebody else has written, or the kernel with zeros.
    ///
    /// # Safety
    ///
    /// - From `first` on `len` values of type `T` lie in mapped pages, readable and writable, and aligned.
    /// - `T` is made of atomic words alone, so that any bytes are a value and may change at any time, and needs no drop.
    /// - Who else accesses these bytes, in whatever process, does so as a `T`.
    /// - What this returns, and its clones, are used no longer than the pages are mapped.
    pub(crate) unsafe fn find(first: NonNull<T>, len: usize) -> Self {
        const { assert!(!std::mem::needs_drop::<T>()) };
        debug_assert!(first.is_aligned());
        Self { first, len, values: PhantomData }
    }
}

impl<T> Clone for Placed<T> {
    fn clone(&self) -> Self {
        Self { first: self.first, len: self.len, values: PhantomData }
    }
}

impl<T> Deref for Placed<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: initialised and aligned values in mapped pages, and never a mutable reference to them (W1).
        unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}
