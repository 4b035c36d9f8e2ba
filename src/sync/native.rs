//! The names of the facade, from the standard library and the kernel.
//!
//! Types are aliases and functions forward, where re-exports would do for the compiler: the ban in `clippy.toml` sees
//! through a re-export, and would find the standard library's name in every file that uses this one.

/// Atomic integers, pointers and fences.
pub(crate) mod atomic {
    use std::sync::atomic;

    pub(crate) use atomic::Ordering;

    pub(crate) type AtomicBool = atomic::AtomicBool;
    pub(crate) type AtomicI8 = atomic::AtomicI8;
    pub(crate) type AtomicI16 = atomic::AtomicI16;
    pub(crate) type AtomicI32 = atomic::AtomicI32;
    pub(crate) type AtomicI64 = atomic::AtomicI64;
    pub(crate) type AtomicPtr<T> = atomic::AtomicPtr<T>;
    pub(crate) type AtomicU8 = atomic::AtomicU8;
    pub(crate) type AtomicU16 = atomic::AtomicU16;
    pub(crate) type AtomicU32 = atomic::AtomicU32;
    pub(crate) type AtomicU64 = atomic::AtomicU64;
    pub(crate) type AtomicUsize = atomic::AtomicUsize;

    /// Orders the accesses before it and after it.
    #[inline(always)]
    pub(crate) fn fence(order: Ordering) {
        atomic::fence(order);
    }
}

/// Fences that cost one side more than the other.
pub(crate) mod fence;

/// Places where a test can make a process die.
pub(crate) mod step;

/// Hints to the processor.
pub(crate) mod hint {
    /// Tells the processor that this is a waiting loop.
    #[inline(always)]
    pub(crate) fn spin_loop() {
        std::hint::spin_loop();
    }
}

/// Threads and their handles.
pub(crate) mod thread {
    pub(crate) type Builder = std::thread::Builder;
    pub(crate) type JoinHandle<T> = std::thread::JoinHandle<T>;

    /// Lets another thread run.
    pub(crate) fn yield_now() {
        std::thread::yield_now();
    }
}

/// Waiting on a 32-bit word until another thread changes it.
pub(crate) mod futex {
    use std::time::Instant;

    use super::atomic::AtomicU32;
    use crate::sys::futex::{self, Scope};

    /// Sleeps while `word` holds `expected`, but not past `deadline`. Returns after a wake, or for no reason at all; says
    /// nothing of why: the caller looks again anyway.
    pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Option<Instant>) {
        match deadline {
            None => futex::wait(word, expected),
            Some(deadline) => {
                futex::wait_until(word, expected, deadline, Scope::Private);
            }
        }
    }

    /// Wakes at most `count` threads that sleep on `word`; returns how many it woke, where the system tells.
    pub(crate) fn wake(word: &AtomicU32, count: u32) -> u32 {
        futex::wake(word, count, Scope::Private)
    }

    /// The same on a word that other processes have mapped too. Its sleepers and its wakes are all of this kind.
    pub(crate) mod shared {
        use super::{AtomicU32, Instant, Scope, futex};

        /// Sleeps while `word` holds `expected`, but not past `deadline`. Returns whether that is why it returned: else it
        /// was woken, or had no reason at all.
        pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Instant) -> bool {
            futex::wait_until(word, expected, deadline, Scope::Shared) == futex::Wake::TimedOut
        }

        /// Wakes at most `count` threads of any process that sleep on `word`; returns how many it woke, where the system
        /// tells.
        pub(crate) fn wake(word: &AtomicU32, count: u32) -> u32 {
            futex::wake(word, count, Scope::Shared)
        }
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

    /// Returns the content.
    #[inline]
    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}
