//! The steps of a protocol, at which a model makes its victims die.
//!
//! A victim runs its part inside [`mortal`] and dies at one of the steps that it passes: it unwinds to there with a payload of
//! its own, by way of frames that have nothing to drop, so nothing of it happens after the step. What it wrote before
//! is seen by others as any thread's writes are; the edge that a proof of death gives is the model's to make.
//!
//! The driver (`Scenario::deaths`) runs a scenario for each step that a victim can die at, and for none.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use loom::thread::{self, ThreadId};

/// One that is to die in an execution.
struct Victim {
    /// At which of its steps; none has the number 0.
    at: usize,
    passed: usize,
    thread: Option<ThreadId>,
    has_died: bool,
}

/// What a victim's thread unwinds with.
struct Death;

thread_local! {
    static VICTIMS: RefCell<Vec<Victim>> = const { RefCell::new(Vec::new()) };
}

/// Runs one execution of a model in which the victims die at these steps of theirs; returns who did.
pub(crate) fn with_deaths(at: &[usize], execution: impl FnOnce()) -> Vec<bool> {
    let victim = |&at: &usize| Victim { at, passed: 0, thread: None, has_died: false };
    VICTIMS.set(at.iter().map(victim).collect());
    execution();
    VICTIMS.take().into_iter().map(|victim| victim.has_died).collect()
}

/// Runs a victim's part; returns what comes of it, or `None` if the victim died.
///
/// What `part` owns is dropped as it dies. loom's own objects must not be: lend them.
pub(crate) fn mortal<R>(victim: usize, part: impl FnOnce() -> R) -> Option<R> {
    let me = thread::current().id();
    VICTIMS.with_borrow_mut(|victims| victims[victim].thread = Some(me));
    let outcome = panic::catch_unwind(AssertUnwindSafe(part));
    VICTIMS.with_borrow_mut(|victims| victims[victim].thread = None);
    match outcome {
        Ok(result) => Some(result),
        Err(payload) if payload.is::<Death>() => None,
        Err(failure) => panic::resume_unwind(failure),
    }
}

/// The caller has just written a word that others share. Here it may die.
pub(crate) fn step(_name: &'static str) {
    let is_last = VICTIMS.with_borrow_mut(|victims| {
        if victims.is_empty() {
            return false;
        }
        let me = Some(thread::current().id());
        let Some(victim) = victims.iter_mut().find(|victim| victim.thread == me) else { return false };
        victim.passed += 1;
        victim.has_died |= victim.passed == victim.at;
        victim.passed == victim.at
    });
    if is_last {
        // Past the hook that ends a failing model.
        panic::resume_unwind(Box::new(Death) as Box<dyn Any + Send>);
    }
}
