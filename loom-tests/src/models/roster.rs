//! The roster and the bed together: no task waits while somebody on duty sleeps, however the limit moves.
//!
//! Actors: one or two threads that run a helper's loop (take work if on duty; sleep in the bed, stand by in a room), and
//! one that submits, resizes, blocks or finds a thread dead. Work is a number of jobs in a relaxed counter, so that bed
//! and rooms alone have to make it found. Bound: three threads, one or two jobs, one change of the limit or two.
//!
//! - FORBIDDEN: a job that waits while all threads on duty sleep (the submitter sleeps until its jobs are done, so that
//!   is a deadlock); two successors of one thread; a successor after the end; a worker that leaves during a muster.
//! - ACCEPTABLE: a thread off duty that does a job which it took before the limit fell; a wake too many.

use loom::sync::Arc;
use loom::thread;

use super::protocol::book::Successor;
use super::protocol::latch::Latch;
use super::protocol::roster::Roster;
use super::protocol::sleep::Bed;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("roster: shrink against submit", Some(1), shrink_against_submit),
        Scenario::over_futexes("roster: grow", Some(3), grow),
        Scenario::over_futexes("roster: one blocks, another takes its place", Some(2), one_blocks),
        Scenario::over_futexes("roster: a call for one who stands by", Some(3), a_call),
        Scenario::over_futexes("roster: a thread dies, another goes on", Some(2), one_dies),
        vec![
            Scenario::new("roster: shrink against submit, closely", Some(2), shrink_against_submit),
            Scenario::new("roster: two find one thread dead", None, two_find_it_dead),
            Scenario::new("roster: dead or ended", None, dead_or_ended),
            Scenario::new("roster: a muster holds the number", None, muster),
        ],
    ]
    .concat()
}

struct World {
    roster: Roster,
    bed: Bed,
    jobs: AtomicU32,
    own: AtomicU32,
    done: Latch,
    /// Opened by any job but the one that blocks.
    other: Latch,
}

impl World {
    fn new(workers: usize, threads: usize, done: u32) -> Arc<Self> {
        Arc::new(Self {
            roster: Roster::new(workers, threads, threads - workers.min(threads)),
            bed: Bed::new(Fences::symmetric()),
            jobs: AtomicU32::new(0),
            own: AtomicU32::new(0),
            done: Latch::new(done),
            other: Latch::new(1),
        })
    }

    fn try_take(jobs: &AtomicU32) -> bool {
        // ORDERING: Relaxed, here and below; bed and rooms alone have to make the job found.
        let mut now = jobs.load(Relaxed);
        while now > 0 {
            match jobs.compare_exchange(now, now - 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// What a helper takes: its own at any time, what is everybody's on duty only.
    fn take(&self, number: usize) -> bool {
        Self::try_take(&self.own) || self.roster.is_on_duty(number) && Self::try_take(&self.jobs)
    }

    fn work(&self, number: usize, mut job: impl FnMut()) {
        loop {
            while self.take(number) {
                job();
                self.done.arrive();
            }
            if self.bed.is_closed() {
                return;
            }
            let has_own = || self.own.load(Relaxed) > 0;
            let is_wanted = || has_own() || self.jobs.load(Relaxed) > 0;
            let wait = |announced| self.bed.wait(announced);
            self.roster.sleep(&self.bed, number, is_wanted, wait, has_own);
        }
    }

    fn publish(&self, jobs: u32) {
        self.jobs.fetch_add(jobs, Relaxed);
        self.bed.notify(jobs);
    }

    fn end(&self) {
        self.bed.close();
        self.roster.end();
    }
}

fn start(world: &Arc<World>, number: usize) -> thread::JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || world.work(number, || ()))
}

/// The second of two sleepers goes off duty; the one wake for the job may go to it. The first leaves after the job.
fn shrink_against_submit() {
    let world = World::new(2, 2, 1);
    let second = start(&world, 2);
    let first = thread::spawn({
        let world = world.clone();
        move || {
            while !world.take(1) {
                let is_wanted = || world.jobs.load(Relaxed) > 0 || world.bed.is_closed();
                let wait = |announced| world.bed.wait(announced);
                world.roster.sleep(&world.bed, 1, is_wanted, wait, || false);
                if world.bed.is_closed() {
                    return;
                }
            }
            world.done.arrive();
        }
    });
    world.roster.resize(1);
    world.publish(1);
    world.done.wait(0);
    world.end();
    first.join().unwrap();
    second.join().unwrap();
}

/// The first is nowhere to be seen; the second comes on duty and finds the job.
fn grow() {
    let world = World::new(1, 2, 1);
    let second = start(&world, 2);
    world.publish(1);
    world.roster.resize(2);
    world.done.wait(0);
    world.end();
    second.join().unwrap();
}

/// A job that blocks until another job is done, which only another thread can do.
fn one_blocks() {
    let world = World::new(1, 2, 1);
    let spare = thread::spawn({
        let world = world.clone();
        move || {
            let inner = world.clone();
            world.work(2, move || inner.other.arrive());
        }
    });
    let blocked = world.roster.block().expect("there is a spare thread");
    world.publish(1);
    world.other.wait(0);
    world.done.wait(0);
    world.roster.unblock(blocked);
    assert_eq!(world.roster.limit(), 1);
    world.end();
    spare.join().unwrap();
}

/// What is for a thread alone, it does off duty too.
fn a_call() {
    let world = World::new(1, 2, 1);
    let second = start(&world, 2);
    world.own.fetch_add(1, Relaxed);
    world.roster.room(2).notify(1);
    world.done.wait(0);
    world.end();
    second.join().unwrap();
}

/// The only thread dies after its first job, and its successor does the second.
fn one_dies() {
    let world = World::new(2, 1, 2);
    let hired = world.roster.hire().expect("the first is missing");
    let thread = {
        let world = world.clone();
        thread::spawn(move || {
            while !world.take(1) {
                let is_wanted = || world.jobs.load(Relaxed) > 0;
                world.roster.sleep(&world.bed, 1, is_wanted, |announced| world.bed.wait(announced), || false);
            }
            world.done.arrive();
            match world.roster.died(hired.number, hired.life) {
                Successor::Hire(next) => start(&world, next.number),
                other => panic!("{other:?}"),
            }
        })
    };
    world.publish(1);
    world.publish(1);
    world.done.wait(0);
    world.end();
    thread.join().unwrap().join().unwrap();
}

fn two_find_it_dead() {
    let roster = Arc::new(Roster::new(2, 1, 0));
    let hired = roster.hire().expect("the first is missing");
    let died = move |roster: &Roster| roster.died(hired.number, hired.life);
    let other = thread::spawn({
        let roster = roster.clone();
        move || died(&roster)
    });
    let found = [died(&roster), other.join().unwrap()];
    let hired: Vec<_> = found.iter().filter(|next| matches!(next, Successor::Hire(_))).collect();
    assert_eq!(hired.len(), 1, "one dead, one successor");
    assert!(roster.hire().is_none(), "nobody is missing");
    assert_eq!(roster.counts().deaths, 1);
}

fn dead_or_ended() {
    let roster = Arc::new(Roster::new(2, 1, 0));
    let hired = roster.hire().expect("the first is missing");
    let ended = Arc::new(AtomicU32::new(0));
    let finder = thread::spawn({
        let (roster, ended) = (roster.clone(), ended.clone());
        move || {
            let was_over = ended.load(crate::sync::atomic::Ordering::Acquire) == 1;
            let next = roster.died(hired.number, hired.life);
            assert!(!was_over || next == Successor::Nobody, "hired after the end");
        }
    });
    roster.end();
    ended.store(1, crate::sync::atomic::Ordering::Release);
    assert!(roster.hire().is_none(), "hired after the end");
    finder.join().unwrap();
}

fn muster() {
    let roster = Arc::new(Roster::new(2, 2, 0));
    let _ = roster.hire().expect("the first is missing");
    let other = thread::spawn({
        let roster = roster.clone();
        move || roster.resize(1)
    });
    let held = roster.muster().expect("nobody is missing");
    assert!(held == 1 || held == 2);
    assert_eq!(roster.workers(), held, "the number moved during a muster");
    thread::yield_now();
    assert_eq!(roster.workers(), held, "the number moved during a muster");
    roster.dismiss();
    other.join().unwrap();
    assert_eq!((roster.workers(), roster.limit()), (1, 1));
}
