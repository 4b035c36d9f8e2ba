//! Staying with a core after giving away the slot that kept it alive.

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use super::core::Core;
use crate::protocol::hazard::{Hazard, Hazards, Own};
use crate::sync::thread;

/// Threads that can have a hazard at a time. Those beyond count the core instead, which takes a contended word.
const THREADS: usize = 128;

fn hazards() -> &'static Hazards {
    static HAZARDS: OnceLock<Hazards> = OnceLock::new();
    HAZARDS.get_or_init(|| Hazards::new(THREADS))
}

/// This thread's hazard, if there was one left; given back when the thread ends.
struct Mine {
    own: Option<(Own, &'static Hazard)>,
}

impl Mine {
    fn take() -> Self {
        let hazards = hazards();
        let own = hazards.try_take().map(|own| {
            let hazard = hazards.of(&own);
            (own, hazard)
        });
        Self { own }
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        if let Some((own, _)) = self.own.take() {
            hazards().give_back(own);
        }
    }
}

thread_local! {
    static MINE: Mine = Mine::take();
}

/// The core stays as long as this does.
#[derive(Debug)]
#[must_use = "the core may go as soon as this is dropped"]
pub(super) enum Stay {
    /// This thread's hazard says where it is.
    Said(&'static Hazard),
    /// The core was counted: for threads without a hazard, because they are too many or at their end.
    Counted(NonNull<Core>),
}

impl Stay {
    /// Stays with a core, to which the caller has a claim at this moment.
    #[inline]
    pub(super) fn at(core: NonNull<Core>) -> Self {
        let mine = MINE.try_with(|mine| mine.own.as_ref().map(|(_, hazard)| *hazard));
        if let Ok(Some(hazard)) = mine
            && hazard.enter(core.addr().get())
        {
            return Self::Said(hazard);
        }
        // SAFETY: the pointer is of an `Arc`, whose count the caller's claim keeps above zero (C1).
        unsafe { Arc::increment_strong_count(core.as_ptr()) };
        Self::Counted(core)
    }
}

impl Drop for Stay {
    #[inline]
    fn drop(&mut self) {
        match self {
            Self::Said(hazard) => hazard.leave(),
            // SAFETY: the pointer is of an `Arc`, and `at` counted it.
            Self::Counted(core) => unsafe { Arc::decrement_strong_count(core.as_ptr()) },
        }
    }
}

/// Waits for the threads that are still at a core that nobody has a claim to any more. It takes them a few instructions.
pub(super) fn wait_until_nobody_is_at(core: &Core) {
    while hazards().is_anybody_at(std::ptr::from_ref(core).addr()) {
        thread::yield_now();
    }
}
