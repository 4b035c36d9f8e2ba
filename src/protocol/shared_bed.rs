//! A bed in memory that processes share: who sleeps, and how to wake just enough of them, though any may be killed.
//!
//! It works as the bed of one process does (`sleep`): announce, look again, sleep, against publish, look for sleepers, wake.
//! But whoever is counted here, and whoever has promised to wake somebody, can be gone before its next step. So no sleep
//! lasts longer than a tick, after which the sleeper looks again, and whatever a death left undone costs the living a tick
//! at most. What the dead leave counted is cleared by whoever proves them dead: the bed is made anew.
//!
//! ```text
//! state = generation:32 | waking:16 | sleepers:16
//! announce: sleepers + 1        depart: sleepers - 1, waking - 1 if above 0; nothing in a later generation
//! notify(n): k = min(n, sleepers - waking); waking + k; epoch + 1; wake k
//! reset: generation + 1, both counts 0; epoch + 1; wake all
//! ```
//! - B1: waking <= sleepers; both counts change in one step.
//! - B2: whoever was counted when `waking` rose, or when a generation ended, holds an epoch older than the step that
//!   follows. So of k who were counted as many depart as live, and all who live of a generation that ends.
//! - B3: no wake is swallowed by a sleeper that goes by itself: as in `sleep`, and LAST LOOK holds over a reset too.
//! - B4: who sleeps looks again within a tick, whoever has died, was stopped, or never came to its next step.
//! - B5: a dead sleeper that is still counted costs no wake-up, for a wake goes to those who are in the kernel. It costs a
//!   system call, and another for each of the living that departs unwoken. The promise of a dead notifier hides a sleeper
//!   until a sleeper departs.
//! - B6: a sleeper departs from the generation it was counted in, or from none.
//! - SLEEP, COUNTED, LAST LOOK: as in `sleep`. `reset` is a notifier too.
//!
//! All zeros are a bed that nobody lies in. Whatever another process writes into the words, no call here lasts longer
//! than its tries, waits longer than a tick, or counts out of bounds: at worst one sleeps uncounted for a tick, departs
//! without counting, or wakes everybody.

use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use crate::sync::fence::after_exchange;
use crate::sync::futex::shared as futex;
use crate::sync::step::step;

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// The longest sleep.
pub(crate) const TICK: Duration = Duration::from_millis(100);

const SLEEPER: u64 = 1;
const WAKING: u64 = 1 << 16;
/// The most of either count.
const MOST: u32 = 0xffff;

/// Exchanges before a call goes on without. One fails where another party changed the word within the few nanoseconds since
/// it was read, and honest ones then go to look, sleep or work; a thousand in a row are none of theirs.
const TRIES: u32 = 1000;

fn sleepers(state: u64) -> u32 {
    state as u32 & MOST
}

fn waking(state: u64) -> u32 {
    (state >> 16) as u32 & MOST
}

fn generation(state: u64) -> u32 {
    (state >> 32) as u32
}

/// Returns how many sleep whom nobody is waking yet. More wakes than sleepers are a stranger's bytes.
fn unwoken(state: u64) -> u32 {
    sleepers(state).saturating_sub(waking(state))
}

/// Where threads of several processes sleep until there is something to do.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct SharedBed {
    state: AtomicU64,
    epoch: AtomicU32,
}

/// The token of a thread that announced it would sleep: it has to `wait_until` or to `stay_up`.
#[derive(Debug)]
#[must_use = "an announced sleeper is counted until it waits or stays up"]
pub(crate) struct Announced {
    epoch: u32,
    /// In which generation it is counted, if it is.
    generation: Option<u32>,
}

impl SharedBed {
    /// Makes a bed that nobody lies in.
    pub(crate) fn new() -> Self {
        Self { state: AtomicU64::new(0), epoch: AtomicU32::new(0) }
    }

    /// Counts the caller as a sleeper. It must look for work once more before it waits.
    pub(crate) fn announce(&self) -> Announced {
        // ORDERING: Relaxed; COUNTED orders it. If it reads a notifier's step, our fence comes after that notifier's, and
        // we find the work when we look again.
        let epoch = self.epoch.load(Relaxed);
        // ORDERING: COUNTED, release side: whoever counts us, or ends our generation, steps the epoch after our load of it
        // (B2). loom never lets a load see a later store, so no model can miss it.
        let before = self.change(Release, Relaxed, |state| (sleepers(state) < MOST).then(|| state + SLEEPER));
        step("shared bed: announced");
        // ORDERING: SLEEP, waiter side. The later of the two fences sees what the other side did before its own, so
        // either we find the work or the notifier finds us. Model: loom-tests/shared_bed.rs.
        fence(SeqCst);
        Announced { epoch, generation: before.ok().map(generation) }
    }

    /// Sleeps until a notifier steps the epoch, for a tick at most and not past `deadline`, or returns for no reason at all.
    /// The caller must look once more, also if its time is up (B3).
    ///
    /// Returns whether it slept until its time was up: whoever it waits for may have died.
    pub(crate) fn wait_until(&self, announced: Announced, deadline: Option<Instant>) -> bool {
        let tick = Instant::now() + TICK;
        let until = deadline.map_or(tick, |deadline| deadline.min(tick));
        let has_ticked = futex::wait_until(&self.epoch, announced.epoch, until);
        step("shared bed: up");
        self.depart(announced);
        has_ticked
    }

    /// Takes the announcement back: the second look found something to do. Who found nothing and stays up nevertheless
    /// must look once more (B3).
    pub(crate) fn stay_up(&self, announced: Announced) {
        self.depart(announced);
    }

    fn depart(&self, announced: Announced) {
        let Some(counted_in) = announced.generation else { return };
        let is_counted = |state| generation(state) == counted_in && sleepers(state) > 0;
        // ORDERING: LAST LOOK, acquire side, of the exchange, and where there is none of the load. A notifier that counted us
        // did so before, or before the reset that we read from, and our next look sees what it published.
        // Model: loom-tests/shared_bed.rs.
        let _ = self.change(Acquire, Acquire, |state| {
            let arrived = if waking(state) > 0 { WAKING } else { 0 };
            is_counted(state).then(|| state - SLEEPER - arrived)
        });
        step("shared bed: departed");
    }

    /// Returns how many threads sleep that nobody is waking yet. The caller has published its work.
    #[inline]
    pub(crate) fn sleeping(&self) -> u32 {
        // ORDERING: SLEEP, notifier side. See `announce`.
        fence(SeqCst);
        // ORDERING: Relaxed; the fence above orders it, and the count carries no data.
        unwoken(self.state.load(Relaxed))
    }

    /// Returns that to a caller that has made an exchange since it published its work.
    #[inline]
    pub(crate) fn sleeping_after_exchange(&self) -> u32 {
        // ORDERING: SLEEP, notifier side. See `announce`.
        after_exchange();
        // ORDERING: Relaxed; as in `sleeping`.
        unwoken(self.state.load(Relaxed))
    }

    /// Wakes at most `wanted` sleepers; returns how many are on their way. No system call if nobody sleeps.
    pub(crate) fn notify(&self, wanted: u32) -> u32 {
        // ORDERING: SLEEP, notifier side. See `announce`.
        fence(SeqCst);
        let mut count = 0;
        // ORDERING: COUNTED, acquire side: the step below comes after the load of the epoch by everyone counted here (B2).
        // LAST LOOK, release side: whoever of them goes by itself sees what our caller published.
        let changed = self.change(AcqRel, Relaxed, |state| {
            count = wanted.min(unwoken(state));
            (count > 0).then(|| state + u64::from(count) * WAKING)
        });
        match changed {
            Ok(_) => step("shared bed: counted"),
            Err(Unchanged::Refused) => return 0,
            Err(Unchanged::Raced) => count = u32::MAX,
        }
        self.wake(count);
        count.min(wanted)
    }

    /// Makes the bed anew, and wakes everybody: somebody has died who may be counted here, or may have promised a wake.
    pub(crate) fn reset(&self) {
        // ORDERING: COUNTED, acquire side, and LAST LOOK, release side, of what we have published and of what they did who
        // had counted somebody: the exchange goes on with their release. As in `notify`.
        let _ =
            self.change(AcqRel, Relaxed, |state| Some(u64::from(generation(state).wrapping_add(1)) << 32));
        step("shared bed: made anew");
        self.wake(u32::MAX);
    }

    fn wake(&self, count: u32) {
        // ORDERING: Relaxed; only its place matters, which the exchange before it gives it.
        self.epoch.fetch_add(1, Relaxed);
        step("shared bed: epoch stepped");
        futex::wake(&self.epoch, count);
        step("shared bed: woke");
    }

    /// Changes the state to what `next` gives for it; returns the state before.
    fn change(
        &self,
        changed: Ordering,
        read: Ordering,
        mut next: impl FnMut(u64) -> Option<u64>,
    ) -> Result<u64, Unchanged> {
        // ORDERING: the caller's, where there is nothing to change; else the exchange confirms what was read.
        let mut state = self.state.load(read);
        for _ in 0..TRIES {
            let Some(next) = next(state) else { return Err(Unchanged::Refused) };
            // ORDERING: the caller's.
            match self.state.compare_exchange_weak(state, next, changed, read) {
                Ok(_) => return Ok(state),
                Err(now) => state = now,
            }
        }
        Err(Unchanged::Raced)
    }
}

/// Why the state was left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unchanged {
    /// There is nothing to change.
    Refused,
    /// Others changed it all the time.
    Raced,
}
