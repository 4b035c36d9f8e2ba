//! A closure that changes what it keeps, and so runs in one worker at a time.

#![allow(unsafe_code)]

use crate::sync::UnsafeCell;

/// A value that threads take turns with.
#[derive(Debug)]
pub(super) struct Alone<F>(UnsafeCell<F>);

// SAFETY: the value is used by one thread at a time (the duty of `with`); it moves between threads, which wants `Send`.
unsafe impl<F: Send> Sync for Alone<F> {}

impl<F> Alone<F> {
    pub(super) fn new(value: F) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Runs `f` on the value.
    ///
    /// # Safety
    ///
    /// - No other thread is in here meanwhile, and the one before has handed over to this one.
    #[inline]
    pub(super) unsafe fn with<R>(&self, f: impl FnOnce(&mut F) -> R) -> R {
        self.0.with_mut(|value| {
            // SAFETY: the cell is valid, and nobody else's now (caller's duty).
            let value = unsafe { &mut *value };
            f(value)
        })
    }
}
