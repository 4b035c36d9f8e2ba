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

/// Halves that lie listed at a time while forks follow each other closely; further forks run their halves in turn.
const FEW: i32 = 4;

/// Nanoseconds from one fork to the next from which on all halves are listed: that costs some 5.
const LISTED_FROM: u64 = 64;

/// A thread's place in the forks that it runs. One for each thread; only its thread uses it.
#[derive(Debug)]
pub(crate) struct Local {
    /// Whose frame the thread is in; null if in none.
    crew: Cell<*const Crew>,
    /// The same while no half is to be listed, and null while halves are: one look says it all to those that run in turn.
    full: Cell<*const Crew>,
    /// Halves that may still be listed; none is from 0 down.
    room: Cell<i32>,
    /// Forks until the next look.
    pub(super) countdown: Cell<u32>,
    /// The youngest node; the frame's root if there is none.
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
    /// When the frame was entered.
    entered: u64,
    /// How long its thread has waited for halves that ran elsewhere.
    waited: Cell<u64>,
    /// What was done in those.
    elsewhere: Cell<Tally>,
    /// Nanoseconds between two forks, lately.
    grain: Cell<u64>,
    /// The same as it was on average when it last ran; 0 if nobody knows.
    average: u64,
    /// Halves that may lie listed at a time.
    most: Cell<i32>,
    /// When a half was given away last.
    pub(super) gave: Cell<u64>,
    /// When the outermost fork began, on whatever thread.
    pub(super) began: u64,
    /// Whether the first half is to be given away at once.
    pub(super) is_eager: Cell<bool>,
    pub(super) from_outside: bool,
    /// What all its halves heed.
    pub(super) heeded: Option<NonNull<dyn Heeded>>,
}

/// Work that was done, on whatever threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) forks: u64,
    pub(super) nanoseconds: u64,
}

/// What a frame starts from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub(super) now: u64,
    pub(super) began: u64,
    /// Nanoseconds between two forks, as far as anybody knows.
    pub(super) grain: u64,
    pub(super) average: u64,
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
    struct Restore<'a>(&'a Local, *const Crew, *const Crew);
    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            self.0.crew.set(self.1);
            self.0.full.set(self.2);
        }
    }
    LOCAL.with(|local| {
        let Local { crew, full, .. } = local;
        let _restore = Restore(local, crew.replace(ptr::null()), full.replace(ptr::null()));
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
    /// The place that the thread is not in: first the one to enter, then the one to go back to.
    other: Local,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.change_places();
    }
}

impl Restore<'_> {
    fn change_places(&self) {
        let Local { crew, full, room, countdown, youngest, given, frame, kin: _ } = self.local;
        crew.swap(&self.other.crew);
        full.swap(&self.other.full);
        room.swap(&self.other.room);
        countdown.swap(&self.other.countdown);
        youngest.swap(&self.other.youngest);
        given.swap(&self.other.given);
        frame.swap(&self.other.frame);
    }
}

impl Local {
    const fn new() -> Self {
        Self {
            crew: Cell::new(ptr::null()),
            full: Cell::new(ptr::null()),
            room: Cell::new(0),
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

    /// Returns whether this thread is in a frame of `crew` and no half is to be listed.
    #[inline(always)]
    pub(super) fn is_full(&self, crew: &Crew) -> bool {
        ptr::eq(self.full.get(), crew)
    }

    /// Counts a fork, or the end of a listed first half, and looks if it is time.
    #[inline(always)]
    pub(super) fn count(&self) {
        let left = self.countdown.get() - 1;
        self.countdown.set(left);
        if left == 0 {
            give::look(self);
        }
    }

    /// Notes that a half was listed.
    #[inline(always)]
    pub(super) fn take_room(&self) {
        self.set_room(self.room.get() - 1);
    }

    /// Notes that a half is listed no more, or given away.
    #[inline(always)]
    pub(super) fn make_room(&self) {
        self.set_room(self.room.get() + 1);
    }

    #[inline(always)]
    fn set_room(&self, room: i32) {
        self.room.set(room);
        self.full.set(if room > 0 { ptr::null() } else { self.crew.get() });
    }

    /// Lists as many halves from here on, in the frame that the thread is in, as suits the time between two forks.
    pub(super) fn adapt(&self, frame: &Frame) {
        let most = if frame.grain() >= LISTED_FROM { i32::MAX } else { FEW };
        let more = most - frame.most.replace(most);
        if more != 0 {
            self.set_room(self.room.get() + more);
        }
    }

    /// Runs `f` in a frame of its own.
    pub(super) fn run_in<R>(&self, crew: &Crew, frame: &Frame, f: impl FnOnce() -> R) -> R {
        let other = Self::new();
        other.crew.set(crew);
        other.frame.set(frame);
        other.countdown.set(frame.period.get());
        other.youngest.set(&raw const frame.root);
        other.given.set(&raw const frame.root);
        other.set_room(frame.most.get());
        let restore = Restore { local: self, other };
        restore.change_places();
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
            entered: start.now,
            waited: Cell::new(0),
            elsewhere: Cell::default(),
            grain: Cell::new(start.grain),
            gave: Cell::new(start.began),
            began: start.began,
            average: start.average,
            most: Cell::new(match start.grain {
                _ if start.is_short => 0,
                LISTED_FROM.. => i32::MAX,
                _ => FEW,
            }),
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
        let period = (pause / each.max(self.average).max(1))
            .clamp(1, u64::from(MOST_FORKS.min(forks.saturating_mul(2))));
        self.period.set(period as u32);
        period as u32
    }

    /// Adds the time that was spent waiting for a half, and what was done in it.
    pub(super) fn add(&self, waited: u64, done: Tally) {
        self.waited.set(self.waited.get() + waited);
        let Tally { forks, nanoseconds } = self.elsewhere.get();
        let nanoseconds = nanoseconds + done.nanoseconds;
        self.elsewhere.set(Tally { forks: forks + done.forks, nanoseconds });
    }

    /// Returns what was done since the frame was entered, when `left` forks are missing to the next look.
    pub(super) fn done(&self, now: u64, left: u32) -> Tally {
        let Tally { forks, nanoseconds } = self.elsewhere.get();
        let here = now.saturating_sub(self.entered).saturating_sub(self.waited.get());
        Tally {
            forks: forks + self.forks.get() + u64::from(self.period.get().saturating_sub(left)),
            nanoseconds: nanoseconds + here,
        }
    }

    /// Returns the nanoseconds between two forks, lately or on average: where most of a tree lies below forks that follow each
    /// other closely, they say nothing of it.
    pub(super) fn grain(&self) -> u64 {
        self.grain.get().max(self.average)
    }

    pub(super) fn average(&self) -> u64 {
        self.average
    }
}
