//! One loop, as helpers see it: where its body lies on the caller's stack, and the code that knows the body's type.
//!
//! The type of the body is erased here, and only here.

#![allow(unsafe_code)]

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use super::cancel::{Watch, with_current};
use super::current::{inside_job, is_inside_job};
use super::error::LoopError;
use super::fork::frame;
use super::fork::kin::Kin;
use super::pace::Pace;
use crate::protocol::cost::Kind;
use crate::protocol::latch::Latch;
use crate::protocol::shares::Shares;

/// Who gets which pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deal<'a> {
    /// Whoever comes; at most this many pieces at once.
    Stealing { most: u32 },
    /// Each worker its own share and no other; the latch counts the helpers that have run theirs.
    Named { done: &'a Latch },
    /// The body is called once by whoever comes, and knows itself what is left.
    Own { is_open: unsafe fn(*const ()) -> bool },
}

/// A loop as it is posted: a few words, which a helper reads with the board's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Posting<'a> {
    body: *const (),
    call: unsafe fn(*const (), usize, Range<u32>),
    deal: Deal<'a>,
    panic: &'a FirstPanic,
    /// Inside what it was posted.
    kin: &'a Kin,
    /// Whether its caller is none of a pool's own threads: it works on the CPU that the stand-in would.
    from_outside: bool,
    /// The token of the loop, if it has one.
    watch: Option<&'a Watch<'a>>,
}

/// The first panic of a loop's body.
#[derive(Debug, Default)]
pub(crate) struct FirstPanic(Mutex<Option<Box<dyn Any + Send>>>);

// SAFETY: a posting is sent to helpers, who share what it points to. The body behind the pointer is `Sync` (bound of
// `new`), the rest is.
unsafe impl Send for Posting<'_> {}

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
    /// Makes a posting of `body`, which gets the worker's number and a range of pieces. Under a token, helpers inherit it;
    /// and pieces for whoever comes are no longer run once it is stopped.
    pub(crate) fn new<F: Fn(usize, Range<u32>) + Sync>(
        body: &'a F,
        deal: Deal<'a>,
        panic: &'a FirstPanic,
        kin: &'a Kin,
        watch: Option<&'a Watch<'a>>,
    ) -> Self {
        let body = std::ptr::from_ref(body).cast();
        Self { body, call: call::<F>, deal, panic, kin, from_outside: !is_inside_job(), watch }
    }

    /// Makes a posting of a body that knows itself what is left of it.
    ///
    /// # Safety
    ///
    /// - `call` and `is_open` may be called with `body` for `'a`, by any thread.
    pub(crate) unsafe fn open(
        body: *const (),
        call: unsafe fn(*const (), usize, Range<u32>),
        is_open: unsafe fn(*const ()) -> bool,
        panic: &'a FirstPanic,
        kin: &'a Kin,
        from_outside: bool,
    ) -> Self {
        Self { body, call, deal: Deal::Own { is_open }, panic, kin, from_outside, watch: None }
    }

    /// Makes the same posting for a board, which knows no lifetimes.
    ///
    /// # Safety
    ///
    /// - The result is not used when `'a` is over.
    pub(crate) unsafe fn for_board(self) -> Posting<'static> {
        // SAFETY: the two types differ in a lifetime, and that is the caller's to watch.
        unsafe { std::mem::transmute::<Posting<'a>, Posting<'static>>(self) }
    }

    /// Returns whether the caller was not inside a job.
    pub(crate) fn is_from_outside(&self) -> bool {
        self.from_outside
    }

    /// Takes some pieces for `worker` and runs them; returns how many, 0 when there is nothing left for it.
    pub(crate) fn run_some(&self, shares: &Shares, worker: usize) -> u32 {
        let pieces = match self.deal {
            Deal::Stealing { most } => shares.take(worker, most),
            Deal::Named { .. } => shares.take_share(worker),
            Deal::Own { .. } => 0..0,
        };
        let count = pieces.len() as u32;
        if count > 0 {
            self.run(shares, worker, pieces);
        }
        count
    }

    /// Returns whether there is something left for `worker`.
    pub(crate) fn has_any_for(&self, shares: &Shares, worker: usize) -> bool {
        match self.deal {
            Deal::Stealing { .. } => shares.is_any_left(),
            Deal::Named { .. } => shares.is_share_left(worker),
            Deal::Own { is_open } => {
                // SAFETY: it may be called for `'a` (duty of `open`), and the posting is not used longer.
                unsafe { is_open(self.body) }
            }
        }
    }

    /// Returns whether it was posted from inside of `kin`, or is it, and any thread may run a part of it.
    pub(crate) fn is_inside(&self, kin: &Kin) -> bool {
        matches!(self.deal, Deal::Own { .. }) && self.kin.is_of(kin)
    }

    /// Runs all that is left for `worker`, and stops when the loop's token does; returns how many pieces it ran.
    pub(crate) fn run_rest(&self, shares: &Shares, worker: usize) -> u32 {
        let mut done = 0;
        match (self.deal, self.watch) {
            (Deal::Stealing { most }, Some(watch)) => {
                let mut pace = Pace::new(most);
                loop {
                    let pieces = shares.take(worker, pace.pieces());
                    if pieces.is_empty() {
                        break;
                    }
                    if !watch.lets_go_on() {
                        shares.cancel();
                        break;
                    }
                    done += pieces.len() as u32;
                    self.run(shares, worker, pieces);
                    pace.keep();
                }
            }
            _ => {
                while let ran @ 1.. = self.run_some(shares, worker) {
                    done += ran;
                }
            }
        }
        done
    }

    /// Says for `worker`, which is gone, that what it was at will not be done.
    pub(crate) fn lose(&self, shares: &Shares, worker: usize) {
        self.panic.keep(Box::new(Gone { worker }));
        shares.cancel();
        if let Deal::Named { done } = self.deal {
            // It was at its share, or it would have left.
            done.arrive();
        }
    }

    /// Counts the share of a worker as run that will never come for it.
    pub(crate) fn skip(&self, shares: &Shares, worker: usize) {
        if let Deal::Named { done } = self.deal
            && !shares.take_share(worker).is_empty()
        {
            done.arrive();
        }
    }

    /// Runs all that is left for `worker`, as one of the helpers; returns how many pieces it ran.
    pub(crate) fn help(&self, shares: &Shares, worker: usize) -> u32 {
        let run = || match self.deal {
            Deal::Stealing { .. } => self.run_rest(shares, worker),
            Deal::Named { done } => {
                let ran = self.run_some(shares, worker);
                if ran > 0 {
                    done.arrive();
                }
                ran
            }
            Deal::Own { .. } => {
                self.run(shares, worker, 0..0);
                1
            }
        };
        frame::inside(self.kin, || with_current(self.watch.map(|watch| watch.heeded), run))
    }

    fn run(&self, shares: &Shares, worker: usize, pieces: Range<u32>) {
        let body = AssertUnwindSafe(|| {
            // SAFETY: `call` wants the body alive. It is for `'a`, and the posting is not used longer.
            unsafe { (self.call)(self.body, worker, pieces) }
        });
        if let Err(payload) = inside_job(|| catch_unwind(body)) {
            shares.cancel();
            self.panic.keep(payload);
        }
    }
}

/// What a loop is told for a thread that is gone.
struct Gone {
    worker: usize,
}

impl FirstPanic {
    fn keep(&self, payload: Box<dyn Any + Send>) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = Some(payload);
            return;
        }
        drop(first);
        let_go(payload);
    }

    /// Goes on with the panic, if there was one; says it if a thread is gone that ran a part.
    pub(crate) fn settle(self) -> Result<(), LoopError> {
        match self.take().map(|payload| payload.downcast::<Gone>()) {
            None => Ok(()),
            Some(Ok(gone)) => Err(LoopError::ThreadGone { worker: gone.worker }),
            Some(Err(payload)) => resume_unwind(payload),
        }
    }

    /// Goes on with the panic, if there was one. A thread that is gone counts as one, with a message.
    pub(crate) fn resume(self) {
        if let Some(payload) = self.take_as_panic() {
            resume_unwind(payload);
        }
    }

    /// Returns the panic's payload, if there was one; of a thread that is gone, a message.
    pub(crate) fn take_as_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.take().map(|payload| match payload.downcast::<Gone>() {
            Ok(gone) => Box::new(LoopError::ThreadGone { worker: gone.worker }.to_string()),
            Err(payload) => payload,
        })
    }

    fn take(&self) -> Option<Box<dyn Any + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Drops a panic's payload. Its own drop is the user's code, and may panic; that panic's payload is let go rather than dropped.
pub(crate) fn let_go(payload: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(another);
    }
}
