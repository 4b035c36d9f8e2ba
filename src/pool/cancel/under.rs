//! What a thread heeds while it works, a token or its task: carried by the thread, inherited by what it starts.
//!
//! - N1: `CURRENT` is none or points to what a frame of `with_current` on this thread borrows. The frame puts back
//!   what was there before it ends, by return or by panic.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem;
use std::ptr::NonNull;

use super::{Heeded, Stopped, Token};
use crate::pool::fork::frame;
use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};

thread_local! {
    static CURRENT: Cell<Option<NonNull<dyn Heeded>>> = const { Cell::new(None) };
}

/// Runs `f` under `token`: the loops that it runs stop when the token does, and so does what those start.
///
/// It takes the place of the token under which the thread worked before, until `f` has returned. Inside a task take a
/// [child](Token::child) of the task's token, or the task's own cancellation is not heard in `f`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use ringmill::Pool;
/// use ringmill::pool::{LoopError, Stopped, Token, with_token};
///
/// let pool = Pool::new()?;
/// let budget = Token::new().child_with_timeout(Duration::from_millis(5));
/// let endless = || pool.for_each_index(0..1 << 40, |i| _ = std::hint::black_box(i));
/// assert!(matches!(with_token(&budget, endless), Err(LoopError::Stopped(Stopped::Overdue))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn with_token<R>(token: &Token, f: impl FnOnce() -> R) -> R {
    with_current(Some(token), f)
}

/// Runs `f` under a token or a task, or under none.
pub(crate) fn with_current<R>(heeded: Option<&dyn Heeded>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<NonNull<dyn Heeded>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let heeded = heeded.map(|heeded| {
        // SAFETY: the two types differ in a lifetime, and the pointer is put away before that is over (N1).
        unsafe { mem::transmute::<NonNull<dyn Heeded + '_>, NonNull<dyn Heeded>>(NonNull::from(heeded)) }
    });
    let _restore = Restore(CURRENT.replace(heeded));
    // All halves of a frame are run under one token.
    frame::apart(f)
}

/// Calls `f` with what this thread heeds.
#[inline]
pub(crate) fn current<R>(f: impl FnOnce(Option<&dyn Heeded>) -> R) -> R {
    let heeded = CURRENT.get().map(|heeded| {
        // SAFETY: `as_ref` wants a pointer to something that lives and is not changed while `f` has it. The frame that
        // borrows it (N1) is below us on this thread's stack, so it lasts longer than this call.
        unsafe { heeded.as_ref() }
    });
    f(heeded)
}

/// Returns what this thread heeds, for as long as the frame of `with_current` lasts.
pub(crate) fn heeded() -> Option<NonNull<dyn Heeded>> {
    CURRENT.get()
}

/// Returns why the calling thread should stop what it works on, if so.
#[inline]
pub(crate) fn stopped_here() -> Option<Stopped> {
    current(|heeded| heeded?.stopped())
}

/// What one loop heeds, and whether a piece of the loop was left out because of it.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    pub(crate) heeded: &'a dyn Heeded,
    left_out: AtomicBool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(heeded: &'a dyn Heeded) -> Self {
        Self { heeded, left_out: AtomicBool::new(false) }
    }

    /// Returns whether the pieces that the caller has taken may run. If not, the loop is not complete.
    #[inline]
    pub(crate) fn lets_go_on(&self) -> bool {
        let goes_on = self.heeded.stopped().is_none();
        if !goes_on {
            // ORDERING: Relaxed; the board's LEAVE brings it to the loop's caller.
            self.left_out.store(true, Relaxed);
        }
        goes_on
    }

    /// Says whether anything was left out, when everybody has left the loop.
    pub(crate) fn result(&self) -> Result<(), Stopped> {
        // ORDERING: Relaxed; as above.
        if self.left_out.load(Relaxed) { self.heeded.stopped().map_or(Ok(()), Err) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_token_comes_back_after_a_panic() {
        let (outer, inner) = (Token::new(), Token::new());
        with_token(&outer, || {
            let panicked = std::panic::catch_unwind(|| with_token(&inner, || panic!("inside")));
            assert!(panicked.is_err());
            outer.cancel();
            assert!(stopped_here().is_some());
            with_current(None, || assert!(Token::current().is_none()));
        });
        assert!(Token::current().is_none());
    }
}
