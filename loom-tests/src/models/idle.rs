//! The loop board and the bed together: no idle helper sleeps through a loop that was posted for it.
//!
//! Actors: a caller that posts a loop and notifies, and one or two helpers that look, announce, look again and sleep,
//! until they are told to stop. Here the caller does not work but waits until a helper has, so a loop that everybody
//! sleeps through is a deadlock. A helper may take a loop for one that it has seen the end of, because
//! generations come round. Bound: three threads, one or two loops.
//!
//! - FORBIDDEN: a helper asleep while a loop lies there that nobody is on the way to; a helper asleep that was told
//!   to stop.
//! - ACCEPTABLE: a helper woken for a loop that another has taken down; one that comes by itself.

#![allow(unsafe_code)]

use loom::sync::Arc;
use loom::thread;

use super::protocol::latch::Latch;
use super::protocol::loop_board::{Board, Generation};
use super::protocol::sleep::Bed;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("idle: one helper, one loop", Some(3), one_helper_one_loop),
        Scenario::over_futexes("idle: one helper, two loops", Some(2), one_helper_two_loops),
        Scenario::over_futexes(
            "idle: one helper, a generation that came round",
            Some(3),
            generation_came_round,
        ),
        vec![Scenario::new("idle: two helpers, one loop", Some(1), two_helpers_one_loop)],
    ]
    .concat()
}

/// Where a loop lies, as it is posted.
#[derive(Clone, Copy, Debug)]
struct Posting(*const Loop);

// SAFETY: it is only carried; who follows it is inside the board, and the cells behind it are watched.
unsafe impl Send for Posting {}

struct World {
    board: Board<Posting>,
    bed: Bed,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self { board: Board::new(Posting(std::ptr::null())), bed: Bed::new(Fences::symmetric()) })
    }

    /// Has a loop done that only a helper can do; more than one may come.
    fn call(&self) {
        let loop_ = Loop { taken: AtomicU32::new(0), done: Latch::new(1) };
        let owned = self.board.try_own().unwrap();
        self.board.post(&owned, Posting(&raw const loop_));
        if self.bed.sleeping() > 0 {
            self.bed.notify(1);
        }
        loop_.done.wait(0);
        self.board.take_down(&owned, 0, || None);
        self.board.release(owned);
    }

    fn help_until_closed(&self, mut seen: Option<Generation>) {
        while !self.bed.is_closed() {
            while self.finds_new(seen) {
                seen = self.help().or(seen);
            }
            let announced = self.bed.announce();
            if self.bed.is_closed() || self.is_wanted() {
                let _ = self.bed.stay_up(announced);
            } else {
                self.bed.wait(announced);
            }
            seen = None;
        }
    }

    fn finds_new(&self, seen: Option<Generation>) -> bool {
        self.board.posted().is_some_and(|now| seen != Some(now))
    }

    /// Generations come round, so whoever is about to sleep asks inside.
    fn is_wanted(&self) -> bool {
        self.board.try_enter().is_some_and(|entered| {
            // SAFETY: we are inside, so the loop is there (L2).
            let loop_ = unsafe { &*entered.posting.0 };
            let is_wanted = loop_.taken.load(Relaxed) == 0;
            self.board.leave(entered);
            is_wanted
        })
    }

    fn help(&self) -> Option<Generation> {
        let entered = self.board.try_enter()?;
        // SAFETY: we are inside, so the loop is there (L2).
        let loop_ = unsafe { &*entered.posting.0 };
        if loop_.taken.fetch_add(1, Relaxed) == 0 {
            loop_.done.arrive();
        }
        let generation = entered.generation;
        self.board.leave(entered);
        Some(generation)
    }
}

/// What lies on the caller's stack.
struct Loop {
    taken: AtomicU32,
    done: Latch,
}

fn helpers_do_loops(helpers: usize, loops: usize) {
    let world = World::new();
    let helpers: Vec<_> = (0..helpers)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.help_until_closed(None))
        })
        .collect();
    for _ in 0..loops {
        world.call();
    }
    world.bed.close();
    for helper in helpers {
        helper.join().unwrap();
    }
}

fn one_helper_one_loop() {
    helpers_do_loops(1, 1);
}

fn one_helper_two_loops() {
    helpers_do_loops(1, 2);
}

fn two_helpers_one_loop() {
    helpers_do_loops(2, 1);
}

/// What is up as the helper starts, it takes for a loop that it has seen the end of.
fn generation_came_round() {
    let world = World::new();
    let helper = thread::spawn({
        let world = world.clone();
        move || world.help_until_closed(world.board.posted())
    });
    world.call();
    world.bed.close();
    helper.join().unwrap();
}
