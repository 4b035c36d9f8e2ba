//! One loop, as it lies on its caller's stack while helpers run pieces of it.
//!
//! The type of the loop's body is erased here, and only here: a posting is two words, the body's address and the code
//! that knows its type.

#![allow(unsafe_code)]

use std::any::Any;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use crate::protocol::cost::Kind;
use crate::protocol::latch::Latch;
use crate::protocol::loop_board::Entered;
use crate::protocol::shares::Shares;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Who gets which pieces.
#[derive(Debug)]
pub(crate) enum Deal {
    /// Whoever comes; at most this many pieces at once.
    Stealing { most: u32 },
    /// Each worker its own share and no other; the latch counts the helpers that have run theirs.
    Named { done: Latch },
}

/// A loop that helpers can run pieces of.
pub(crate) struct Posting<'a> {
    body: *const (),
    call: unsafe fn(*const (), usize, Range<u32>),
    deal: Deal,
    shares: &'a Shares,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: a posting is shared with helpers. The body behind the pointer is `Sync` (bound of `new`), the rest is.
unsafe impl Sync for Posting<'_> {}

/// Calls the body behind the pointer.
///
/// # Safety
///
/// - `body` points to a live `F`.
unsafe fn call<F: Fn(usize, Range<u32>) + Sync>(body: *const (), worker: usize, pieces: Range<u32>) {
    // SAFETY: a live `F` is the caller's duty; it is shared between threads, and `F` is `Sync`.
    let body = unsafe { &*body.cast::<F>() };
    body(worker, pieces);
}

/// Returns the kind of the loops that have this body's code.
pub(crate) fn kind_of<F: Fn(usize, Range<u32>) + Sync>(_: &F) -> Kind {
    Kind::new(call::<F> as *const () as usize)
}

impl<'a> Posting<'a> {
    /// Makes a posting of `body`, which gets the worker's number and a range of pieces. It borrows the body: as long
    /// as `'a`, and its users keep to the board's L2.
    pub(crate) fn new<F: Fn(usize, Range<u32>) + Sync>(body: &'a F, shares: &'a Shares, deal: Deal) -> Self {
        Self { body: std::ptr::from_ref(body).cast(), call: call::<F>, deal, shares, panic: Mutex::new(None) }
    }

    /// Returns the posting that a helper entered.
    ///
    /// Every board of a pool has postings on it and nothing else.
    pub(crate) fn at(entered: &Entered) -> &Posting<'_> {
        // SAFETY: a reference wants a live, valid posting: `OwnedSeat::post` put it up, `Posted` keeps it borrowed
        // until it is taken down, and that waits for the token we look at (L2). It is shared, and `Posting` is `Sync`.
        unsafe { &*entered.posting.cast() }
    }

    /// Takes some pieces for `worker` and runs them; returns how many, 0 when there is nothing left for it.
    pub(crate) fn run_some(&self, worker: usize) -> u32 {
        let pieces = match &self.deal {
            Deal::Stealing { most } => self.shares.take(worker, *most),
            Deal::Named { .. } => self.shares.take_share(worker),
        };
        let count = pieces.len() as u32;
        if count > 0 {
            self.run(worker, pieces);
        }
        count
    }

    /// Runs all that is left for `worker`, as one of the helpers.
    pub(crate) fn help(&self, worker: usize) {
        match &self.deal {
            Deal::Stealing { .. } => while self.run_some(worker) > 0 {},
            Deal::Named { done } => {
                if self.run_some(worker) > 0 {
                    done.arrive();
                }
            }
        }
    }

    /// Waits until the helpers have run their shares, if each has one of its own.
    pub(crate) fn wait_for_named(&self, spins: u32) {
        if let Deal::Named { done } = &self.deal {
            done.wait(spins);
        }
    }

    fn run(&self, worker: usize, pieces: Range<u32>) {
        let body = AssertUnwindSafe(|| {
            // SAFETY: `call` wants the body alive. Its borrow `'a` is longer than this posting's life, and who gets
            // at the posting is inside the board (L2) or its owner.
            unsafe { (self.call)(self.body, worker, pieces) }
        });
        if let Err(payload) = inside_job(|| catch_unwind(body)) {
            self.shares.cancel();
            let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            match &*first {
                None => *first = Some(payload),
                // A payload's own drop may panic; that panic's payload is let go rather than dropped.
                Some(_) => drop(catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(std::mem::forget)),
            }
        }
    }

    /// Goes on with the first panic of the loop, if there was one. After `take_down`.
    pub(crate) fn resume_panic(self) {
        if let Some(payload) = self.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(payload);
        }
    }
}

/// Runs `f` while `is_inside_job` says yes.
pub(crate) fn inside_job<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let _restore = Restore(INSIDE.replace(true));
    f()
}

/// Returns whether this thread is running a piece of some pool's loop.
pub(crate) fn is_inside_job() -> bool {
    INSIDE.get()
}
