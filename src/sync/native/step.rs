//! The steps of a protocol, at which a test can make a process die.
//!
//! A protocol that outlives whoever runs it calls [`step`] after each of its writes to shared words: a kill leaves a prefix
//! of those writes behind, so the steps are all the ways to die. In an ordinary build a step is nothing. With debug assertions
//! and the feature `kill-points`, which is there for the tests alone, a process kills itself at the step its environment names:
//!
//! ```text
//! RINGMILL_KILL_AT=7             the seventh step that the process passes, whichever that is
//! RINGMILL_KILL_AT=slot: posted  the first time that it passes this step
//! ```
//! In the models the same calls are where a victim dies: `twin/step.rs`.

/// The caller has just written a word that others share.
#[cfg(not(all(debug_assertions, any(test, feature = "kill-points"))))]
#[inline(always)]
pub(crate) fn step(_name: &'static str) {}

/// The caller has just written a word that others share. Here the process may end.
#[cfg(all(debug_assertions, any(test, feature = "kill-points")))]
pub(crate) fn step(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    static PLAN: OnceLock<Option<String>> = OnceLock::new();
    static PASSED: AtomicUsize = AtomicUsize::new(0);

    let Some(plan) = PLAN.get_or_init(|| std::env::var("RINGMILL_KILL_AT").ok()) else { return };
    // ORDERING: Relaxed; each step of the process gets a number of its own.
    let number = PASSED.fetch_add(1, Relaxed) + 1;
    let is_here = match plan.parse::<usize>() {
        Ok(at) => at == number,
        Err(_) => plan == name,
    };
    if is_here {
        crate::sys::kill::this_process(name, number);
    }
}
