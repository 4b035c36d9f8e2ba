//! The two ends of a queue: hints of where the next listing is made, and of the first that is not taken.

use crate::sync::atomic::AtomicU64;

/// Where pushing happens, and what those who push keep count of.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Tail {
    pub(crate) position: AtomicU64,
    pub(crate) high_water: AtomicU64,
}

/// Where popping happens.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Head {
    pub(crate) position: AtomicU64,
}

/// The two ends of a queue, on lines of their own.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Ends {
    pub(crate) tail: Tail,
    pub(crate) head: Head,
}

impl Ends {
    /// Makes the ends of a queue that has had `position` listings and has none now.
    pub(crate) fn new(position: u64) -> Self {
        Self {
            tail: Tail { position: AtomicU64::new(position), high_water: AtomicU64::new(0) },
            head: Head { position: AtomicU64::new(position) },
        }
    }
}
