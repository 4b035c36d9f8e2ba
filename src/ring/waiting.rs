//! How a thread waits before it sleeps.
//!
//! To be woken takes 5 to 60 us, and the notifier a system call; to be seen by one that spins takes a trip of a cache
//! line. So a waiter first spins for a little while, and then goes on only if nobody is the worse for it:
//!
//! ```text
//! spin a little --> yield once --nobody ran, and a permit--> spin --> yield --> sleep
//!                       +--------somebody ran, or none----------------^
//! the other side was last seen on our CPU: yield a few times --> sleep
//! ```
//! A yield that takes long has let another thread run: there are more of them than CPUs, and to spin would be to keep one
//! from its turn, perhaps the very one that we wait for.
//!
//! - Y1: past the first little while, spinners hold a permit, and there is one less of those than CPUs that the process may use;
//!   where its CPU time is cut by a fractional quota there is none, and nobody spins at all: a spinner would spend the quota.
//! - Y2: every policy ends in sleep, from which nothing but a notifier or the deadline wakes.
//!
//! The bounds are measured in `benches/gate.rs` and argued in `docs/decisions/0010-who-pays-for-waiting.md`.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::protocol::spinners::{Spinners, Spinning};
use crate::protocol::turns::Turns;
use crate::sync::{hint, thread};
use crate::sys::{affinity, limits};

/// How a thread waits for something that is not there yet.
///
/// Every policy ends in sleep: who waits long enough uses no CPU and is woken by nothing but what it waits for. None
/// spins where that would be in vain: with one CPU to use, with the other side on the same CPU, under a fractional quota
/// of CPU time, or when as many threads of the process spin already as there are CPUs less one.
///
/// # Examples
///
/// ```
/// use ringmill::ring::Waiting;
/// assert_eq!(Waiting::default(), Waiting::Balanced);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// Looks on for a millisecond: for work that comes a thousand times a second and must be met at once.
    Latency,
    /// Looks on for about as long as it would take to be woken, 20 us, and lets others run for 60 more before it sleeps.
    #[default]
    Balanced,
    /// Sleeps at once: for threads that have the CPU to share, or a battery to spare.
    IdleZero,
}

/// How long a waiter spins without a permit: a few trips of a cache line, which takes 0.05 to 0.25 us.
const FREE_SPIN: Duration = Duration::from_micros(2);

/// How long a waiter spins in all, with a permit: what it costs to be woken.
const SPIN: Duration = Duration::from_micros(20);

/// The same for who has no time to be woken: then even the wake of a CPU in deep sleep is lost one time in a thousand.
const LONG_SPIN: Duration = Duration::from_millis(1);

/// How long a waiter goes on with yielding: the CPU stays awake and a waker finds it so.
const YIELDS: Duration = Duration::from_micros(60);

/// A yield that takes longer has let another thread run: alone it takes 0.2 us, two switches of threads 1.1.
const LONG_YIELD: Duration = Duration::from_nanos(700);

/// How often a waiter yields that takes turns with the other side.
const TURNS: u32 = 8;

/// Looks between two glances at the clock.
const LOOKS: u32 = 16;

/// The permits of this process. How many CPUs it may use is asked once, by the first gate that is made.
pub(super) fn spinners() -> &'static Spinners {
    static SPINNERS: OnceLock<Spinners> = OnceLock::new();
    SPINNERS.get_or_init(|| Spinners::new(most_spinners(affinity::widest(), limits::quota().map(|q| q.cpus))))
}

/// Returns how many threads may spin: one less than there are CPUs, none under a fractional quota.
fn most_spinners(cpus: usize, quota: Option<f64>) -> u32 {
    let cpus = match quota {
        Some(quota) if quota.fract() != 0.0 => 0,
        Some(quota) => cpus.min(quota as usize),
        None => cpus,
    };
    u32::try_from(cpus.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// A permit to spin, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    from: &'a Spinners,
    token: Option<Spinning>,
}

impl Permit<'static> {
    /// Takes one of the process's permits, if there is one.
    pub(crate) fn of_process() -> Option<Self> {
        Self::take(spinners())
    }
}

impl<'a> Permit<'a> {
    fn take(from: &'a Spinners) -> Option<Self> {
        from.try_start().map(|token| Self { from, token: Some(token) })
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            self.from.stop(token);
        }
    }
}

impl Waiting {
    /// Looks on for as long as that is better than to sleep; none says that it is no longer.
    pub(crate) fn look_on<R>(
        self,
        turns: &Turns,
        deadline: Option<Instant>,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        let spin = match self {
            Self::Latency => LONG_SPIN,
            Self::Balanced => SPIN,
            Self::IdleZero => return None,
        };
        let here = affinity::current_cpu();
        if spinners().most() == 0 || turns.are_taken_on(here) {
            return yield_turns(attempt);
        }
        let start = Instant::now();
        let end = |budget: Duration| deadline.map_or(start + budget, |deadline| deadline.min(start + budget));
        if let Some(found) = spin_until(end(FREE_SPIN), &mut attempt) {
            return Some(found);
        }
        let before = Instant::now();
        thread::yield_now();
        let another_ran = before.elapsed() >= LONG_YIELD;
        if let Some(found) = attempt() {
            if another_ran {
                // It did not come while we spun, and was there when we had let another run.
                turns.other_is_on(here);
            }
            return Some(found);
        }
        if !another_ran
            && let Some(_permit) = Permit::take(spinners())
            && let Some(found) = spin_until(end(spin), &mut attempt)
        {
            return Some(found);
        }
        let yields_until = end(spin + YIELDS);
        while Instant::now() < yields_until {
            thread::yield_now();
            if let Some(found) = attempt() {
                return Some(found);
            }
        }
        None
    }
}

/// Looks until there is something to find or the time is up, at least a few times.
fn spin_until<R>(end: Instant, attempt: &mut impl FnMut() -> Option<R>) -> Option<R> {
    loop {
        for _ in 0..LOOKS {
            hint::spin_loop();
            if let Some(found) = attempt() {
                return Some(found);
            }
        }
        if Instant::now() >= end {
            return None;
        }
    }
}

/// Lets the other side run, a few times.
fn yield_turns<R>(mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
    (0..TURNS).find_map(|_| {
        thread::yield_now();
        attempt()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cpu_is_left_to_those_who_work() {
        assert_eq!(most_spinners(1, None), 0);
        assert_eq!(most_spinners(2, None), 1);
        assert_eq!(most_spinners(64, None), 63);
        assert_eq!(most_spinners(0, None), 0);
    }

    #[test]
    fn a_quota_binds_and_a_fractional_one_forbids() {
        assert_eq!(most_spinners(64, Some(4.0)), 3);
        assert_eq!(most_spinners(2, Some(4.0)), 1);
        assert_eq!(most_spinners(64, Some(1.5)), 0);
        assert_eq!(most_spinners(64, Some(0.5)), 0);
    }

    #[test]
    fn a_permit_comes_back_when_an_attempt_panics() {
        let spinners = Spinners::new(1);
        let panicked = std::panic::catch_unwind(|| {
            let _permit = Permit::take(&spinners).unwrap();
            assert!(Permit::take(&spinners).is_none());
            panic!("an attempt fails");
        });
        assert!(panicked.is_err());
        assert!(Permit::take(&spinners).is_some());
    }

    #[test]
    fn without_a_cpu_to_spare_a_waiter_lets_others_run_and_sleeps() {
        let (turns, mut attempts) = (Turns::new(), 0);
        let here = affinity::current_cpu();
        turns.other_is_on(here);
        let nothing = yield_turns(|| {
            attempts += 1;
            None::<()>
        });
        assert_eq!((nothing, attempts), (None, TURNS));
        assert_eq!(turns.are_taken_on(here), here.is_some());
        assert!(!turns.are_taken_on(None));
    }
}
