//! What a thread knows of the fork that it is in: the list of its nodes, and when to look for somebody who idles.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr::{self, NonNull};

use super::give;
use super::kin::Kin;
use super::node::Head;
use crate::pool::cancel::Heeded;
use crate::pool::crew::Crew;

/// Forks between two looks at the clock, at most: so many may be missed if they suddenly take longer.
const MOST_FORKS: u32 = 512;

/// Forks that are not listed because all of it was short before, at most.
const MOST_UNLISTED: u64 = 1024;

/// A thread's place in the forks that it runs. One for each thread; only its thread uses it.
#[derive(Debug)]
pub(crate) struct Local {
    /// Whose frame the thread is in; null if in none.
    crew: Cell<*const Crew>,
    /// Forks until the next look.
    pub(super) countdown: Cell<u32>,
    /// The youngest node; the frame's root if there is none, and null while the frame keeps no list.
    pub(super) youngest: Cell<*const Head>,
    /// The youngest node that was given away; the frame's root if none was (F2).
    pub(super) given: Cell<*const Head>,
    frame: Cell<*const Frame>,
    /// What this thread runs a part of; null if of nothing.
    kin: Cell<*const Kin>,
}

/// What a fork keeps from its first node to its last, on the stack of whoever entered it.
#[derive(Debug)]
pub(super) struct Frame {
    root: Head,
    /// Forks from the last look to the next.
    period: Cell<u32>,
    /// Forks until the last look.
    forks: Cell<u64>,
    looked: Cell<u64>,
    /// Nanoseconds between two forks, lately.
    grain: Cell<u64>,
    /// When a half was given away last.
    pub(super) gave: Cell<u64>,
    /// When the outermost fork began, on whatever thread.
    pub(super) began: u64,
    /// Whether it begins without a list: it was over before anything was given away when it last ran, or nobody can help.
    is_short: bool,
    /// Whether the first half is to be given away at once.
    pub(super) is_eager: Cell<bool>,
    pub(super) from_outside: bool,
    /// What all its halves heed.
    pub(super) heeded: Option<NonNull<dyn Heeded>>,
}

/// What a frame starts from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub(super) now: u64,
    pub(super) began: u64,
    /// Nanoseconds between two forks, as far as anybody knows.
    pub(super) grain: u64,
    pub(super) is_eager: bool,
    pub(super) is_short: bool,
    pub(super) from_outside: bool,
    pub(super) heeded: Option<NonNull<dyn Heeded>>,
}

thread_local! {
    static LOCAL: Local = const { Local::new() };
}

/// Runs `f` with the thread's place.
#[inline(always)]
pub(super) fn with<R>(f: impl FnOnce(&Local) -> R) -> R {
    // The closure is kept small, so that what it is called by is part of its caller.
    let local = LOCAL.with(ptr::from_ref);
    // SAFETY: a reference wants something that lives: `f` runs on the thread whose it is, and nothing of it is dropped before.
    f(unsafe { &*local })
}

/// Returns what this thread runs a part of.
pub(crate) fn kin() -> *const Kin {
    LOCAL.with(|local| local.kin.get())
}

/// Runs `f` outside of every frame: a fork in it enters one of its own.
#[inline]
pub(crate) fn apart<R>(f: impl FnOnce() -> R) -> R {
    struct Restore<'a>(&'a Local, *const Crew);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            self.0.crew.set(self.1);
        }
    }
    LOCAL.with(|local| {
        let _restore = Restore(local, local.crew.replace(ptr::null()));
        f()
    })
}

/// Runs `f` as a part of `kin`. The caller sees to it that it is outside of every frame.
pub(crate) fn inside<R>(kin: &Kin, f: impl FnOnce() -> R) -> R {
    struct Restore<'a>(&'a Local, *const Kin);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            self.0.kin.set(self.1);
        }
    }
    LOCAL.with(|local| {
        let _restore = Restore(local, local.kin.replace(kin));
        f()
    })
}

/// Leaves a frame when it is dropped: what was before is again (F5).
struct Restore<'a> {
    local: &'a Local,
    before: (*const Crew, u32, *const Head, *const Head, *const Frame),
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let Local { crew, countdown, youngest, given, frame, .. } = self.local;
        crew.set(self.before.0);
        countdown.set(self.before.1);
        youngest.set(self.before.2);
        given.set(self.before.3);
        frame.set(self.before.4);
    }
}

impl Local {
    const fn new() -> Self {
        Self {
            crew: Cell::new(ptr::null()),
            countdown: Cell::new(0),
            youngest: Cell::new(ptr::null()),
            given: Cell::new(ptr::null()),
            frame: Cell::new(ptr::null()),
            kin: Cell::new(ptr::null()),
        }
    }

    /// Returns whether this thread is in a frame of `crew`.
    #[inline(always)]
    pub(super) fn is_in(&self, crew: &Crew) -> bool {
        ptr::eq(self.crew.get(), crew)
    }

    /// Returns whether forks are to be listed.
    #[inline(always)]
    pub(super) fn keeps_list(&self) -> bool {
        !self.youngest.get().is_null()
    }

    /// Counts a fork, and looks if it is time.
    #[inline(always)]
    pub(super) fn count_fork(&self) {
        let left = self.countdown.get() - 1;
        self.countdown.set(left);
        if left == 0 {
            give::look(self);
        }
    }

    /// Lists forks from here on, in the frame that the thread is in.
    pub(super) fn begin_list(&self, frame: &Frame) {
        self.youngest.set(&raw const frame.root);
        self.given.set(&raw const frame.root);
    }

    fn enter(&self, crew: *const Crew, frame: *const Frame) -> Restore<'_> {
        Restore {
            local: self,
            before: (
                self.crew.replace(crew),
                self.countdown.get(),
                self.youngest.get(),
                self.given.get(),
                self.frame.replace(frame),
            ),
        }
    }

    /// Runs `f` in a frame of its own.
    pub(super) fn run_in<R>(&self, crew: &Crew, frame: &Frame, f: impl FnOnce() -> R) -> R {
        let _restore = self.enter(crew, frame);
        self.countdown.set(frame.period.get());
        if frame.is_short {
            self.youngest.set(ptr::null());
        } else {
            self.begin_list(frame);
        }
        f()
    }

    /// Returns the crew and the frame that this thread is in.
    pub(super) fn place(&self) -> Option<(&Crew, &Frame)> {
        // SAFETY: a reference wants a live crew or none: whoever entered the frame borrows it until it leaves (F5).
        let crew = unsafe { self.crew.get().as_ref() };
        // SAFETY: the same, of the frame.
        let frame = unsafe { self.frame.get().as_ref() };
        crew.zip(frame)
    }
}

impl Frame {
    /// Makes a frame whose first look comes after as many forks as take `pause` nanoseconds, or with the first fork if it is
    /// eager; `None` is never.
    pub(super) fn new(start: Start, pause: Option<u64>) -> Self {
        let period = match pause {
            Some(_) if start.is_eager => 1,
            // Long enough for all of it: then no fork is listed in vain.
            Some(pause) if start.is_short => (2 * pause / start.grain.max(1)).clamp(1, MOST_UNLISTED) as u32,
            Some(pause) => (pause / start.grain.max(1)).clamp(1, u64::from(MOST_FORKS)) as u32,
            None => u32::MAX,
        };
        Self {
            root: Head::root(),
            period: Cell::new(period),
            forks: Cell::new(0),
            looked: Cell::new(start.now),
            grain: Cell::new(start.grain),
            gave: Cell::new(start.began),
            began: start.began,
            is_short: start.is_short,
            is_eager: Cell::new(start.is_eager),
            from_outside: start.from_outside,
            heeded: start.heeded,
        }
    }

    /// Notes a look at the clock, and how many forks may pass until `pause` is over; returns that.
    pub(super) fn look(&self, now: u64, pause: u64) -> u32 {
        let forks = self.period.get();
        self.forks.set(self.forks.get() + u64::from(forks));
        let each = now.saturating_sub(self.looked.replace(now)) / u64::from(forks);
        self.grain.set((3 * self.grain.get() + each) / 4);
        let period = (pause / each.max(1)).clamp(1, u64::from(MOST_FORKS.min(forks.saturating_mul(2))));
        self.period.set(period as u32);
        period as u32
    }

    /// Returns how many forks there were, when `left` are missing to the next look.
    pub(super) fn forks(&self, left: u32) -> u64 {
        self.forks.get() + u64::from(self.period.get().saturating_sub(left))
    }

    /// Returns the nanoseconds between two forks, lately.
    pub(super) fn grain(&self) -> u64 {
        self.grain.get()
    }
}
