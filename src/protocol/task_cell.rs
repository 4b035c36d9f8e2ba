//! One task: a word that says who may run it, and whether it has ended.
//!
//! A task is in several hands: a lane's, that of whoever waits for it, that of whoever cancels it. The first to claim it has
//! its body, to run it or to drop it; the others find it claimed and leave it alone. The claimer puts the outcome where the body
//! was and says that it has ended.
//!
//! ```text
//! word = asked:1 | waker:1 | sleeper:1 | ended:1 | claimed:1
//! pending (0) --claim--> claimed --end--> ended
//! ```
//! A task that is cancelled while it runs is asked to stop; it ends as any other. Beside the word stands the number of hands that hold
//! the task; the last to let go drops it.
//!
//! - T1: the body is the claimer's alone from its claim until the end, and the only waiter's after that. One claims.
//! - T2: no waiter is left. It says that it waits in the word that the end is written to, so the end sees it, or it sees the end.
//!   A task's waker is in its place, under the lock, before the word says so; the end takes it from there.
//! - CLAIM: the submitter to the claimer, carries the body. It rides on the lane or the handle, which brought the cell here;
//!   a claim only excludes.
//! - ASKED: `ask_to_stop` to `is_asked_to_stop`, carries what was written before the task was cancelled.
//! - LAST: `let_go` to the last `let_go`, carries every use of the task before it is dropped.
//! - END: `end` to `is_ended`, `wait_until` and `enlist`, carries the outcome.

use std::sync::PoisonError;
use std::task::Waker;
use std::time::Instant;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::futex;
use crate::sync::lock::Mutex;

use Ordering::{AcqRel, Acquire, Relaxed, Release};

const CLAIMED: u32 = 1;
const ENDED: u32 = 1 << 1;
const SLEEPER: u32 = 1 << 2;
const WAKER: u32 = 1 << 3;
const ASKED: u32 = 1 << 4;

/// The word of a task, and the waker of whoever awaits it.
#[derive(Debug)]
pub(crate) struct TaskCell {
    word: AtomicU32,
    hands: AtomicU32,
    waker: Mutex<Option<Waker>>,
}

/// The token of the one who has the body; it has to `end` the task.
#[derive(Debug)]
#[must_use = "a claimed task is waited for until it has ended"]
pub(crate) struct Claimed(());

impl TaskCell {
    /// Makes the cell of a task that one hand holds.
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0), hands: AtomicU32::new(1), waker: Mutex::new(None) }
    }

    /// Counts another hand, of one that holds the task already.
    pub(crate) fn hold(&self) {
        // ORDERING: Relaxed; the count is above zero, and stays so while the caller holds on.
        self.hands.fetch_add(1, Relaxed);
    }

    /// Counts a hand off; returns whether it was the last, which has the task to itself.
    pub(crate) fn let_go(&self) -> bool {
        // ORDERING: LAST, both sides. Model: loom-tests/task_cell.rs.
        self.hands.fetch_sub(1, AcqRel) == 1
    }

    /// Asks the task to stop, if it runs.
    pub(crate) fn ask_to_stop(&self) {
        // ORDERING: ASKED, release side.
        self.word.fetch_or(ASKED, Release);
    }

    /// Returns whether the task is asked to stop.
    #[inline]
    pub(crate) fn is_asked_to_stop(&self) -> bool {
        // ORDERING: ASKED, acquire side.
        self.word.load(Acquire) & ASKED != 0
    }

    /// Takes the task, if nobody has.
    pub(crate) fn try_claim(&self) -> Option<Claimed> {
        // ORDERING: Relaxed; who reads a stale 0 asks by exchange, and a claim once made stays.
        if self.word.load(Relaxed) & CLAIMED != 0 {
            return None;
        }
        // ORDERING: Relaxed; CLAIM. Only one finds the bit clear (T1). Model: loom-tests/task_cell.rs.
        (self.word.fetch_or(CLAIMED, Relaxed) & CLAIMED == 0).then_some(Claimed(()))
    }

    /// Ends the task, whose outcome is in its place, and wakes who waits. Returns a waker for the caller to wake.
    pub(crate) fn end(&self, claimed: Claimed) -> Option<Waker> {
        let Claimed(()) = claimed;
        // ORDERING: END, release side. The waiter's bits are in the same word, so we see them or it sees the end (T2);
        // the waker itself comes by way of the lock.
        let before = self.word.fetch_or(ENDED, Release);
        if before & SLEEPER != 0 {
            futex::wake(&self.word, u32::MAX);
        }
        if before & WAKER != 0 { self.take_waker() } else { None }
    }

    /// Returns whether the task has ended.
    pub(crate) fn is_ended(&self) -> bool {
        // ORDERING: END, acquire side.
        self.word.load(Acquire) & ENDED != 0
    }

    /// Sleeps until the task has ended or `deadline` is past; returns whether it has ended.
    pub(crate) fn wait_until(&self, deadline: Option<Instant>) -> bool {
        // ORDERING: END, acquire side; T2.
        let mut word = self.word.fetch_or(SLEEPER, Acquire) | SLEEPER;
        while word & ENDED == 0 {
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            futex::wait_until(&self.word, word, deadline);
            // ORDERING: END, acquire side. A wake promises no order; this load gives it.
            word = self.word.load(Acquire);
        }
        true
    }

    /// Leaves a waker to be woken at the end, in place of an earlier one; returns whether the task has ended already.
    pub(crate) fn enlist(&self, waker: &Waker) -> bool {
        let newer = waker.clone();
        // Not in one expression: the older one is the executor's code, and is dropped outside the lock.
        let older = self.lock().replace(newer);
        drop(older);
        // ORDERING: END, acquire side; T2.
        if self.word.fetch_or(WAKER, Acquire) & ENDED == 0 {
            return false;
        }
        drop(self.take_waker());
        true
    }

    fn take_waker(&self) -> Option<Waker> {
        self.lock().take()
    }

    fn lock(&self) -> crate::sync::lock::MutexGuard<'_, Option<Waker>> {
        // Nothing under the lock panics, so the waker is whole.
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
