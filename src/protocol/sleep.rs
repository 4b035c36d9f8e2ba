//! A bed that idle threads share: who sleeps, and how to wake just enough of them.
//!
//! A waiter announces itself, looks for work again, and only then sleeps. A notifier publishes its work and only then
//! looks for sleepers. A fence on either side keeps both from looking too early, so they cannot miss each other, and a
//! notifier that finds nobody asleep makes no system call.
//!
//! Sleepers are interchangeable: all wait for the same thing, so it does not matter which of them wakes. The state word
//! counts them, and beside them the wakes that are under way: a second notifier asks for no thread that is already
//! being woken. The epoch word is what they sleep on.
//!
//! ```text
//! state = others:1 | - | waking:15 | sleepers:15
//! announce: sleepers + 1        depart: sleepers - 1, waking - 1 if above 0
//! notify(n): k = min(n, sleepers - waking); waking + k; epoch + 1; wake k
//! ```
//! One bit says that others wait who are no threads, for whoever keeps a list of those beside the bed (`wakers`): so a
//! notifier finds both kinds with one load.
//!
//! - B1: `waking <= sleepers`. `depart` lowers both, and `notify` raises `waking` to at most `sleepers`.
//! - B2: whoever was counted when `waking` rose by k holds an epoch older than the step that follows, so at least k of
//!   them depart: those that are in the kernel are woken, those on the way into it find that the epoch moved on.
//! - B3: no wake is swallowed by a sleeper that goes by itself, because its deadline has passed or its wait returned for
//!   no reason. If it departs before the notifier counts, it is not counted. If after, it looks once more, and sees what
//!   the notifier published (LAST LOOK).
//! - SLEEP: announce, fence, look again, against publish, fence, look for sleepers. Carries no data.
//! - COUNTED: `announce` to `notify`, carries the load of the epoch, for B2.
//! - LEAVING: see the close, fence, look for work, against publish, fence, look for the close. Carries no data.
//! - LAST LOOK: `notify` to `depart`, carries what was published before, for B3. Nothing else rides on these words: what
//!   the published means is for those who publish and find it to order.

use std::time::Instant;

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::fence::{self, Fences};
use crate::sync::futex;

use Ordering::{AcqRel, Acquire, Relaxed, Release};

const SLEEPER: u32 = 1;
const WAKING: u32 = 1 << 15;
/// The most of either count.
const MOST: u32 = WAKING - 1;
const OTHERS: u32 = 1 << 31;

fn sleepers(state: u32) -> u32 {
    state & MOST
}

fn waking(state: u32) -> u32 {
    (state / WAKING) & MOST
}

/// Where idle threads sleep until there is something to do.
#[derive(Debug)]
pub(crate) struct Bed {
    state: AtomicU32,
    epoch: AtomicU32,
    closed: AtomicU32,
    fences: Fences,
}

/// The token of a thread that announced it would sleep: it has to `wait` or to `stay_up`.
#[derive(Debug)]
#[must_use = "an announced sleeper is counted until it waits or stays up"]
pub(crate) struct Announced {
    epoch: u32,
}

impl Bed {
    /// Makes a bed whose waiters run the heavy fence and whose notifiers the light one.
    pub(crate) fn new(fences: Fences) -> Self {
        Self { state: AtomicU32::new(0), epoch: AtomicU32::new(0), closed: AtomicU32::new(0), fences }
    }

    /// Counts the caller as a sleeper. It must look for work once more before it waits.
    pub(crate) fn announce(&self) -> Announced {
        // ORDERING: Relaxed; COUNTED orders it. If it reads a notifier's step, our fence comes after that notifier's, and
        // we find the work when we look again.
        let epoch = self.epoch.load(Relaxed);
        // ORDERING: COUNTED, release side: a notifier that counts us steps the epoch after our load of it (B2). loom
        // never lets a load see a later store, so no model can miss it. At 32,768 threads the count would run over, which
        // is as many as a system has by default.
        let before = self.state.fetch_add(SLEEPER, Release);
        debug_assert!(sleepers(before) < MOST);
        // ORDERING: SLEEP, waiter side. The later of the two fences sees what the other side did before its own, so
        // either we find the work or the notifier finds us. Model: loom-tests/sleep.rs.
        self.fences.heavy();
        Announced { epoch }
    }

    /// Sleeps until a notifier steps the epoch, or for no reason at all.
    pub(crate) fn wait(&self, announced: Announced) {
        self.wait_until(announced, None);
    }

    /// Sleeps as `wait` does, but not past `deadline`. The caller must look once more, also if its time is up (B3).
    pub(crate) fn wait_until(&self, announced: Announced, deadline: Option<Instant>) {
        futex::wait_until(&self.epoch, announced.epoch, deadline);
        self.depart();
    }

    /// Takes the announcement back: the second look found something to do. Who found nothing and stays up nevertheless
    /// must look once more (B3).
    ///
    /// Returns whether a notifier may have counted us instead of one of the others, who are no threads. A thread that it
    /// may have counted instead is woken nevertheless (B2).
    pub(crate) fn stay_up(&self, announced: Announced) -> bool {
        let Announced { .. } = announced;
        let state = self.depart();
        waking(state) > 0 && state & OTHERS != 0
    }

    /// Returns the state before.
    fn depart(&self) -> u32 {
        // ORDERING: Relaxed; the exchange below confirms what was read. Both counts change in one step (B1).
        let mut state = self.state.load(Relaxed);
        loop {
            let arrived = if waking(state) > 0 { WAKING } else { 0 };
            // ORDERING: LAST LOOK, acquire side. A notifier that counted us did so before this exchange, and our next
            // look sees what it published. Model: loom-tests/sleep.rs.
            match self.state.compare_exchange_weak(state, state - SLEEPER - arrived, Acquire, Relaxed) {
                Ok(_) => return state,
                Err(now) => state = now,
            }
        }
    }

    /// Returns how many threads sleep that nobody is waking yet. The caller has published its work.
    #[inline]
    pub(crate) fn sleeping(&self) -> u32 {
        // ORDERING: SLEEP, notifier side. See `announce`.
        self.fences.light();
        // ORDERING: Relaxed; the fence above orders it, and the count carries no data.
        let state = self.state.load(Relaxed);
        sleepers(state) - waking(state)
    }

    /// Returns that, and how many are being woken, to a caller that has published its work and run a fence since.
    #[inline]
    pub(crate) fn asleep_and_waking(&self) -> (u32, u32) {
        // ORDERING: Relaxed; the caller's fence orders it: SLEEP for the first count, LOOKING (`lookout`) for the second.
        let state = self.state.load(Relaxed);
        (sleepers(state) - waking(state), waking(state))
    }

    /// Returns the same, and whether the bit of those who are no threads is set.
    #[inline]
    pub(crate) fn waiting(&self) -> (u32, bool) {
        // ORDERING: SLEEP, notifier side. See `announce`.
        self.fences.light();
        // ORDERING: Relaxed; as in `sleeping`.
        let state = self.state.load(Relaxed);
        (sleepers(state) - waking(state), state & OTHERS != 0)
    }

    /// Returns that to a caller that has made an exchange since it published its work.
    #[inline]
    pub(crate) fn waiting_after_exchange(&self) -> (u32, bool) {
        // ORDERING: SLEEP, notifier side. See `announce`. A full fence, which is as good as the light one of any kind.
        fence::after_exchange();
        // ORDERING: Relaxed; as in `sleeping`.
        let state = self.state.load(Relaxed);
        (sleepers(state) - waking(state), state & OTHERS != 0)
    }

    /// Returns how many threads sleep, be they on the way up: a hint.
    pub(crate) fn lying(&self) -> u32 {
        // ORDERING: Relaxed; a hint.
        sleepers(self.state.load(Relaxed))
    }

    /// Sets the bit that says that others wait who are no threads, and is their announcement: they look once more.
    ///
    /// They do not spin before they wait, so they wait often: from the first on the fences are symmetric.
    pub(crate) fn others_wait(&self) {
        self.fences.make_symmetric();
        // ORDERING: Relaxed; the bit changes under the lock of the others' list, which orders it.
        self.state.fetch_or(OTHERS, Relaxed);
        // ORDERING: SLEEP, waiter side. See `announce`.
        self.fences.heavy();
    }

    /// Clears that bit.
    pub(crate) fn no_others_wait(&self) {
        // ORDERING: Relaxed; as in `others_wait`.
        self.state.fetch_and(!OTHERS, Relaxed);
    }

    /// Wakes at most `wanted` sleepers; returns how many are on their way. No system call if nobody sleeps.
    pub(crate) fn notify(&self, wanted: u32) -> u32 {
        self.notify_after(wanted, || {})
    }

    /// Wakes as `notify` does, and runs `first` before, if there is anyone to wake.
    pub(crate) fn notify_after(&self, wanted: u32, first: impl FnOnce()) -> u32 {
        // ORDERING: SLEEP, notifier side. See `announce`.
        self.fences.light();
        // ORDERING: Relaxed; the exchange below confirms what was read.
        let mut state = self.state.load(Relaxed);
        let count = loop {
            let count = wanted.min(sleepers(state) - waking(state));
            if count == 0 {
                return 0;
            }
            // ORDERING: COUNTED, acquire side: the step below comes after the load of the epoch by everyone counted
            // here (B2). LAST LOOK, release side: whoever of them goes by itself sees what our caller published.
            match self.state.compare_exchange_weak(state, state + count * WAKING, AcqRel, Relaxed) {
                Ok(_) => break count,
                Err(now) => state = now,
            }
        };
        first();
        // ORDERING: Relaxed; only its place matters, which the exchange above gives it.
        self.epoch.fetch_add(1, Relaxed);
        futex::wake(&self.epoch, count);
        count
    }

    /// Wakes everybody for good: from here on `is_closed`.
    pub(crate) fn close(&self) {
        // ORDERING: Relaxed; SLEEP makes it found, as any other work, and nothing rides on it.
        self.closed.store(1, Relaxed);
        self.notify(u32::MAX);
    }

    /// Returns whether the bed was closed, and after that `nothing_is_left`: then whoever asks may leave for good.
    pub(crate) fn may_leave(&self, nothing_is_left: impl FnOnce() -> bool) -> bool {
        self.is_closed() && {
            // ORDERING: LEAVING. We saw the close, fence, and look; whoever brings work fences and looks whether it is closed.
            // The later fence sees the other's: so we find the work, or it learns that nobody may be there for it.
            // Model: loom-tests/submit.rs.
            self.fences.heavy();
            nothing_is_left()
        }
    }

    /// Returns whether the bed was closed. A sleeper asks when it looks again.
    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Relaxed, as above.
        self.closed.load(Relaxed) != 0
    }
}
