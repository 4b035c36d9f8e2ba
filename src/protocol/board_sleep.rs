//! How the owner of a board sleeps, until everybody inside has left or somebody calls it.
//!
//! Only the bit that says so and the count of those inside are looked at, which share the board's word.
//!
//! - SLEEP: `announce`, fence, look again, against publish, fence, `call`. Carries no data.

use std::time::Instant;

use super::loop_board::{Board, Owned, entered};
use crate::sync::atomic::{Ordering, fence};
use crate::sync::futex;

use Ordering::{Relaxed, SeqCst};

/// The bit of a board's word that says that its owner sleeps, or is about to.
pub(crate) const WAITING: u32 = 1 << 14;

/// The token of an owner that said it would sleep: it has to `sleep` or to `stay_up`.
#[derive(Debug)]
#[must_use = "an owner that is announced is woken by a system call"]
pub(crate) struct Announced {
    word: u32,
}

impl<P: Copy> Board<P> {
    /// Says that the owner is going to sleep until everybody has left or somebody calls. It must look once more.
    pub(crate) fn announce(&self, _: &Owned) -> Announced {
        // ORDERING: Relaxed; the bit and the count share the word, so the last to leave sees the bit or we see the count
        // at zero. What the leavers wrote comes with `is_deserted`.
        let word = self.line.word.fetch_or(WAITING, Relaxed) | WAITING;
        // ORDERING: SLEEP, waiter side, against `call`. Model: loom-tests/loop_board.rs.
        fence(SeqCst);
        Announced { word }
    }

    /// Sleeps until the last has left, somebody calls, or the deadline, or for no reason at all. Not if nobody is inside.
    pub(crate) fn sleep(&self, _: &Owned, announced: Announced, deadline: Option<Instant>) {
        if entered(announced.word) > 0 {
            futex::wait_until(&self.line.word, announced.word, deadline);
        }
    }

    /// Takes the announcement back: the look found something.
    pub(crate) fn stay_up(&self, _: &Owned, announced: Announced) {
        let Announced { .. } = announced;
        // ORDERING: Relaxed; who sees the bit too late wakes nobody.
        self.line.word.fetch_and(!WAITING, Relaxed);
    }

    /// Wakes the owner if it sleeps: there is something that it could do, which the caller has published.
    pub(crate) fn call(&self) {
        // ORDERING: SLEEP, notifier side. See `announce`.
        fence(SeqCst);
        // ORDERING: Relaxed; the fence above orders it, and nothing rides on the bit.
        if self.line.word.load(Relaxed) & WAITING != 0 {
            // The word changes, so an owner that is not yet asleep does not fall asleep.
            self.line.word.fetch_and(!WAITING, Relaxed);
            futex::wake(&self.line.word, 1);
        }
    }
}
