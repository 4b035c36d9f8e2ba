//! When a half is given away, and how its thread comes by it again.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;

use super::frame::{Frame, Local, Start, Tally};
use super::kin::Kin;
use super::node::Head;
use crate::pool::cancel::with_current;
use crate::pool::crew::{Crew, Posted};
use crate::pool::posting::{FirstPanic, Posting};
use crate::protocol::offer::Offer;

/// Nanoseconds from one look at the clock to the next, and from one half given away to the next: what a helper costs us
/// is then a small part of what it saves.
pub(super) const PAUSE: u64 = 5_000;

/// Nanoseconds that a fork must have run before a sleeping helper is woken for it: what that costs.
pub(super) const WORTH_A_WAKE: u64 = 20_000;

/// What nobody knows is taken for this many nanoseconds, so that it takes some looks to find that it is short.
pub(super) const UNKNOWN: u64 = 20 * PAUSE;

/// A half that was given away.
pub(super) struct Gift {
    pub(super) offer: Offer,
    panic: FirstPanic,
    kin: Kin,
    crew: *const Crew,
    start: Start,
    /// What was done in it. Its runner's until it leaves the board, then the giver's.
    done: Cell<Tally>,
    /// The giver's alone. None once the half is done and the board is needed elsewhere.
    posted: Cell<Option<Posted<'static>>>,
}

impl Gift {
    /// Runs `f`, which runs the half, in a frame of its own.
    pub(super) fn run(&self, local: &Local, f: impl FnOnce()) {
        // SAFETY: a reference wants a live crew: it outlives its postings, and we are inside one.
        let crew = unsafe { &*self.crew };
        let frame = Frame::new(Start { now: crew.nanoseconds(), ..self.start }, Some(PAUSE));
        let heeded = self.start.heeded.as_ref().map(|heeded| {
            // SAFETY: a reference wants something that lives: the giver's thread heeds it until all its halves are done (F6).
            unsafe { heeded.as_ref() }
        });
        with_current(heeded, || {
            local.run_in(crew, &frame, || {
                f();
                self.done.set(frame.done(crew.nanoseconds(), local.countdown.get()));
            });
        });
    }

    fn is_done(&self) -> bool {
        let posted = self.posted.take();
        let is_done = self.offer.is_taken() && posted.as_ref().is_none_or(Posted::is_deserted);
        self.posted.set(posted);
        is_done
    }
}

/// Returns whether the half behind a pointer to its node still wants somebody to run it.
///
/// # Safety
///
/// - `node` points to a live node that was given away, whose board the caller is inside of.
unsafe fn is_open(node: *const ()) -> bool {
    // SAFETY: a reference wants a live node (caller's duty).
    let head = unsafe { &*node.cast::<Head>() };
    // SAFETY: it is alive as long as the node is on its board (F4).
    let gift = unsafe { &*head.gift.get() };
    !gift.offer.is_taken()
}

/// Looks at the clock, and gives the oldest half away if it is time and somebody has nothing to do.
#[cold]
#[inline(never)]
pub(super) fn look(local: &Local) {
    let Some((crew, frame)) = local.place() else {
        return;
    };
    if crew.workers() == 1 {
        local.countdown.set(u32::MAX);
        return;
    }
    let now = crew.nanoseconds();
    local.countdown.set(frame.look(now, PAUSE));
    local.adapt(frame);
    let is_long = frame.is_eager.get() || frame.grain() >= PAUSE;
    if !is_long && now.saturating_sub(frame.gave.get()) < PAUSE || crew.is_forked() {
        return;
    }
    let is_worth_a_wake = is_long || now.saturating_sub(frame.began) >= WORTH_A_WAKE;
    // The next look may be far away: of long halves one always lies there for whoever comes.
    if give_to_idle(local, crew, frame, is_worth_a_wake, usize::from(is_long)) {
        frame.gave.set(now);
        frame.is_eager.set(false);
    }
}

/// Gives the oldest half away if somebody has nothing to do, or fewer than `least` lie there; returns whether it did.
fn give_to_idle(local: &Local, crew: &Crew, frame: &Frame, is_worth_a_wake: bool, least: usize) -> bool {
    // SAFETY: a reference wants a live kin or none: we run inside of it.
    let kin = unsafe { super::frame::kin().as_ref() };
    let waiting = kin.map_or(0, Kin::idle);
    let asleep = if is_worth_a_wake { crew.bed.lying() as usize } else { 0 };
    let wanted = (crew.looking() + asleep + waiting).max(least);
    // Who is on the way to a half that we have given away does not want another.
    if wanted == 0 || wanted <= open_halves(local) || !give(local, crew, frame) {
        return false;
    }
    if is_worth_a_wake && crew.bed.sleeping() > 0 {
        crew.wake(1);
    }
    if waiting > 0
        && let Some(kin) = kin
    {
        kin.call();
    }
    true
}

/// Returns how many halves this frame has given away that nobody took.
fn open_halves(local: &Local) -> usize {
    given(local).filter(|gift| !gift.offer.is_taken()).count()
}

/// Returns the halves of this frame that were given away, the youngest first.
fn given(local: &Local) -> impl Iterator<Item = &Gift> {
    // SAFETY: a reference wants a live node: it is listed, or the frame's root (F1).
    let youngest = unsafe { local.given.get().as_ref() };
    std::iter::successors(youngest, |head| {
        // SAFETY: the same; the root has none before it.
        unsafe { head.older.get().as_ref() }
    })
    .map_while(|head| {
        // SAFETY: it is there until the node is popped (F4); the root has none.
        unsafe { head.gift.get().as_ref() }
    })
}

/// Gives the oldest half away that was not; returns whether there is one, and a board for it.
fn give(local: &Local, crew: &Crew, frame: &Frame) -> bool {
    let before = local.given.get();
    if ptr::eq(before, local.youngest.get()) {
        return false;
    }
    // SAFETY: a reference wants a live crew: the frame borrows it (F5), and takes what is posted down before it ends (F4).
    let crew: &'static Crew = unsafe { &*ptr::from_ref(crew) };
    let Some(owned) = crew.own_seat().or_else(|| {
        // A half that is done needs no board.
        given(local).filter(|gift| gift.is_done()).for_each(|gift| drop(gift.posted.take()));
        crew.own_seat()
    }) else {
        return false;
    };
    // SAFETY: a reference wants a live node: it is listed, or the frame's root (F1).
    let before = unsafe { &*before };
    let node = before.younger.get();
    // SAFETY: the same: there is a younger one than `before`.
    let head = unsafe { &*node };
    let start = Start {
        now: 0,
        began: frame.began,
        grain: frame.grain(),
        average: frame.average(),
        is_eager: false,
        is_short: false,
        from_outside: frame.from_outside,
        heeded: frame.heeded,
    };
    let gift = Box::into_raw(Box::new(Gift {
        offer: Offer::new(),
        panic: FirstPanic::default(),
        kin: Kin::new(owned.seat),
        crew,
        start,
        done: Cell::default(),
        posted: Cell::new(None),
    }));
    head.gift.set(gift);
    // SAFETY: it was made above, and `settle` alone frees it.
    let gift = unsafe { &*gift };
    let (panic, kin) = (&gift.panic, &gift.kin);
    // SAFETY: `open` wants calls that suit the node: they are its own, and live as long as it is posted (F4).
    let posting = unsafe { Posting::open(node.cast(), head.call, is_open, panic, kin, frame.from_outside) };
    // SAFETY: what it returns is dropped by `settle` or, before, when the half is done; the node lives until then (F4).
    gift.posted.set(Some(unsafe { owned.post(posting) }));
    local.given.set(node);
    local.make_room();
    true
}

/// Settles a half that was given away: `None` if it is the caller's again to run, or how it ended elsewhere, which this
/// waits for.
///
/// # Safety
///
/// - `head` is the youngest node that was given away, and was popped.
pub(super) unsafe fn settle(local: &Local, head: &Head) -> Option<FirstPanic> {
    local.given.set(head.older.get());
    let place = head.gift.get().cast_mut();
    // SAFETY: a reference wants a live gift. `give` made it, and it is freed below.
    let gift = unsafe { &*place };
    let posted = gift.posted.take();
    let is_ours = gift.offer.take();
    let mut waited = 0;
    if let Some(posted) = posted.as_ref().filter(|_| !is_ours) {
        // SAFETY: a reference wants a live crew: it outlives its postings.
        let crew = unsafe { &*gift.crew };
        let began = crew.nanoseconds();
        crew.wait_inside(&gift.kin, posted, || posted.is_deserted());
        waited = crew.nanoseconds().saturating_sub(began);
    }
    // Waits for those who are inside: from here on the gift is ours alone.
    drop(posted);
    if let Some((_, frame)) = local.place().filter(|_| !is_ours) {
        frame.add(waited, gift.done.get());
    }
    // SAFETY: `give` made it of a box, and nobody else frees it: it is the youngest, and settled once (caller's duty).
    let gift = unsafe { Box::from_raw(place) };
    (!is_ours).then_some(gift.panic)
}
