//! The bed: nobody sleeps through work, and nobody is woken twice for it.
//!
//! Actors: one or two waiters that run a helper's loop (take work; announce, look again, wait or stay up), one or two
//! notifiers that publish work and then notify. Work is a number of jobs in a relaxed counter, so that the bed alone
//! has to make it found. Bound: three threads, one job for each, two rounds.
//!
//! - Invariant: `waking <= sleepers`, and all counts are back at 0 when everyone is up.
//! - FORBIDDEN: a waiter that sleeps while a job lies there and nobody is on the way to it; a job done twice.
//! - ACCEPTABLE: a wake too many; a notifier that finds nobody asleep though one is about to lie down.

use loom::sync::Arc;
use loom::thread;

use super::protocol::sleep::Bed;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("sleep: one waiter, one notifier", None, one_waiter_one_notifier),
        Scenario::over_futexes("sleep: two waiters, two jobs", Some(2), two_waiters_two_jobs),
        Scenario::over_futexes("sleep: two notifiers, one waiter", Some(2), two_notifiers_one_waiter),
        Scenario::over_futexes("sleep: one call for two", Some(2), one_call_for_two),
    ]
    .concat()
}

/// Jobs that wait to be done, and where idle threads sleep.
struct Work {
    bed: Bed,
    jobs: AtomicU32,
}

impl Work {
    fn new() -> Arc<Self> {
        Arc::new(Self { bed: Bed::new(Fences::symmetric()), jobs: AtomicU32::new(0) })
    }

    fn try_take(&self) -> bool {
        // ORDERING: Relaxed; the bed alone has to make the job found.
        let mut jobs = self.jobs.load(Relaxed);
        while jobs > 0 {
            match self.jobs.compare_exchange(jobs, jobs - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => jobs = now,
            }
        }
        false
    }

    fn take(&self) {
        while !self.try_take() {
            let announced = self.bed.announce();
            if self.try_take() {
                self.bed.stay_up(announced);
                return;
            }
            self.bed.wait(announced);
        }
    }

    fn publish(&self, jobs: u32) {
        self.jobs.fetch_add(jobs, Relaxed);
        self.bed.notify(jobs);
    }

    fn assert_all_up(&self) {
        assert_eq!(self.bed.sleeping(), 0, "somebody is counted who is up");
        assert_eq!(self.bed.notify(1), 0, "somebody is woken who is up");
    }
}

fn one_waiter_one_notifier() {
    let work = Work::new();
    let notifier = thread::spawn({
        let work = work.clone();
        move || work.publish(1)
    });
    work.take();
    notifier.join().unwrap();
    work.assert_all_up();
}

/// One wake for each job: the second goes to the second sleeper, who gets the second job.
fn two_waiters_two_jobs() {
    let work = Work::new();
    let waiters = [(); 2].map(|()| {
        let work = work.clone();
        thread::spawn(move || work.take())
    });
    work.publish(1);
    work.publish(1);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    work.assert_all_up();
}

/// Two publish a job each while one waiter does both: at most one wake is under way for it at a time.
fn two_notifiers_one_waiter() {
    let work = Work::new();
    let notifiers = [(); 2].map(|()| {
        let work = work.clone();
        thread::spawn(move || work.publish(1))
    });
    work.take();
    work.take();
    for notifier in notifiers {
        notifier.join().unwrap();
    }
    work.assert_all_up();
}

/// Two jobs and one call: both sleepers are woken.
fn one_call_for_two() {
    let work = Work::new();
    let waiters = [(); 2].map(|()| {
        let work = work.clone();
        thread::spawn(move || work.take())
    });
    work.publish(2);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    work.assert_all_up();
}
