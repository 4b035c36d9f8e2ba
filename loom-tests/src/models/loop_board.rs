//! The loop board: a loop on the caller's stack is touched by nobody who has not entered, and by nobody after.
//!
//! Actors: one or two callers that own the board, post a loop, run it too and take it down; one or two helpers that
//! look once or twice and enter what they find. A loop is an input cell that its caller writes before posting, pieces
//! dealt by a relaxed counter, and an output cell for each piece. When a caller has taken its loop down it reads the
//! outputs and writes the input, as if the stack were used for something else. Bound: three threads, two pieces.
//!
//! A second kind of caller does not take the loop down but waits for what helpers put aside for it: one inside puts something
//! aside, calls, and stays inside until the caller has it. And a helper that has seen the end of the pieces there
//! were is told of new ones. A helper may be gone without having left: who has learned that leaves for it.
//!
//! - Invariants: L1, L2, L3.
//! - FORBIDDEN: a caller asleep beside what was put aside for it; a helper that misses the new pieces that it was told of; a
//!   helper that reads the input before the caller wrote it, or touches a cell after `take_down` has
//!   returned (loom sees cells that race); a piece run twice or not at all; a caller that sleeps after the last left.
//! - ACCEPTABLE: a helper that finds nothing; one that meets the next loop; a caller that runs its loop alone.

#![allow(unsafe_code)]

use loom::sync::Arc;
use loom::thread;

use super::protocol::latch::Latch;
use super::protocol::loop_board::Board;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("loop_board: one helper, the caller sleeps", None, one_helper_caller_sleeps),
        Scenario::over_futexes("loop_board: one helper, the caller spins", Some(3), one_helper_caller_spins),
        Scenario::over_futexes("loop_board: two helpers", Some(2), two_helpers),
        Scenario::over_futexes("loop_board: two loops, one helper that lags", Some(3), two_loops_one_helper),
        Scenario::over_futexes("loop_board: two callers, one helper", Some(2), two_callers_one_helper),
        Scenario::over_futexes(
            "loop_board: one inside calls the caller",
            Some(3),
            one_inside_calls_the_caller,
        ),
        Scenario::over_futexes("loop_board: one is gone, another leaves for it", Some(3), one_is_gone),
        vec![Scenario::new("loop_board: new pieces for one that has seen the end", None, new_pieces)],
    ]
    .concat()
}

const PIECES: usize = 2;
const INPUT: u32 = 7;

/// What lies on a caller's stack.
struct Loop {
    input: Watched<u32>,
    next: AtomicU32,
    outputs: [Watched<u32>; PIECES],
}

impl Loop {
    fn new() -> Self {
        Self {
            input: Watched::new(0),
            next: AtomicU32::new(0),
            outputs: [(); PIECES].map(|()| Watched::new(0)),
        }
    }

    fn run(&self) {
        // ORDERING: Relaxed; the board alone has to order the cells.
        while let Some(output) = self.outputs.get(self.next.fetch_add(1, Relaxed) as usize) {
            output.set(output.get() + self.input.get());
        }
    }

    fn assert_done(&self) {
        for output in &self.outputs {
            assert_eq!(output.get(), INPUT, "a piece runs once");
        }
    }
}

/// Where a loop lies, as it is posted.
#[derive(Clone, Copy, Debug)]
struct Posting(*const Loop);

// SAFETY: it is only carried; who follows it is inside the board, and the cells behind it are watched.
unsafe impl Send for Posting {}

/// A board, and the stacks of those who post there. They outlive the model's loops, so that a helper that comes too
/// late touches a cell that loom watches.
struct World<const LOOPS: usize> {
    board: Board<Posting>,
    loops: [Loop; LOOPS],
}

impl<const LOOPS: usize> World<LOOPS> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            board: Board::new(Posting(std::ptr::null())),
            loops: [(); LOOPS].map(|()| Loop::new()),
        })
    }

    /// Runs a loop as a caller does. Returns whether it had the board.
    fn call(&self, loop_: &Loop, spins: u32) -> bool {
        loop_.input.set(INPUT);
        let owned = self.board.try_own();
        match &owned {
            Some(owned) => {
                self.board.post(owned, Posting(loop_));
                loop_.run();
                self.board.take_down(owned, spins, || None);
            }
            None => loop_.run(),
        }
        loop_.assert_done();
        loop_.input.set(0);
        owned.map(|owned| self.board.release(owned)).is_some()
    }

    /// Looks for a loop once and helps with it.
    fn help(&self) {
        if let Some(entered) = self.board.try_enter() {
            // SAFETY: we are inside, so the loop is there (L2).
            let loop_ = unsafe { &*entered.posting.0 };
            loop_.run();
            self.board.leave(entered);
        }
    }
}

fn one_helper(spins: u32) {
    let world = World::<1>::new();
    let helper = thread::spawn({
        let world = world.clone();
        move || world.help()
    });
    assert!(world.call(&world.loops[0], spins));
    helper.join().unwrap();
}

fn one_helper_caller_sleeps() {
    one_helper(0);
}

fn one_helper_caller_spins() {
    one_helper(1);
}

fn two_helpers() {
    let world = World::<1>::new();
    let helpers = [(); 2].map(|()| {
        let world = world.clone();
        thread::spawn(move || world.help())
    });
    assert!(world.call(&world.loops[0], 0));
    for helper in helpers {
        helper.join().unwrap();
    }
}

/// The helper looks twice, so it may be in the first loop, the second, both or neither.
fn two_loops_one_helper() {
    let world = World::<2>::new();
    let helper = thread::spawn({
        let world = world.clone();
        move || {
            world.help();
            world.help();
        }
    });
    assert!(world.call(&world.loops[0], 0));
    assert!(world.call(&world.loops[1], 0));
    helper.join().unwrap();
}

/// Whoever does not get the board runs alone; the helper may be in either's loop.
fn two_callers_one_helper() {
    let world = World::<2>::new();
    let helper = thread::spawn({
        let world = world.clone();
        move || world.help()
    });
    let caller = thread::spawn({
        let world = world.clone();
        move || world.call(&world.loops[1], 0)
    });
    world.call(&world.loops[0], 0);
    caller.join().unwrap();
    helper.join().unwrap();
}

/// The helper stays inside until the caller has taken what it put aside: a caller that sleeps through the call sleeps for
/// ever, and so does the helper, which sleeps on the latch.
fn one_inside_calls_the_caller() {
    let world = World::<1>::new();
    let (aside, taken) = (Arc::new(AtomicU32::new(0)), Arc::new(Latch::new(1)));
    let owned = world.board.try_own().unwrap();
    world.board.post(&owned, Posting(&world.loops[0]));
    let entered = world.board.try_enter().unwrap();
    let helper = thread::spawn({
        let (world, aside, taken) = (world.clone(), aside.clone(), taken.clone());
        move || {
            // ORDERING: Relaxed; the call alone has to see to it that it is found.
            aside.store(1, Relaxed);
            world.board.call();
            taken.wait(0);
            world.board.leave(entered);
        }
    });
    while aside.load(Relaxed) == 0 {
        let announced = world.board.announce(&owned);
        if aside.load(Relaxed) != 0 {
            world.board.stay_up(&owned, announced);
        } else {
            world.board.sleep(&owned, announced, None);
        }
    }
    taken.arrive();
    world.board.take_down(&owned, 0, || None);
    world.board.release(owned);
    helper.join().unwrap();
}

/// Two are inside; one has seen the end of the pieces and leaves, and by then the other has told of new ones.
fn new_pieces() {
    let world = World::<1>::new();
    let told = Arc::new(Latch::new(1));
    let owned = world.board.try_own().unwrap();
    world.board.post(&owned, Posting(&world.loops[0]));
    let (first, second) = (world.board.try_enter().unwrap(), world.board.try_enter().unwrap());
    let helper = thread::spawn({
        let (world, told) = (world.clone(), told.clone());
        move || {
            let seen = second.generation;
            world.board.leave(second);
            told.wait(0);
            assert_ne!(world.board.posted(), Some(seen), "there are new pieces");
        }
    });
    world.board.renew();
    told.arrive();
    world.board.leave(first);
    helper.join().unwrap();
    world.board.take_down(&owned, 0, || None);
    world.board.release(owned);
}

/// One enters, writes and is gone; who has learned it, here by a join, leaves for it, and the caller goes on.
fn one_is_gone() {
    let world = World::<1>::new();
    let owned = world.board.try_own().unwrap();
    world.loops[0].input.set(INPUT);
    world.board.post(&owned, Posting(&world.loops[0]));
    let entered = world.board.try_enter().unwrap();
    let gone = thread::spawn({
        let world = world.clone();
        move || {
            world.loops[0].run();
            // Not by `leave`: it is gone.
            let _ = entered;
        }
    });
    let finder = thread::spawn({
        let world = world.clone();
        move || {
            gone.join().unwrap();
            // SAFETY: it has entered and not left, it is joined, and nobody else stands in.
            let entered = unsafe { world.board.stand_in() };
            assert!(std::ptr::eq(entered.posting.0, &world.loops[0]));
            world.board.leave(entered);
        }
    });
    world.board.take_down(&owned, 0, || None);
    world.loops[0].assert_done();
    world.board.release(owned);
    finder.join().unwrap();
}
