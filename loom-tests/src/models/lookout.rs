//! The lookout and the bed: who looks around, or is being woken, is relied on, and leaves nothing to sleepers.
//!
//! Actors: submitters that publish a job each and wake a helper if none looks around; helpers that run until they have a
//! job, which takes for ever: so two jobs need two helpers, and a wake too few is a deadlock. Jobs are a number in a
//! relaxed counter, so that lookout and bed alone have to make them found. A helper looks once before it sleeps. Bound:
//! four threads, two jobs.
//!
//! - Invariant: K1.
//! - FORBIDDEN: a helper that sleeps while a job lies there and nobody is on the way to it.
//! - ACCEPTABLE: a wake too many; a helper that stays up for a job that another takes.

use loom::sync::Arc;
use loom::thread;

use super::protocol::lookout::Lookout;
use super::protocol::sleep::Bed;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("lookout: one helper, one job", Some(3), one_helper_one_job),
        Scenario::over_futexes("lookout: two helpers, two jobs", Some(2), two_helpers_two_jobs),
        vec![Scenario::new("lookout: two helpers, two submitters", Some(1), two_helpers_two_submitters)],
    ]
    .concat()
}

struct World {
    lookout: Lookout,
    bed: Bed,
    jobs: AtomicU32,
}

impl World {
    fn new() -> Arc<Self> {
        let bed = Bed::new(Fences::symmetric());
        Arc::new(Self { lookout: Lookout::new(), bed, jobs: AtomicU32::new(0) })
    }

    fn has_any(&self) -> bool {
        self.depth() > 0
    }

    fn depth(&self) -> u32 {
        // ORDERING: Relaxed; lookout and bed alone have to make the job found.
        self.jobs.load(Relaxed)
    }

    fn try_take(&self) -> bool {
        // ORDERING: Relaxed, as above.
        let mut jobs = self.jobs.load(Relaxed);
        while jobs > 0 {
            match self.jobs.compare_exchange(jobs, jobs - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => jobs = now,
            }
        }
        false
    }

    fn submit(&self) {
        self.jobs.fetch_add(1, Relaxed);
        if !self.lookout.anyone() && self.is_worth_a_wake() {
            self.bed.notify(1);
        }
    }

    /// Returns whether fewer are on their way than there are jobs.
    fn is_worth_a_wake(&self) -> bool {
        let (asleep, waking) = self.bed.asleep_and_waking();
        asleep > 0 && (waking == 0 || waking < self.depth())
    }

    fn call_for_help(&self) {
        if self.has_any() {
            self.bed.notify(self.depth());
        }
    }

    fn look_around(&self) -> bool {
        let looking = self.lookout.begin();
        if self.try_take() {
            self.lookout.end_with_work(looking);
            self.call_for_help();
            return true;
        }
        self.lookout.end(looking);
        false
    }

    /// Goes on until it has a job.
    fn help(&self) {
        while !self.look_around() {
            let announced = self.bed.announce();
            if self.has_any() {
                self.bed.stay_up(announced);
            } else {
                self.bed.wait(announced);
                self.lookout.arrive();
            }
            if self.try_take() {
                return self.call_for_help();
            }
        }
    }
}

fn helpers_get_jobs(helpers: usize, submitters: usize, jobs_of_each: usize) {
    let world = World::new();
    let start = |run: fn(&World)| {
        let world = world.clone();
        thread::spawn(move || run(&world))
    };
    let threads: Vec<_> = (1..submitters)
        .map(|_| start(World::submit))
        .chain((0..helpers).map(|_| start(World::help)))
        .collect();
    for _ in 0..jobs_of_each {
        world.submit();
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(!world.lookout.anyone(), "somebody is counted who does not look");
    assert_eq!((world.bed.sleeping(), world.jobs.load(Relaxed)), (0, 0));
}

fn one_helper_one_job() {
    helpers_get_jobs(1, 1, 1);
}

fn two_helpers_two_jobs() {
    helpers_get_jobs(2, 1, 2);
}

fn two_helpers_two_submitters() {
    helpers_get_jobs(2, 2, 1);
}
