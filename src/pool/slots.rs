//! A place for the result of every leaf or worker of one loop.

#![allow(unsafe_code)]

use crate::protocol::merge_tree::{Merge, Node};
use crate::sync::UnsafeCell;
use crate::sync::atomic::AtomicU32;

/// One result, or the place for it, and beside it its number's node of the merge tree: whoever puts the one is about
/// to arrive at the other.
#[derive(Debug)]
pub(crate) struct Slot<R> {
    result: UnsafeCell<Option<R>>,
    arrivals: AtomicU32,
}

impl<R> Slot<R> {
    pub(crate) fn new() -> Self {
        Self { result: UnsafeCell::new(None), arrivals: AtomicU32::new(0) }
    }

    pub(crate) fn into_result(self) -> Option<R> {
        self.result.into_inner()
    }
}

// SAFETY: a slot's result is used by one thread at a time (the duty of `put` and `merge`); results move between
// threads, which wants `R: Send`.
unsafe impl<R: Send> Sync for Slot<R> {}

impl<R> Node for Slot<R> {
    fn arrivals(&self) -> &AtomicU32 {
        &self.arrivals
    }
}

/// Results by the number of their leaf, wherever they lie.
#[derive(Debug)]
pub(crate) struct Slots<'a, R>(&'a [Slot<R>]);

impl<R> Clone for Slots<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Slots<'_, R> {}

impl<'a, R> Slots<'a, R> {
    pub(crate) fn new(slots: &'a [Slot<R>]) -> Self {
        Self(slots)
    }

    /// Puts the result of `k`.
    ///
    /// # Safety
    ///
    /// - No other thread uses slot `k` meanwhile: it is the caller's by the loop or by the merge tree.
    pub(crate) unsafe fn put(&self, k: usize, result: R) {
        self.0[k].result.with_mut(|slot| {
            // SAFETY: the cell is valid, and nobody else's now (caller's duty).
            let slot = unsafe { &mut *slot };
            *slot = Some(result);
        });
    }

    /// Takes the result of `k`, if it is there.
    ///
    /// # Safety
    ///
    /// - As for `put`.
    pub(crate) unsafe fn take(&self, k: usize) -> Option<R> {
        self.0[k].result.with_mut(|slot| {
            // SAFETY: as in `put`.
            let slot = unsafe { &mut *slot };
            slot.take()
        })
    }

    /// Merges two results into the left one's slot.
    ///
    /// # Safety
    ///
    /// - As for `put`, of both slots.
    pub(crate) unsafe fn merge(&self, Merge { left, right }: Merge, reduce: &impl Fn(R, R) -> R) {
        // SAFETY: the caller's duty.
        let a = unsafe { self.take(left) };
        // SAFETY: the caller's duty.
        let b = unsafe { self.take(right) };
        if let (Some(a), Some(b)) = (a, b) {
            // SAFETY: the caller's duty.
            unsafe { self.put(left, reduce(a, b)) };
        }
    }
}
