//! The names of the facade, from loom.

/// Atomic integers, pointers and fences.
pub(crate) mod atomic {
    pub(crate) use loom::sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// Fences that cost one side more than the other.
pub(crate) mod fence;

/// Places where a model makes its victims die.
pub(crate) mod step;

/// Hints to the processor.
pub(crate) mod hint {
    pub(crate) use loom::hint::spin_loop;
}

/// Threads and their handles.
pub(crate) mod thread {
    pub(crate) use loom::thread::{Builder, JoinHandle, yield_now};
}

/// Waiting on a 32-bit word until another thread of this process changes it.
pub(crate) mod futex;

pub(crate) use loom::cell::UnsafeCell;
