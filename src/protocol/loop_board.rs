//! A board on which a caller posts a parallel loop that lies on its own stack.
//!
//! Helpers enter the loop by moving the board's word, so the caller knows of everyone who may touch its stack: it takes
//! the posting down, waits until the last has left, and only then returns. A helper that comes late finds nothing
//! posted and costs nothing. A caller that finds no free board runs its loop alone.
//!
//! ```text
//! owner = 0 or 1                                       0 --own--> 1 --release--> 0
//! word  = generation:16 | posted:1 | waiting:1 | entered:14
//! Down(g, 0) --post--> Up(g + 1, 0) --enter/leave--> Up(g + 1, n) --take_down--> Down(g + 1, n) --leave--> Down(g + 1, 0)
//! ```
//! `take_down` is all that a loop's caller needs. One that can do something else while helpers are inside, as the callers of
//! `join` and `scope` can, looks by itself whether they have left, and announces itself before it sleeps: then it is woken by
//! the last to leave or by whoever calls it. New pieces of a loop that is up are told by a new generation.
//!
//! Callers meet at `owner`, helpers at `word`; the posting shares the word's line, so a helper that spins on the word
//! has it with the same trip.
//!
//! - L1: the posting is written by the owner alone, while nothing is posted and nobody is inside.
//! - L2: whoever entered while the word was posted may use what is posted until it leaves; `take_down` does not return
//!   before `entered` is 0 with nothing posted, and then nobody can enter.
//! - L3: the generation only tells one loop from the next, so that a helper does not come back to one it has seen the
//!   end of. Entering is right at any generation: the exchange proves that something is posted now. Generations come
//!   round, so a helper that is about to sleep goes by what it finds inside.
//! - OWN: `release` to `own`, carries the end of the last loop.
//! - POST: `post` to `enter`, carries the posting and all that the caller wrote before.
//! - LEAVE: `leave` to `take_down` and `is_deserted`, carries all that the helper wrote inside.
//! - SLEEP, of owners that sleep and are called, is that of `board_sleep.rs`.

#![allow(unsafe_code)]

use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::board_sleep::WAITING;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{UnsafeCell, futex, hint};

use Ordering::{Acquire, Relaxed, Release};

const ENTERED: u32 = 1;
const MAX_ENTERED: u32 = (1 << 14) - 1;
const POSTED: u32 = 1 << 15;
const GENERATION: u32 = 1 << 16;

pub(crate) fn entered(word: u32) -> u32 {
    word & MAX_ENTERED
}

/// Which of a board's loops is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u32);

/// A place for one posted loop; a posting says where it is and how it is run.
#[derive(Debug)]
pub(crate) struct Board<P> {
    owner: CachePadded<AtomicU32>,
    pub(crate) line: CachePadded<Line<P>>,
}

#[derive(Debug)]
pub(crate) struct Line<P> {
    pub(crate) word: AtomicU32,
    posting: UnsafeCell<P>,
}

// SAFETY: the posting is written under L1 and copied under L2, never both at once. It travels to other threads, which
// wants `P: Send`.
unsafe impl<P: Send> Sync for Board<P> {}

/// The token of a caller that owns a board.
#[derive(Debug)]
#[must_use = "an owned board stays owned until it is released"]
pub(crate) struct Owned(());

/// The token of a helper inside a posted loop: it has to `leave`.
#[derive(Debug)]
#[must_use = "the caller waits until every helper has left"]
pub(crate) struct Entered<P> {
    /// What the owner posted.
    pub(crate) posting: P,
    /// Which of the board's loops it is.
    pub(crate) generation: Generation,
}

impl<P: Copy> Board<P> {
    /// Makes a free board. What `posting` is does not matter; nobody sees it.
    pub(crate) fn new(posting: P) -> Self {
        let line = Line { word: AtomicU32::new(0), posting: UnsafeCell::new(posting) };
        Self { owner: CachePadded::new(AtomicU32::new(0)), line: CachePadded::new(line) }
    }

    /// Takes the board if it is free.
    #[inline]
    pub(crate) fn try_own(&self) -> Option<Owned> {
        // ORDERING: Relaxed; the exchange below confirms what was read.
        if self.owner.load(Relaxed) != 0 {
            return None;
        }
        // ORDERING: OWN, acquire side. The last owner and its helpers are done with the board.
        self.owner.compare_exchange(0, 1, Acquire, Relaxed).ok().map(|_| Owned(()))
    }

    /// Posts a loop. What `posting` points to must live until `take_down` has returned.
    #[inline]
    pub(crate) fn post(&self, _: &Owned, posting: P) {
        self.line.posting.with_mut(|cell| {
            // SAFETY: `write` wants a valid, unaliased cell: ours, and nothing is posted, nobody inside (L1).
            unsafe { cell.write(posting) }
        });
        // ORDERING: Relaxed; nobody else moves the word while nothing is posted and nobody inside.
        let generation = self.line.word.load(Relaxed) / GENERATION;
        let word = generation.wrapping_add(1).wrapping_mul(GENERATION) | POSTED;
        // ORDERING: POST, release side. Model: loom-tests/loop_board.rs.
        self.line.word.store(word, Release);
    }

    /// Returns which loop is posted, if any: a hint for those who look around.
    pub(crate) fn posted(&self) -> Option<Generation> {
        // ORDERING: Relaxed; a hint. `try_enter` acquires.
        let word = self.line.word.load(Relaxed);
        (word & POSTED != 0).then_some(Generation(word / GENERATION))
    }

    /// Enters the loop that is posted, if one is.
    pub(crate) fn try_enter(&self) -> Option<Entered<P>> {
        // ORDERING: Relaxed; the exchange below confirms what was read.
        let mut word = self.line.word.load(Relaxed);
        while word & POSTED != 0 && entered(word) < MAX_ENTERED {
            // ORDERING: POST, acquire side.
            match self.line.word.compare_exchange_weak(word, word + ENTERED, Acquire, Relaxed) {
                // SAFETY: we are inside.
                Ok(_) => return Some(unsafe { self.read(word) }),
                Err(now) => word = now,
            }
        }
        None
    }

    /// Reads what is posted.
    ///
    /// # Safety
    ///
    /// - The caller is inside, or stands in for one who is.
    unsafe fn read(&self, word: u32) -> Entered<P> {
        let posting = self.line.posting.with(|cell| {
            // SAFETY: `read` wants a valid cell that nobody writes: somebody is inside, and it is we who leave (L2).
            unsafe { cell.read() }
        });
        Entered { posting, generation: Generation(word / GENERATION) }
    }

    /// Takes the place of a thread that is gone, to leave for it: by then the loop may be taken down, but is waited for.
    ///
    /// # Safety
    ///
    /// - The thread had entered and not left, and does nothing any more; nobody else stands in for it.
    pub(crate) unsafe fn stand_in(&self) -> Entered<P> {
        // SAFETY: the caller's duty.
        unsafe { self.read(self.line.word.load(Relaxed)) }
    }

    /// Leaves the loop; its memory is out of bounds from here on.
    pub(crate) fn leave(&self, token: Entered<P>) {
        let Entered { .. } = token;
        // ORDERING: LEAVE, release side. Other leaves continue the release sequence.
        let before = self.line.word.fetch_sub(ENTERED, Release);
        if before & WAITING != 0 && entered(before) == 1 {
            // The board outlives the loop, so its word may be named though the owner may be gone by now.
            futex::wake(&self.line.word, 1);
        }
    }

    /// Says that the loop has new pieces, to helpers that have seen the end of the old ones. Whoever is inside may say so.
    pub(crate) fn renew(&self) {
        // ORDERING: Relaxed; what the pieces are is for those who share them out to order. The bits above run over (L3).
        self.line.word.fetch_add(GENERATION, Relaxed);
    }

    /// Takes the loop down and waits until the last helper has left, looking `spins` times before it sleeps. It asks `until`
    /// before each sleep how long to sleep at most.
    pub(crate) fn take_down(&self, owned: &Owned, spins: u32, until: impl Fn() -> Option<Instant>) {
        // ORDERING: LEAVE, acquire side, for those who have left before. Like every exchange it goes on with their release
        // sequence, so whoever leaves later need not know of them.
        let before = self.line.word.fetch_and(!POSTED, Acquire);
        if entered(before) == 0 {
            return;
        }
        for _ in 0..spins {
            if self.is_deserted(owned) {
                return;
            }
            hint::spin_loop();
        }
        while !self.is_deserted(owned) {
            let announced = self.announce(owned);
            self.sleep(owned, announced, until());
        }
    }

    /// Returns whether nobody is inside. While the loop is posted the next may enter at once.
    pub(crate) fn is_deserted(&self, _: &Owned) -> bool {
        // ORDERING: LEAVE, acquire side. A wake promises no order; this load gives it.
        entered(self.line.word.load(Acquire)) == 0
    }

    /// Gives the board back. Nothing is posted and nobody inside.
    pub(crate) fn release(&self, owned: Owned) {
        let Owned(()) = owned;
        // ORDERING: OWN, release side.
        self.owner.store(0, Release);
    }
}
