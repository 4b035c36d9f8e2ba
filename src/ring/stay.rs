//! Staying with a core after giving away the slot that kept it alive.

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use super::core::Core;
use crate::protocol::hazard::{Hazards, Own};
use crate::sync::thread;

/// Threads that can have a hazard at a time. Those beyond count the core instead, which takes a contended word.
const THREADS: usize = 128;

fn hazards() -> &'static Hazards {
    static HAZARDS: OnceLock<Hazards> = OnceLock::new();
    HAZARDS.get_or_init(|| Hazards::new(THREADS))
}

/// This thread's hazard, given back when the thread ends.
struct Mine(Option<Own>);

impl Drop for Mine {
    fn drop(&mut self) {
        if let Some(own) = self.0.take() {
            hazards().give_back(own);
        }
    }
}

thread_local! {
    static MINE: Mine = Mine(hazards().try_take());
}

/// The core stays as long as this does.
#[derive(Debug)]
#[must_use = "the core may go as soon as this is dropped"]
pub(super) struct Stay {
    /// The core that was counted, or none if this thread's hazard says where it is.
    counted: Option<NonNull<Core>>,
}

impl Stay {
    /// Stays with a core, to which the caller has a claim at this moment.
    #[inline]
    pub(super) fn at(core: NonNull<Core>) -> Self {
        let enter = |mine: &Mine| mine.0.as_ref().is_some_and(|own| hazards().enter(own, core.addr().get()));
        if MINE.try_with(enter).unwrap_or(false) { Self { counted: None } } else { Self::count(core) }
    }

    /// For threads without a hazard: too many, or at their end.
    #[cold]
    fn count(core: NonNull<Core>) -> Self {
        // SAFETY: the pointer is of an `Arc`, whose count the caller's claim keeps above zero (C1).
        unsafe { Arc::increment_strong_count(core.as_ptr()) };
        Self { counted: Some(core) }
    }
}

impl Drop for Stay {
    #[inline]
    fn drop(&mut self) {
        match self.counted {
            // SAFETY: the pointer is of an `Arc`, and `count` counted it.
            Some(core) => unsafe { Arc::decrement_strong_count(core.as_ptr()) },
            None => {
                // We entered, so there is a hazard.
                let _ = MINE.try_with(|mine| mine.0.as_ref().map(|own| hazards().leave(own)));
            }
        }
    }
}

/// Waits for the threads that are still at a core that nobody has a claim to any more. It takes them a few instructions.
pub(super) fn wait_until_nobody_is_at(core: &Core) {
    while hazards().is_anybody_at(std::ptr::from_ref(core).addr()) {
        thread::yield_now();
    }
}
