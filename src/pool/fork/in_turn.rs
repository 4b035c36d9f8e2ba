//! A fork whose halves run one after the other, because enough others lie listed: a count, and two calls.

#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::frame::Local;
use crate::pool::posting::let_go;

/// Runs `first`, and then `second`.
#[inline(always)]
pub(super) fn join<A, B, RA, RB>(local: &Local, first: A, second: B) -> (RA, RB)
where
    A: FnOnce() -> RA,
    B: FnOnce() -> RB,
{
    local.count();
    let second = Kept::new(second);
    let first = Kept::new(first());
    let second = second.into_inner()();
    (first.into_inner(), second)
}

/// What is the user's. Dropped only if something else of the user's panics: then a panic of its own drop must not meet that.
pub(super) struct Kept<T>(ManuallyDrop<T>);

impl<T> Kept<T> {
    #[inline(always)]
    pub(super) fn new(value: T) -> Self {
        Self(ManuallyDrop::new(value))
    }

    #[inline(always)]
    pub(super) fn into_inner(self) -> T {
        let mut kept = ManuallyDrop::new(self);
        // SAFETY: it is taken once: what held it is not dropped.
        unsafe { ManuallyDrop::take(&mut kept.0) }
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        // SAFETY: it is taken once, here.
        quietly_drop(unsafe { ManuallyDrop::take(&mut self.0) });
    }
}

/// Drops what is the user's while a panic is under way: one more would end the process.
pub(super) fn quietly_drop<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        let_go(payload);
    }
}
