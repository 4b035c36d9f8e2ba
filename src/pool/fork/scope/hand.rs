//! The jobs of a scope that one thread has to itself.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::super::give::WORTH_A_WAKE;
use super::Scope;
use super::core::Core;
use super::job::Job;
use crate::protocol::cost::Kind;
use crate::protocol::stock::Which;

/// Jobs in a lot, at most. A thread has at most twice as many to itself.
const LOT: usize = 128;

/// Nanoseconds between two looks at the clock, while short jobs run.
const PAUSE: u64 = 5_000;

/// Jobs between two looks, at most.
const MOST_JOBS: u64 = 64;

/// What one thread has of a scope.
pub(super) struct Hand {
    core: *const Core,
    is_opener: bool,
    /// The thread's other hands, of the scopes that this one lies inside of.
    below: *const Hand,
    jobs: RefCell<Vec<Job>>,
    /// Nanoseconds that the jobs take which others were not told of, as far as anybody knows.
    worth: Cell<u64>,
    /// The kind of the last job that was spawned, and what one takes.
    kind: Cell<(usize, u64)>,
    /// How often nobody knew what one takes.
    unknown: Cell<u32>,
}

/// Returns how many jobs that take `each` nanoseconds make a lot, at most `most`.
fn lot_of(each: u64, most: usize) -> usize {
    ((PAUSE / each.max(1)) as usize).clamp(1, most.max(1))
}

thread_local! {
    static TOP: Cell<*const Hand> = const { Cell::new(ptr::null()) };
}

impl Hand {
    /// Runs `f` with a hand of its own.
    pub(super) fn with<R>(core: &Core, is_opener: bool, f: impl FnOnce(&Hand) -> R) -> R {
        struct Restore(*const Hand);
        impl Drop for Restore {
            fn drop(&mut self) {
                TOP.set(self.0);
            }
        }
        let hand = Hand {
            core,
            is_opener,
            below: TOP.get(),
            jobs: RefCell::new(Vec::new()),
            worth: Cell::new(0),
            kind: Cell::new((0, 0)),
            unknown: Cell::new(0),
        };
        TOP.set(&hand);
        let _restore = Restore(hand.below);
        f(&hand)
    }

    /// Calls `f` with this thread's hand of the scope, if it has one.
    #[inline]
    pub(super) fn of<R>(core: &Core, f: impl FnOnce(Option<&Hand>) -> R) -> R {
        let mut hand = Self::top();
        while let Some(other) = hand
            && !ptr::eq(other.core, core)
        {
            hand = other.below();
        }
        f(hand)
    }

    pub(super) fn is_opener(&self) -> bool {
        self.is_opener
    }

    #[inline]
    fn top<'a>() -> Option<&'a Hand> {
        // SAFETY: a reference wants a live hand or none: `with` puts it here and takes it away before it ends. It is used
        // within a call that this thread makes meanwhile.
        unsafe { TOP.get().as_ref() }
    }

    fn below(&self) -> Option<&Hand> {
        // SAFETY: as above: it was there before us, and is there after us.
        unsafe { self.below.as_ref() }
    }

    fn core(&self) -> &Core {
        // SAFETY: a reference wants a live core: `with` borrows it.
        unsafe { &*self.core }
    }

    /// Takes a job that this thread spawned.
    #[inline]
    pub(super) fn push(&self, scope: &Scope<'_>, job: Job) {
        let address = job.address();
        let (kind, each) = self.kind.get();
        let each = if kind == address { each } else { self.expect(address) };
        let worth = self.worth.get() + each;
        self.worth.set(worth);
        let count = {
            let mut jobs = self.jobs.borrow_mut();
            jobs.push(job);
            jobs.len()
        };
        if worth >= WORTH_A_WAKE || count >= 2 * LOT {
            self.put_aside(scope);
        }
    }

    #[cold]
    fn expect(&self, address: usize) -> u64 {
        let crew = self.core().crew();
        // What nobody knows may be long; but if there are very many of them and still nobody knows, they are not worth a lot each.
        let unknown = || {
            let before = self.unknown.get();
            self.unknown.set(before + 1);
            WORTH_A_WAKE >> (before / 16).min(12)
        };
        let each = match crew.costs.recall(Kind::new(address)) {
            _ if crew.workers() == 1 => 0,
            Some(each) => u64::from(each).max(1),
            None => unknown(),
        };
        self.kind.set((address, each));
        each
    }

    /// Puts the oldest jobs aside for others.
    #[cold]
    fn put_aside(&self, scope: &Scope<'_>) {
        let (worth, core) = (self.worth.get(), self.core());
        let mut jobs = self.jobs.borrow_mut();
        let mut left = jobs.len().min(LOT);
        // Long ones lie in many lots, so that nobody waits behind another that somebody has taken with it.
        let lot = lot_of(worth / jobs.len().max(1) as u64, left);
        while left > lot {
            core.stock.put(jobs.drain(..lot).collect());
            left -= lot;
        }
        let last = jobs.drain(..left).collect();
        drop(jobs);
        let worth = core.put_aside(scope, last, worth, self.is_opener);
        self.worth.set(worth);
        // The jobs that have run since may tell another cost.
        self.kind.set((0, 0));
    }

    /// Puts all jobs aside that this thread has, of any scope: it is going to wait.
    pub(super) fn put_all_aside() {
        let mut hand = Self::top();
        while let Some(this) = hand {
            let jobs = this.jobs.take();
            if !jobs.is_empty() {
                this.core().stock.put(jobs);
            }
            hand = this.below();
        }
    }

    /// Runs jobs until this thread has none and none are put aside.
    pub(super) fn work(&self, scope: &Scope<'static>, which: Which) {
        loop {
            self.run_own(scope);
            let Some(lot) = self.core().stock.take(which) else {
                return;
            };
            self.jobs.replace(lot);
        }
    }

    fn pop(&self) -> Option<Job> {
        self.jobs.borrow_mut().pop()
    }

    /// Runs the jobs that this thread has, the newest first, and notes what they take.
    fn run_own(&self, scope: &Scope<'static>) {
        let Some(mut job) = self.pop() else {
            return;
        };
        let core = self.core();
        let crew = core.crew();
        let mut looked = crew.nanoseconds();
        loop {
            core.heed();
            let kind = job.address();
            let known = crew.costs.recall(Kind::new(kind)).map(u64::from);
            let most = known.map_or(1, |each| (PAUSE / each.max(1)).clamp(1, MOST_JOBS));
            let mut count = 1;
            self.run(scope, job);
            let mut next = self.pop();
            while count < most
                && let Some(same) = next.take_if(|job| job.address() == kind)
            {
                self.run(scope, same);
                count += 1;
                next = self.pop();
            }
            let now = crew.nanoseconds();
            let spent = now.saturating_sub(looked);
            looked = now;
            let each = spent / count;
            if !core.is_stopped() {
                // It falls at once and rises slowly: what took longer may have been somebody else's turn on the CPU.
                let each = known.map_or(each, |known| each.min(4 * known.max(1)));
                crew.costs.remember(Kind::new(kind), each.try_into().unwrap_or(u32::MAX));
            }
            let Some(found) = next else {
                return;
            };
            self.share_rest(scope, each);
            job = found;
        }
    }

    fn run(&self, scope: &Scope<'static>, job: Job) {
        let core = self.core();
        let ended = if core.is_stopped() {
            core.roll.skip();
            catch_unwind(AssertUnwindSafe(|| drop(job)))
        } else {
            job.run(scope)
        };
        if let Err(payload) = ended {
            core.panicked(payload);
        }
    }

    /// Puts half of the jobs aside, the older ones, if they are worth it and somebody has nothing to do.
    fn share_rest(&self, scope: &Scope<'_>, each: u64) {
        let core = self.core();
        let half = self.jobs.borrow().len().div_ceil(2);
        let worth = each.saturating_mul(half as u64);
        let crew = core.crew();
        if worth < PAUSE || crew.looking() + crew.bed.lying() as usize == 0 || crew.workers() == 1 {
            return;
        }
        let lot = lot_of(each, half);
        for _ in 0..half / lot {
            let lot: Vec<Job> = self.jobs.borrow_mut().drain(..lot).collect();
            let worth = each.saturating_mul(lot.len() as u64);
            core.put_aside(scope, lot, worth, self.is_opener);
        }
    }
}
