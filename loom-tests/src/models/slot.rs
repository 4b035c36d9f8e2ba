//! The slot: one owner at a time, and each sees what the one before it did.
//!
//! Actors: holders that post, take back, set aside and share; takers, readers, and one that retires. Payloads are
//! watched cells, and nothing but the slot orders those who use them. Bound: four threads, one slot, all preemptions.
//!
//! - Invariants: S1, S3.
//! - FORBIDDEN: two owners; an owner that does not see what the last one did; a reader beside an owner; a generation
//!   that is met again.
//! - ACCEPTABLE: a taker that finds nothing because it looked early; an attempt that fails because another was first.

use loom::sync::Arc;
use loom::thread;

use super::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("slot: one posts, one takes", None, one_posts_one_takes),
        Scenario::new("slot: three take one", None, three_take_one),
        Scenario::new("slot: posted, taken back, posted again", None, posted_taken_back_posted_again),
        Scenario::new("slot: taken back or taken", None, taken_back_or_taken),
        Scenario::new("slot: a generation that comes round", None, a_generation_that_comes_round),
        Scenario::new("slot: set aside", None, set_aside),
        Scenario::new("slot: retired or taken", None, retired_or_taken),
        Scenario::new("slot: retired after a post", None, retired_after_a_post),
        Scenario::new("slot: a held slot is not retired", None, a_held_slot_is_not_retired),
        Scenario::new("slot: readers leave", None, readers_leave),
        Scenario::new("slot: a reader counts another", None, a_reader_counts_another),
        Scenario::new("slot: the only reader takes it back", None, the_only_reader_takes_it_back),
    ]
}

const ME: Owner = 1;
const FULL: QueueNumber = 5;
/// Where the slot is listed.
const HERE: u64 = 3;
const LAST_GENERATION: u64 = (1 << 40) - 1;

struct Shelf {
    slot: Slot,
    payload: Watched<u32>,
}

impl Shelf {
    fn new() -> Arc<Self> {
        let shelf = Self { slot: Slot::new(ME, LAST_GENERATION), payload: Watched::new(0) };
        shelf.slot.list_at(HERE);
        Arc::new(shelf)
    }

    /// Makes a shelf whose slot the caller holds.
    fn held() -> (Arc<Self>, Held) {
        let shelf = Self::new();
        let held = shelf.slot.try_take(0, shelf.slot.word(), ME).unwrap();
        (shelf, held)
    }

    /// Takes the slot if it waits in the queue by its latest listing.
    fn try_take(&self, queue: QueueNumber) -> Option<Held> {
        self.slot.ready_at(queue, HERE).and_then(|seen| self.slot.try_take(0, seen, ME))
    }

    fn post(&self, held: &Held, queue: QueueNumber) {
        self.slot.post(held, queue, ME, Time::First);
        self.slot.list_at(HERE);
    }

    /// Uses the payload as its only owner; returns how often that was done before.
    fn own(&self) -> u32 {
        let before = self.payload.get();
        self.payload.set(before + 1);
        before
    }
}

fn one_posts_one_takes() {
    let (shelf, held) = Shelf::held();
    let poster = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.own();
            shelf.post(&held, FULL);
        }
    });
    let taken = shelf.try_take(FULL);
    if let Some(held) = &taken {
        assert_eq!(held.came_from(), FULL);
        assert_eq!(shelf.own(), 1, "what was written before the post");
    }
    poster.join().unwrap();
    if taken.is_none() {
        assert!(shelf.try_take(FULL).is_some(), "it is there");
    }
}

fn three_take_one() {
    let shelf = Shelf::new();
    let take = |shelf: &Shelf| {
        let taken = shelf.try_take(FREE).is_some();
        if taken {
            shelf.own();
        }
        taken
    };
    let others = [(); 2].map(|()| {
        let shelf = shelf.clone();
        thread::spawn(move || take(&shelf))
    });
    let mut owners = usize::from(take(&shelf));
    for other in others {
        owners += usize::from(other.join().unwrap());
    }
    assert_eq!(owners, 1, "one of them has it");
}

/// A queue refuses the slot, and takes it later: its word is the same both times, what comes with it is not.
fn posted_taken_back_posted_again() {
    let (shelf, held) = Shelf::held();
    let poster = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.post(&held, FULL);
            if shelf.slot.retract(&held, FULL, ME, Time::First) {
                shelf.own();
                shelf.post(&held, FULL);
            }
        }
    });
    if shelf.try_take(FULL).is_some() {
        shelf.own();
    }
    poster.join().unwrap();
}

fn taken_back_or_taken() {
    let (shelf, held) = Shelf::held();
    let poster = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.post(&held, FULL);
            let is_ours = shelf.slot.retract(&held, FULL, ME, Time::First);
            if is_ours {
                shelf.own();
            }
            is_ours
        }
    });
    let is_taken = shelf.try_take(FULL).is_some();
    if is_taken {
        shelf.own();
    }
    assert_ne!(poster.join().unwrap(), is_taken, "one of them has it");
}

/// Somebody saw the slot before it was taken and posted again, with its generation running over in between: it is not
/// the same slot any more.
fn a_generation_that_comes_round() {
    let shelf = Shelf::new();
    let seen = shelf.slot.word();
    let late = thread::spawn({
        let shelf = shelf.clone();
        move || shelf.slot.try_take(0, seen, ME).is_some()
    });
    let taken = shelf.try_take(FREE);
    if let Some(held) = &taken {
        assert_eq!(held.generation(), 0, "it came round");
        shelf.post(held, FREE);
    }
    let is_late_the_owner = late.join().unwrap();
    assert_ne!(taken.is_some(), is_late_the_owner, "what was seen was there once");
}

fn set_aside() {
    let (shelf, held) = Shelf::held();
    let holder = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.own();
            shelf.slot.set_aside(held, ME);
        }
    });
    let take_aside = || {
        let seen = shelf.slot.word();
        if seen.is_abandoned() { shelf.slot.try_take(0, seen, ME) } else { None }
    };
    let early = take_aside();
    if early.is_some() {
        assert_eq!(shelf.own(), 1);
    }
    assert!(shelf.try_take(FREE).is_none() && shelf.try_take(FULL).is_none(), "it waits nowhere");
    holder.join().unwrap();
    assert!(early.or_else(take_aside).unwrap().is_retry());
}

/// Whoever retires the slot may unmap the payload.
fn retired_or_taken() {
    let shelf = Shelf::new();
    let taker = thread::spawn({
        let shelf = shelf.clone();
        move || {
            let is_taken = shelf.try_take(FREE).is_some();
            if is_taken {
                shelf.own();
            }
            is_taken
        }
    });
    let is_retired = shelf.slot.retire();
    if is_retired {
        shelf.own();
    }
    assert_ne!(taker.join().unwrap(), is_retired, "one of them has it");
}

fn retired_after_a_post() {
    let (shelf, held) = Shelf::held();
    let holder = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.own();
            shelf.post(&held, FULL);
        }
    });
    if shelf.slot.retire() {
        assert_eq!(shelf.own(), 1);
    }
    holder.join().unwrap();
}

fn a_held_slot_is_not_retired() {
    let (shelf, held) = Shelf::held();
    let holder = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.own();
            let Held { .. } = held;
        }
    });
    assert!(!shelf.slot.retire(), "somebody holds it");
    holder.join().unwrap();
}

/// Three readers, and the last owns the slot.
fn readers_leave() {
    let (shelf, held) = Shelf::held();
    shelf.own();
    shelf.slot.share(held);
    assert_eq!(shelf.slot.add_reader(), 1);
    assert_eq!(shelf.slot.add_reader(), 2);
    let read = |shelf: &Shelf| {
        assert_eq!(shelf.payload.get(), 1);
        let last = shelf.slot.drop_reader(0);
        if let Some(held) = &last {
            assert_eq!((held.generation(), held.came_from()), (0, FREE));
            shelf.own();
        }
        u32::from(last.is_some())
    };
    let others = [(); 2].map(|()| {
        let shelf = shelf.clone();
        thread::spawn(move || read(&shelf))
    });
    let mut last = read(&shelf);
    for other in others {
        last += other.join().unwrap();
    }
    assert_eq!(last, 1, "one of them is the last");
}

fn a_reader_counts_another() {
    let (shelf, held) = Shelf::held();
    shelf.slot.share(held);
    assert_eq!(shelf.slot.add_reader(), 1);
    let leave = |shelf: &Shelf| {
        shelf.payload.get();
        let last = shelf.slot.drop_reader(0).is_some();
        if last {
            shelf.own();
        }
        last
    };
    let other = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.slot.add_reader();
            leave(&shelf) || leave(&shelf)
        }
    });
    let last = leave(&shelf);
    assert_ne!(other.join().unwrap(), last, "one of them is the last");
}

fn the_only_reader_takes_it_back() {
    let (shelf, held) = Shelf::held();
    shelf.slot.share(held);
    shelf.slot.add_reader();
    let other = thread::spawn({
        let shelf = shelf.clone();
        move || {
            shelf.payload.get();
            let last = shelf.slot.drop_reader(0).is_some();
            if last {
                shelf.own();
            }
            last
        }
    });
    let taken_back = shelf.slot.drop_only_reader(0).is_some();
    if taken_back {
        shelf.own();
    } else {
        shelf.payload.get();
    }
    let last = taken_back || shelf.slot.drop_reader(0).is_some();
    if last && !taken_back {
        shelf.own();
    }
    assert_ne!(other.join().unwrap(), last, "one of them is the last");
}
