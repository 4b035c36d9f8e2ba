//! The bed that processes share: nobody sleeps through work for longer than a tick, whoever dies at whatever step.
//!
//! Actors: one or two waiters that take a job each (take; announce, look again, wait or stay up), one or two notifiers that
//! publish jobs and then notify, a sweeper that makes the bed anew. Any of them may be the victim, which dies at a step. The
//! jobs are a number in a relaxed counter, so that the bed alone has to make them found. Bound: three threads.
//!
//! - Where nobody dies no tick is needed, not even while the bed is made anew.
//! - Where somebody dies and is swept, no tick is needed either, and all counts are back at 0.
//! - Where somebody dies and nobody sweeps, one tick is enough: who looks after it finds its job.
//! - FORBIDDEN: a waiter that sleeps beyond that while a job lies there; a count that nobody stands behind after a sweep;
//!   a waiter that was counted for a wake and gives up without seeing the job.
//! - ACCEPTABLE: a wake too many; counts of the dead before the sweep.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::shared_bed::SharedBed;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::futex;
use crate::sync::step::{mortal, step};

pub(crate) fn scenarios() -> Vec<Scenario> {
    let over_futexes = Scenario::over_futexes;
    let swept = |name, execution| {
        let scenarios = Scenario::over_futexes(name, Some(2), execution).into_iter();
        scenarios.map(|scenario| scenario.deaths(1)).collect()
    };
    let ticking = |name, execution| vec![Scenario::over_ticks(name, Some(2), execution).deaths(1)];
    [
        over_futexes("shared_bed: one waiter, one notifier", None, one_waiter_one_notifier),
        over_futexes("shared_bed: two waiters, two jobs", Some(2), two_waiters_two_jobs),
        over_futexes("shared_bed: two notifiers, one waiter", Some(2), two_notifiers_one_waiter),
        over_futexes("shared_bed: one call for two", Some(2), one_call_for_two),
        over_futexes("shared_bed: made anew, two waiters", Some(1), made_anew_under_two_waiters),
        over_futexes("shared_bed: made anew, one gives up", None, made_anew_while_one_gives_up),
        over_futexes("shared_bed: made anew, one departs late", Some(2), made_anew_and_one_departs_late),
        over_futexes("shared_bed: one gives up", None, one_gives_up),
        over_futexes("shared_bed: two notifiers, one sleeper", None, two_notifiers_one_sleeper),
        swept("shared_bed: a sleeper dies and is swept", a_sleeper_dies_and_is_swept),
        swept("shared_bed: a notifier dies and is swept", a_notifier_dies_and_is_swept),
        swept("shared_bed: a sweeper dies and is swept", a_sweeper_dies_and_is_swept),
        ticking("shared_bed: a sleeper dies", a_sleeper_dies),
        ticking("shared_bed: a notifier dies", a_notifier_dies),
        ticking("shared_bed: a notifier dies, another lives", a_notifier_dies_and_another_lives),
        ticking("shared_bed: a sweeper dies", a_sweeper_dies),
    ]
    .concat()
}

/// Jobs that wait to be done, and where idle threads sleep.
struct Work {
    bed: SharedBed,
    jobs: AtomicU32,
}

impl Work {
    fn new() -> Arc<Self> {
        Arc::new(Self { bed: SharedBed::new(), jobs: AtomicU32::new(0) })
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
            if self.bed.wait_until(announced, None) {
                assert!(self.try_take(), "a tick is over, and the job is not found");
                return;
            }
        }
    }

    /// Waits once, and gives up if there is nothing then.
    fn take_or_give_up(&self) -> bool {
        let announced = self.bed.announce();
        if self.try_take() {
            self.bed.stay_up(announced);
            return true;
        }
        self.bed.wait_until(announced, None);
        self.try_take()
    }

    fn publish(&self, jobs: u32) -> u32 {
        self.jobs.fetch_add(jobs, Relaxed);
        step("a job published");
        self.bed.notify(jobs)
    }

    fn assert_all_up(&self) {
        assert_eq!(self.bed.sleeping(), 0, "somebody is counted who is up");
        assert_eq!(self.bed.notify(1), 0, "somebody is woken who is up");
    }
}

fn on_a_thread<R: 'static>(work: &Arc<Work>, part: impl FnOnce(&Work) -> R + 'static) -> JoinHandle<R> {
    let work = work.clone();
    thread::spawn(move || part(&work))
}

/// Runs `part` as the victim; if it dies, whoever proves that makes the bed anew.
fn swept(work: &Work, part: impl FnOnce(&Work)) {
    if mortal(0, || part(work)).is_none() {
        work.bed.reset();
    }
}

fn one_waiter_one_notifier() {
    let work = Work::new();
    let notifier = on_a_thread(&work, |work| work.publish(1));
    work.take();
    notifier.join().unwrap();
    work.assert_all_up();
}

/// One wake for each job: the second goes to the second sleeper, who gets the second job.
fn two_waiters_two_jobs() {
    let work = Work::new();
    let waiters = [(); 2].map(|()| on_a_thread(&work, Work::take));
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
    let notifiers = [(); 2].map(|()| on_a_thread(&work, |work| work.publish(1)));
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
    let waiters = [(); 2].map(|()| on_a_thread(&work, Work::take));
    work.publish(2);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    work.assert_all_up();
}

/// One sleeper is counted before, one after, and the first departs without taking the second's count.
fn made_anew_under_two_waiters() {
    let work = Work::new();
    let waiters = [(); 2].map(|()| on_a_thread(&work, Work::take));
    work.bed.reset();
    work.publish(2);
    for waiter in waiters {
        waiter.join().unwrap();
    }
    work.assert_all_up();
}

/// Whoever is counted for a wake sees what it is for, even if its generation has ended since.
fn made_anew_while_one_gives_up() {
    let work = Work::new();
    let waiter = on_a_thread(&work, Work::take_or_give_up);
    let counted = work.publish(1);
    work.bed.reset();
    let found = waiter.join().unwrap();
    assert!(found || counted == 0, "it was counted, and did not see the job");
    work.assert_all_up();
}

/// Who departs from a generation that has ended takes off none of the next.
fn made_anew_and_one_departs_late() {
    let work = Work::new();
    let announced = work.bed.announce();
    let waiter = on_a_thread(&work, Work::take);
    work.bed.reset();
    work.bed.stay_up(announced);
    work.publish(1);
    waiter.join().unwrap();
    work.assert_all_up();
}

/// No wake is swallowed by one that goes by itself: whoever is counted sees what for.
fn one_gives_up() {
    let work = Work::new();
    let waiter = on_a_thread(&work, Work::take_or_give_up);
    let counted = work.publish(1);
    let found = waiter.join().unwrap();
    assert!(found || counted == 0, "it was counted, and did not see the job");
    work.assert_all_up();
}

/// A second notifier asks for nobody who is being woken.
fn two_notifiers_one_sleeper() {
    let work = Work::new();
    let announced = work.bed.announce();
    let notifier = on_a_thread(&work, |work| work.publish(1));
    let woken = work.publish(1) + notifier.join().unwrap();
    assert_eq!(woken, 1);
    work.bed.stay_up(announced);
    work.assert_all_up();
}

fn a_sleeper_dies_and_is_swept() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| swept(work, Work::take));
    let waiter = on_a_thread(&work, Work::take);
    work.publish(2);
    victim.join().unwrap();
    waiter.join().unwrap();
    work.assert_all_up();
}

fn a_notifier_dies_and_is_swept() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| {
        swept(work, |work| {
            work.publish(1);
        });
    });
    let waiter = on_a_thread(&work, |work| (work.take(), work.take()));
    work.publish(1);
    victim.join().unwrap();
    waiter.join().unwrap();
    work.assert_all_up();
}

fn a_sweeper_dies_and_is_swept() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| swept(work, |work| work.bed.reset()));
    let waiter = on_a_thread(&work, Work::take);
    work.publish(1);
    victim.join().unwrap();
    waiter.join().unwrap();
    work.assert_all_up();
}

fn a_sleeper_dies() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| mortal(0, || work.take()));
    let waiter = on_a_thread(&work, Work::take);
    work.publish(1);
    work.publish(1);
    futex::tick();
    victim.join().unwrap();
    waiter.join().unwrap();
    work.bed.reset();
    work.assert_all_up();
}

fn a_notifier_dies() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| mortal(0, || work.publish(1)));
    let waiter = on_a_thread(&work, Work::take);
    victim.join().unwrap();
    futex::tick();
    waiter.join().unwrap();
    work.bed.reset();
    work.assert_all_up();
}

fn a_notifier_dies_and_another_lives() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| mortal(0, || work.publish(1)));
    let waiter = on_a_thread(&work, |work| (work.take(), work.take()));
    work.publish(1);
    victim.join().unwrap();
    futex::tick();
    waiter.join().unwrap();
    work.bed.reset();
    work.assert_all_up();
}

fn a_sweeper_dies() {
    let work = Work::new();
    let victim = on_a_thread(&work, |work| mortal(0, || work.bed.reset()));
    let waiter = on_a_thread(&work, Work::take);
    work.publish(1);
    victim.join().unwrap();
    futex::tick();
    waiter.join().unwrap();
    work.bed.reset();
    work.assert_all_up();
}
