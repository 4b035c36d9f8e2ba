//! One task: a word that says who may run it, and a word that says whether it has ended and who still holds it.
//!
//! A task is in several hands: a lane's, that of whoever waits for it. Who wants to run it or to drop it has to claim it first;
//! the others find it claimed and leave its body alone. The claimer puts the outcome in its place and says that the task has ended. The
//! last hand to let go drops the task. The two words lie apart: who waits looks at the second, and does not take the first from
//! the one who runs.
//!
//! ```text
//! claim = asked:1 | claimed:1             pending (0) --claim--> claimed
//! end   = hands:28 | waker:1 | sleeper:1 | ended:1
//! ```
//! A task that is cancelled while it runs is asked to stop; it ends as any other.
//!
//! - T1: the body is the claimer's alone from its claim until the end, and the outcome the only waiter's after that. One claims.
//! - T2: no waiter is left. It says that it waits in the word that the end is written to, so the end sees it, or it sees the
//!   end. A waker is in its place, under the lock, before the word says so; the end takes it from there.
//! - T3: the task is dropped once, when nobody else uses it. Each hand is one in the count, and who uses the task has a hand.
//! - CLAIM: the submitter to the claimer, carries the body. It rides on the lane or the handle, which brought the task here;
//!   a claim only excludes.
//! - ASKED: `ask_to_stop` to `is_asked_to_stop`, carries what was written before the task was cancelled.
//! - END: `end` to `is_ended`, `wait_until` and `enlist`, carries the outcome.
//! - LAST: `let_go` and `end` to the last of them, carries every use of the task before it is dropped.

use std::sync::PoisonError;
use std::task::Waker;
use std::time::Instant;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::futex;
use crate::sync::lock::{Mutex, MutexGuard};

use Ordering::{AcqRel, Acquire, Relaxed, Release};

const CLAIMED: u32 = 1;
const ASKED: u32 = 1 << 1;

const ENDED: u32 = 1;
const SLEEPER: u32 = 1 << 1;
const WAKER: u32 = 1 << 2;
const HAND: u32 = 1 << 4;

/// Says who has the body.
#[derive(Debug)]
pub(crate) struct Claim {
    word: AtomicU32,
}

/// The token of the one who has the body; it has to end the task.
#[derive(Debug)]
#[must_use = "a claimed task is waited for until it has ended"]
pub(crate) struct Claimed(());

/// Says whether the task has ended, who waits for that, and how many hold the task.
#[derive(Debug)]
pub(crate) struct End {
    word: AtomicU32,
    waker: Mutex<Option<Waker>>,
}

/// What comes of letting go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LetGo {
    /// Others hold the task.
    Held,
    /// Ours was the last hand: the task is ours to drop.
    Last,
}

impl Claim {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// Takes the task, if nobody has.
    #[inline]
    pub(crate) fn try_claim(&self) -> Option<Claimed> {
        // ORDERING: Relaxed; CLAIM. Only one finds the bit clear (T1). No look before: it would bring the line here twice, to
        // read and then to write. Model: loom-tests/task_cell.rs.
        (self.word.fetch_or(CLAIMED, Relaxed) & CLAIMED == 0).then_some(Claimed(()))
    }

    /// Returns whether somebody has taken the task, to the one who drops it.
    #[inline]
    pub(crate) fn is_taken(&self) -> bool {
        // ORDERING: Relaxed; LAST orders it: nobody else is left who could claim it.
        self.word.load(Relaxed) & CLAIMED != 0
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
}

impl End {
    /// Makes the end of a task that so many hands hold, at least one.
    pub(crate) fn new(hands: u32) -> Self {
        Self { word: AtomicU32::new(hands * HAND), waker: Mutex::new(None) }
    }

    /// Counts another hand, of one that holds the task already.
    #[inline]
    pub(crate) fn hold(&self) {
        // ORDERING: Relaxed; the count is above zero, and stays so while the caller holds on.
        if self.word.fetch_add(HAND, Relaxed) > u32::MAX / 2 {
            // A hundred million hands were forgotten. To count on would drop a task that is held.
            std::process::abort();
        }
    }

    /// Returns whether the caller's is the last hand: then the task is the caller's alone.
    #[inline]
    pub(crate) fn is_alone(&self) -> bool {
        // ORDERING: LAST, acquire side: of all others who have let go. Nobody can hold a task whom nobody hands it (T3).
        self.word.load(Acquire) < 2 * HAND
    }

    /// Lets go of the task.
    #[inline]
    pub(crate) fn let_go(&self) -> LetGo {
        if self.is_alone() {
            // We need not count ourselves off.
            return LetGo::Last;
        }
        // ORDERING: LAST, both sides. Model: loom-tests/task_cell.rs.
        if self.word.fetch_sub(HAND, AcqRel) < 2 * HAND { LetGo::Last } else { LetGo::Held }
    }

    /// Ends the task, whose outcome is in its place, and lets go of it, if nobody waits: then there is no more to do than to
    /// drop it, perhaps. Otherwise the task has not ended yet, and goes on with [`end_and_wake`](Self::end_and_wake).
    #[inline]
    pub(crate) fn end(&self, claimed: Claimed) -> Result<LetGo, Claimed> {
        // ORDERING: Relaxed; the exchange confirms it.
        let mut word = self.word.load(Relaxed);
        while word & (SLEEPER | WAKER) == 0 {
            // ORDERING: END, release side; LAST, both sides. In one step, because the task may be gone after it.
            match self.word.compare_exchange_weak(word, word + ENDED - HAND, AcqRel, Relaxed) {
                Ok(before) if before < 2 * HAND => return Ok(LetGo::Last),
                Ok(_) => return Ok(LetGo::Held),
                Err(now) => word = now,
            }
        }
        Err(claimed)
    }

    /// Ends the task, whose outcome is in its place, and wakes who waits. Returns a waker for the caller to wake. The caller
    /// still holds the task.
    #[cold]
    pub(crate) fn end_and_wake(&self, claimed: Claimed) -> Option<Waker> {
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
    #[inline]
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

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        // Nothing under the lock panics, so the waker is whole.
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
