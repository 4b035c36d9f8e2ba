//! Control words that lie in a region, side by side at a known offset.
//!
//! The words are written once, before anybody else can know of them, and are shared atomics from then on: nobody ever
//! has a mutable reference to them again.
//!
//! - W1: `len` values of type `T` lie at `first`, aligned and initialised, in pages that stay mapped while the owner of
//!   this handle keeps the region; no other slice of the region covers them.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use super::Region;

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
    /// Writes `len` values at byte `offset` of the region, each as `value` gives it for its number.
    ///
    /// # Safety
    ///
    /// - The bytes lie in the region, whose first byte is aligned for `T` if the offset is, and `T` needs no drop.
    /// - Nobody else uses these bytes, from now on and until the region goes.
    /// - What this returns is used no longer than the region lives.
    pub(crate) unsafe fn new(region: &Region, offset: usize, len: usize, value: impl Fn(usize) -> T) -> Self {
        const { assert!(!std::mem::needs_drop::<T>()) };
        debug_assert!(offset.is_multiple_of(align_of::<T>()));
        debug_assert!(offset + len * size_of::<T>() <= region.len_bytes());
        // SAFETY: the offset lies in the region (caller's duty).
        let first = unsafe { region.base().add(offset) }.cast::<T>();
        for k in 0..len {
            // SAFETY: the k-th value lies in the region (caller's duty).
            let place = unsafe { first.add(k) };
            // SAFETY: valid and aligned for writes, and nobody else's (caller's duties).
            unsafe { place.write(value(k)) };
        }
        // SAFETY: an address in a mapping is not null.
        let first = unsafe { NonNull::new_unchecked(first) };
        Self { first, len, values: PhantomData }
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
