//! A value that loom watches.

#![allow(unsafe_code)]

use loom::cell::UnsafeCell;

/// A value that may be used by one thread at a time: a model fails in which two use it and nothing orders them.
pub(crate) struct Watched<T>(UnsafeCell<T>);

impl<T: Clone> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(crate) fn get(&self) -> T {
        self.0.with(|cell| {
            // SAFETY: the cell is valid. loom panics before it calls us if another thread writes meanwhile, and runs
            // all threads of a model on one.
            let value = unsafe { &*cell };
            value.clone()
        })
    }

    pub(crate) fn set(&self, value: T) {
        self.0.with_mut(|cell| {
            // SAFETY: as above, for reads too.
            unsafe { *cell = value }
        });
    }
}
