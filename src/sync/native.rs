//! The names of the facade, from the standard library and the kernel.

/// Atomic integers, pointers and fences.
pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// Hints to the processor.
pub(crate) mod hint {
    pub(crate) use std::hint::spin_loop;
}

/// Threads and their handles.
pub(crate) mod thread {
    pub(crate) use std::thread::{Builder, JoinHandle, yield_now};
}

/// Waiting on a 32-bit word until another thread of this process changes it.
pub(crate) mod futex {
    use super::atomic::AtomicU32;

    /// Sleeps while `word` holds `expected`. Returns after a wake, or for no reason at all.
    pub(crate) fn wait(word: &AtomicU32, expected: u32) {
        crate::sys::futex::wait(word, expected);
    }

    /// Wakes at most `count` threads that sleep on `word`; returns how many it woke, where the system tells.
    pub(crate) fn wake(word: &AtomicU32, count: u32) -> u32 {
        crate::sys::futex::wake(word, count)
    }
}

/// A cell whose content is reached through a raw pointer, inside a closure.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Makes a cell that holds `value`.
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Runs `f` on the content for reading.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Runs `f` on the content for writing.
    #[inline]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }

    /// Returns the content of a cell that nobody else has.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}
