//! The token under which a thread works: carried by the thread, inherited by what it starts.
//!
//! - N1: `CURRENT` is null or points to a token that a frame of `with_current` on this thread borrows. The frame puts back
//!   what was there before it ends, by return or by panic.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use super::{Stopped, Token};
use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};

thread_local! {
    static CURRENT: Cell<*const Token> = const { Cell::new(ptr::null()) };
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

/// Runs `f` under `token`, or under none.
pub(crate) fn with_current<R>(token: Option<&Token>, f: impl FnOnce() -> R) -> R {
    struct Restore(*const Token);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(token.map_or(ptr::null(), ptr::from_ref)));
    f()
}

/// Calls `f` with the token under which this thread works.
#[inline]
pub(crate) fn current<R>(f: impl FnOnce(Option<&Token>) -> R) -> R {
    // SAFETY: `as_ref` wants null or a pointer to a token that lives and is not changed while `f` has it. The frame that
    // borrows it (N1) is below us on this thread's stack, so it lasts longer than this call.
    let token = unsafe { CURRENT.get().as_ref() };
    f(token)
}

/// Returns why the calling thread should stop what it works on, if so.
#[inline]
pub(crate) fn stopped_here() -> Option<Stopped> {
    current(|token| token?.stopped())
}

/// The token of one loop, and whether a piece of the loop was left out because of it.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    pub(crate) token: &'a Token,
    left_out: AtomicBool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(token: &'a Token) -> Self {
        Self { token, left_out: AtomicBool::new(false) }
    }

    /// Returns whether the pieces that the caller has taken may run. If not, the loop is not complete.
    #[inline]
    pub(crate) fn lets_go_on(&self) -> bool {
        let goes_on = !self.token.is_stopped();
        if !goes_on {
            // ORDERING: Relaxed; the board's LEAVE brings it to the loop's caller.
            self.left_out.store(true, Relaxed);
        }
        goes_on
    }

    /// Says whether anything was left out, when everybody has left the loop.
    pub(crate) fn result(&self) -> Result<(), Stopped> {
        // ORDERING: Relaxed; as above.
        if self.left_out.load(Relaxed) { self.token.check() } else { Ok(()) }
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
            assert!(current(|token| ptr::eq(token.unwrap(), &outer)));
            with_current(None, || assert!(Token::current().is_none()));
        });
        assert!(Token::current().is_none());
    }
}
