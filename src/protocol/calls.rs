//! Calls of tasks by their wakers, one after the other, of which any may panic.
//!
//! - W4: a waker that panics is no call, so the next who waits is called instead. It leaves nothing of ours half done, and
//!   the panic goes on when all have been called and woken who are to be.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Waker;

/// How many tasks were called, and the first panic of a waker.
#[must_use = "a panic goes on"]
pub(crate) struct Calls {
    pub(crate) made: u32,
    panic: Option<Box<dyn Any + Send>>,
}

impl Calls {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { made: 0, panic: None }
    }

    /// Calls a task.
    pub(crate) fn call(&mut self, waker: Waker) {
        match catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            Ok(()) => self.made += 1,
            Err(panic) => self.panic = self.panic.take().or(Some(panic)),
        }
    }

    /// Lets the panic go on, if there was one; returns how many tasks were called.
    pub(crate) fn go_on(self) -> u32 {
        self.panic.map_or(self.made, |panic| resume_unwind(panic))
    }
}
