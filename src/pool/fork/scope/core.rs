//! What the threads of a scope share: jobs put aside for each other, panics, and whether to stop.

#![allow(unsafe_code)]

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::ops::Range;
use std::ptr::{self, NonNull};

use super::super::frame;
use super::super::give::WORTH_A_WAKE;
use super::super::kin::Kin;
use super::Scope;
use super::hand::Hand;
use super::job::Job;
use crate::pool::cancel::{Heeded, with_current};
use crate::pool::crew::{Crew, Posted};
use crate::pool::posting::{FirstPanic, Posting};
use crate::protocol::roll::Roll;
use crate::protocol::stock::{Stock, Which};

/// Nanoseconds of work before a helper that is awake is told: several trips of a cache line between cores.
const WORTH_SHARING: u64 = 5_000;

/// The part of a scope that all its threads use.
pub(super) struct Core {
    crew: *const Crew,
    pub(super) stock: Stock<Vec<Job>>,
    pub(super) roll: Roll<Box<dyn Any + Send>>,
    /// Whether the first panic stops the rest.
    stops_on_panic: bool,
    /// What the scope lies inside of.
    above: *const Kin,
    from_outside: bool,
    heeded: Option<NonNull<dyn Heeded>>,
    nothing: FirstPanic,
    /// The opener's alone.
    posted: Cell<Option<Posted<'static>>>,
    /// The opener's, until it is posted.
    kin: OnceCell<Kin>,
}

// SAFETY: a core is shared between the opener and those who are inside of its board, or inside of what those wait for. The
// pointers lead to what outlives it and may be shared; `posted` and the filling of `kin` are the opener's (Z2).
unsafe impl Sync for Core {}

impl Core {
    pub(super) fn new(
        crew: &Crew,
        stops_on_panic: bool,
        from_outside: bool,
        heeded: Option<NonNull<dyn Heeded>>,
    ) -> Self {
        Self {
            crew,
            stock: Stock::new(),
            roll: Roll::new(),
            stops_on_panic,
            above: frame::kin(),
            from_outside,
            heeded,
            nothing: FirstPanic::default(),
            posted: Cell::new(None),
            kin: OnceCell::new(),
        }
    }

    pub(super) fn crew(&self) -> &Crew {
        // SAFETY: a reference wants a live crew: the scope's opener borrows it until the scope ends.
        unsafe { &*self.crew }
    }

    /// Returns whether jobs that have not begun are to be left out.
    pub(super) fn is_stopped(&self) -> bool {
        self.roll.is_stopped()
    }

    /// Stops the scope if the token does under which it runs.
    pub(super) fn heed(&self) {
        let heeded = self.heeded.as_ref().map(|heeded| {
            // SAFETY: a reference wants something that lives: the opener's thread heeds it until the scope ends.
            unsafe { heeded.as_ref() }
        });
        if heeded.is_some_and(|heeded| heeded.stopped().is_some()) {
            self.roll.stop();
        }
    }

    pub(super) fn panicked(&self, payload: Box<dyn Any + Send>) {
        self.roll.enter(payload);
        if self.stops_on_panic {
            self.roll.stop();
        }
    }

    /// Puts jobs aside for others, and tells them of it if they take `worth` nanoseconds, together with what nobody was told
    /// of before. Returns what still nobody was told of.
    pub(super) fn put_aside(&self, scope: &Scope<'_>, lot: Vec<Job>, worth: u64, is_opener: bool) -> u64 {
        self.stock.put(lot);
        let crew = self.crew();
        if crew.workers() == 1 || crew.is_forked() {
            return 0;
        }
        let worth_a_wake = worth >= WORTH_A_WAKE;
        if !worth_a_wake && (worth < WORTH_SHARING || crew.looking() == 0) {
            return worth;
        }
        if is_opener && self.kin.get().is_none() {
            self.post(scope);
        } else if let Some(seat) = self.roll.seat() {
            let board = &crew.seat(seat).board;
            board.renew();
            if !is_opener {
                board.call();
            }
        }
        if worth_a_wake && crew.bed.sleeping() > 0 {
            crew.wake(1);
        }
        // SAFETY: a reference wants a live kin or none: whoever posted it waits for the scope (K1).
        if let Some(above) = unsafe { self.above.as_ref() }.filter(|above| above.idle() > 0) {
            above.call();
        }
        0
    }

    /// Lets others in. The opener's to call, before anybody is in.
    fn post(&self, scope: &Scope<'_>) {
        // SAFETY: a reference wants a live crew, for as long as the loop is posted: the opener borrows it longer.
        let crew: &'static Crew = unsafe { &*self.crew };
        let Some(owned) = crew.own_seat() else {
            return;
        };
        self.roll.set_seat(crew.number_of(owned.seat));
        let kin = self.kin.get_or_init(|| Kin::below(self.above, owned.seat));
        let body = ptr::from_ref(scope).cast();
        // SAFETY: `open` wants calls that suit the body: a scope, which lives until its opener has taken it down (Z1).
        let posting = unsafe { Posting::open(body, help, is_open, &self.nothing, kin, self.from_outside) };
        // SAFETY: what it returns is dropped in `take_down`, before the scope ends (Z1).
        self.posted.set(Some(unsafe { owned.post(posting) }));
    }

    /// Waits until there are jobs again or nobody is inside; returns whether anybody was. The opener has no job, and found none.
    pub(super) fn wait_if_anybody_is_inside(&self) -> bool {
        let posted = self.posted.take();
        let is_anybody = posted.as_ref().is_some_and(|posted| !posted.is_deserted());
        if is_anybody && let Some((posted, kin)) = posted.as_ref().zip(self.kin.get()) {
            self.crew().wait_inside(kin, posted, || posted.is_deserted() || !self.stock.is_empty());
        }
        self.posted.set(posted);
        is_anybody
    }

    /// Lets nobody in any more, and waits until everybody has left. A thread that is gone has left no panic of its own.
    pub(super) fn take_down(&self) {
        drop(self.posted.take());
        if let Some(payload) = self.nothing.take_as_panic() {
            self.roll.enter(payload);
        }
    }
}

/// Works in a scope as one of the helpers.
///
/// # Safety
///
/// - `scope` points to a live scope, whose board the caller is inside of.
unsafe fn help(scope: *const (), _: usize, _: Range<u32>) {
    // SAFETY: a reference wants a live scope (caller's duty).
    let scope = unsafe { &*scope.cast::<Scope<'static>>() };
    let heeded = scope.core.heeded.as_ref().map(|heeded| {
        // SAFETY: as in `heed`.
        unsafe { heeded.as_ref() }
    });
    with_current(heeded, || Hand::with(&scope.core, false, |hand| hand.work(scope, Which::Oldest)));
}

/// Returns whether a scope has jobs for others.
///
/// # Safety
///
/// - As for `help`.
unsafe fn is_open(scope: *const ()) -> bool {
    // SAFETY: a reference wants a live scope (caller's duty).
    let scope = unsafe { &*scope.cast::<Scope<'static>>() };
    !scope.core.stock.is_empty()
}
