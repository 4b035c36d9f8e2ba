//! Staying with a core after giving away the slot that kept it alive.

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::OnceLock;

use super::alive;
use super::core::Core;
use crate::protocol::hazard::{Hazard, Hazards, Own};
use crate::sync::thread;
use crate::sys::fork;

/// Threads that can have a hazard at a time. Those beyond count the core instead, which takes a contended word.
const THREADS: usize = 128;

/// The hazards of the process that made them. A forked one has copies of words whose threads it has not, and does without.
struct Registry {
    hazards: Hazards,
    process: u32,
}

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| Registry { hazards: Hazards::new(THREADS), process: fork::generation() })
}

impl Registry {
    #[inline]
    fn is_ours(&self) -> bool {
        self.process == fork::generation()
    }
}

/// This thread's hazard, if there was one left; given back when the thread ends.
struct Mine {
    own: Option<(Own, &'static Hazard)>,
}

impl Mine {
    fn take() -> Self {
        let Registry { hazards, .. } = registry();
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
            registry().hazards.give_back(own);
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
            && registry().is_ours()
            && hazard.enter(core.addr().get())
        {
            return Self::Said(hazard);
        }
        // SAFETY: the caller has a claim.
        unsafe { alive::claim(core) };
        Self::Counted(core)
    }
}

impl Drop for Stay {
    #[inline]
    fn drop(&mut self) {
        match self {
            Self::Said(hazard) => hazard.leave(),
            // SAFETY: the claim that `at` made, and the last use of the core by it.
            Self::Counted(core) => unsafe { alive::let_go(*core) },
        }
    }
}

/// Makes the hazards, so that no buffer that is dropped has to. The caller has had forks watched.
pub(super) fn prepare() {
    registry();
}

/// Waits for the threads that are still at a core to which nobody has a claim any more: they are giving a slot back, which
/// takes them a few instructions, or a system call if somebody sleeps.
pub(super) fn wait_until_nobody_is_at(core: NonNull<Core>) {
    let registry = registry();
    while registry.is_ours() && registry.hazards.is_anybody_at(core.addr().get()) {
        thread::yield_now();
    }
}
