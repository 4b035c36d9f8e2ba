//! The flag of a cancellation token: whether its work should stop, and why.
//!
//! Nothing is registered: who cancels raises one flag, and who works looks at its own and at those of its ancestors. What
//! it finds there, or by the clock, it notes in its own flag, so that the next look ends there.
//!
//! ```text
//! Lowered --raise(reason)--> Raised(reason)
//! ```
//! - T1: a flag is raised once, by an exchange, and its reason never changes: all who look get the same answer.
//! - STOP: `raise` to `raised` and to a later `raise`, carries what was written before. Who notes another flag's reason in
//!   its own has looked at that one before, so it passes on what that carried.

use crate::sync::atomic::{AtomicU32, Ordering};

use Ordering::{Acquire, Release};

/// Whether to stop, and why.
#[derive(Debug)]
pub(crate) struct Flag(AtomicU32);

/// Why to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Somebody said so.
    Cancelled = 1,
    /// The time is up.
    Overdue = 2,
}

const LOWERED: u32 = 0;

fn reason(word: u32) -> Option<Reason> {
    match word {
        LOWERED => None,
        1 => Some(Reason::Cancelled),
        _ => Some(Reason::Overdue),
    }
}

impl Flag {
    /// Makes a flag that is not raised.
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(LOWERED))
    }

    /// Raises the flag, unless it is; returns the reason for which it was first raised (T1).
    pub(crate) fn raise(&self, why: Reason) -> Reason {
        // ORDERING: STOP, release side; and its acquire side for who finds the flag raised. Model: loom-tests/token.rs.
        match self.0.compare_exchange(LOWERED, why as u32, Release, Acquire) {
            Ok(_) => why,
            Err(first) => reason(first).unwrap_or(why),
        }
    }

    /// Returns why the flag is raised, if it is.
    #[inline]
    pub(crate) fn raised(&self) -> Option<Reason> {
        // ORDERING: STOP, acquire side.
        reason(self.0.load(Acquire))
    }

    /// Returns why to stop: by this flag, or else by what is found `elsewhere`, which is noted here.
    #[inline]
    pub(crate) fn look(&self, elsewhere: impl FnOnce() -> Option<Reason>) -> Option<Reason> {
        self.raised().or_else(|| Some(self.raise(elsewhere()?)))
    }
}
