//! Following the machine's limits while the pool runs: the quota of its control groups, and the CPUs that they leave it.
//!
//! No thread and no timer watches them, so an idle pool uses no CPU. A thread of the pool looks, at most every two seconds,
//! as it goes to sleep and after every few jobs; when it has gone to sleep there is nothing for a limit to hold back. Whoever
//! looks takes its wide mask back first: the kernel cuts it down to the CPUs that are left, and so says which they are. What
//! masks the user's threads have says nothing of that, because they may have pinned themselves.
//!
//! A pool that has shrunk to its caller wakes a thread to look, from its loops.

use std::cell::Cell;
use std::fmt;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::super::crew::Crew;
use super::super::handle::Pool;
use super::super::place::Place;
use super::super::size::ChosenBy;
use super::super::staff::Staff;
use crate::sync::lock::Mutex;
use crate::sys::limits::{self, Quota};

/// The least time between two looks.
const PERIOD: Duration = Duration::from_secs(2);

/// Loops of a caller without help between two glances at the clock.
const LOOPS: u32 = 256;

/// When limits are looked at next, and how.
pub(crate) struct Limits {
    due: Mutex<Instant>,
    quota: Mutex<fn() -> Option<Quota>>,
    /// The most CPUs that the pool may use: its placement and node leave no more.
    places: usize,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("due", &self.due).field("places", &self.places).finish_non_exhaustive()
    }
}

impl Limits {
    pub(crate) fn new(places: usize) -> Self {
        Self { due: Mutex::new(Instant::now() + PERIOD), quota: Mutex::new(limits::quota), places }
    }

    /// Returns whether it is time to look. Not while somebody else finds out.
    fn is_due(&self) -> bool {
        self.due.try_lock().is_ok_and(|due| Instant::now() >= *due)
    }

    /// Returns whether it is time to look, and that it is done.
    fn take_turn(&self) -> bool {
        let Ok(mut due) = self.due.try_lock() else { return false };
        let now = Instant::now();
        let is_due = now >= *due;
        if is_due {
            *due = now + PERIOD;
        }
        is_due
    }
}

impl Crew {
    /// Returns whether the number of workers is the machine's to say.
    fn follows_limits(&self) -> bool {
        let sizing = self.sizing.lock().unwrap_or_else(PoisonError::into_inner);
        sizing.chosen_by() == ChosenBy::Machine
    }

    /// Wakes a thread to look at the limits, if it is time: for loops that nobody helps with.
    #[inline]
    pub(crate) fn call_for_look(&self) {
        thread_local! {
            static COUNTDOWN: Cell<u32> = const { Cell::new(LOOPS) };
        }
        let left = COUNTDOWN.get().wrapping_sub(1);
        COUNTDOWN.set(if left == 0 { LOOPS } else { left });
        if left == 0 && self.limits.is_due() && self.follows_limits() {
            self.notify(1);
        }
    }
}

/// Looks at the limits, if it is time, and has the pool obey them.
pub(crate) fn follow(pool: &Pool, place: &mut Place) {
    let crew = pool.crew();
    if !crew.limits.take_turn() {
        return;
    }
    // For futures, which cannot look.
    Staff::look_round(pool);
    if !crew.follows_limits() || crew.bed.is_closed() {
        return;
    }
    let quota = *crew.limits.quota.lock().unwrap_or_else(PoisonError::into_inner);
    // On a machine that does not tell, they are what they were.
    let Some(cpus) = place.widest() else { return };
    let workers = {
        let mut sizing = crew.sizing.lock().unwrap_or_else(PoisonError::into_inner);
        sizing.follow(cpus.min(crew.limits.places), quota(), crew.most_workers);
        sizing.workers()
    };
    if workers != crew.workers() {
        crew.roster.resize(workers);
        // A thread that does not start now is tried again by whoever counts on it.
        let _ = Staff::fill(pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota_of(cpus: f64) -> Option<Quota> {
        Some(Quota { cpus, from: "/sys/fs/cgroup/cpu.max".into() })
    }

    /// Has the pool run something, as often as it takes to have a look at limits that are due.
    fn look(pool: &Pool, quota: fn() -> Option<Quota>, is_so: impl Fn() -> bool) {
        let crew = pool.crew();
        *crew.limits.quota.lock().unwrap() = quota;
        *crew.limits.due.lock().unwrap() = Instant::now();
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody looked: {}", pool.sizing());
            pool.map_reduce_range(0..10_000, 1, |range| range.sum::<usize>(), |a, b| a + b).unwrap();
        }
    }

    #[test]
    fn a_pool_obeys_a_quota_that_changes() {
        let pool = Pool::builder().build().unwrap();
        let all = pool.workers();
        if pool.sizing().chosen_by() != ChosenBy::Machine || all < 2 {
            return;
        }
        look(&pool, || quota_of(0.5), || pool.workers() == 1);
        assert_eq!(pool.sizing().quota_cpus(), Some(0.5));
        assert!(pool.sizing().to_string().starts_with("1 worker: "), "{}", pool.sizing());
        // The pool has shrunk to its caller, whose loops see to it that somebody looks.
        look(&pool, || None, || pool.workers() == all);
        assert_eq!(pool.broadcast(|worker| worker).unwrap().len(), all);
    }

    #[test]
    fn what_the_program_asked_for_is_kept() {
        for pool in [Pool::builder().workers(2).build().unwrap(), {
            let pool = Pool::builder().max_workers(2).workers(1).build().unwrap();
            pool.resize(2).unwrap();
            pool
        }] {
            *pool.crew().limits.quota.lock().unwrap() = || quota_of(0.5);
            *pool.crew().limits.due.lock().unwrap() = Instant::now();
            for _ in 0..100 {
                pool.submit(|_| ()).unwrap().wait().unwrap();
            }
            pool.broadcast(|_| ()).unwrap();
            assert_eq!((pool.workers(), pool.sizing().quota_cpus() == Some(0.5)), (2, false));
        }
    }

    #[test]
    fn turns_are_taken_once_in_a_period() {
        let limits = Limits::new(2);
        assert!(!limits.is_due() && !limits.take_turn());
        *limits.due.lock().unwrap() = Instant::now();
        assert!(limits.is_due() && limits.take_turn());
        assert!(!limits.is_due() && !limits.take_turn());
    }
}
