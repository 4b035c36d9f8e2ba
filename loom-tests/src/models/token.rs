//! The token: who sees it stopped sees what was written before, by way of any number of flags, and the reason never changes.
//!
//! Actors: one that writes a cell and raises a parent's flag or the child's; workers that look at the child's flag and
//! from there at the parent's; a clock that says at any time that the time is up. Bound: four threads.
//!
//! - Invariant: T1.
//! - FORBIDDEN: a worker that is told of the cancellation and does not see the cell; two reasons of one flag.
//! - ACCEPTABLE: a worker that looks too early; a cancellation that comes too late to be the reason.

use loom::sync::Arc;
use loom::thread;

use super::protocol::token::{Flag, Reason};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("token: a parent is cancelled, two look", None, parent_is_cancelled),
        Scenario::new("token: cancelled while the time is up", None, cancelled_while_overdue),
        Scenario::new("token: cancelled, overdue, and one looks", None, one_reason),
    ]
}

struct World {
    parent: Flag,
    child: Flag,
    written: Watched<u32>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self { parent: Flag::new(), child: Flag::new(), written: Watched::new(0) })
    }

    fn look(&self) -> Option<Reason> {
        self.child.look(|| self.parent.raised())
    }
}

/// The second to look may find the answer that the first has noted.
fn parent_is_cancelled() {
    let world = World::new();
    let canceller = thread::spawn({
        let world = world.clone();
        move || {
            world.written.set(7);
            world.parent.raise(Reason::Cancelled);
        }
    });
    // Last, because loom tries out a read in place of the writes that it has seen come before.
    let workers = [(); 2].map(|()| {
        let world = world.clone();
        thread::spawn(move || {
            if let Some(reason) = world.look() {
                assert_eq!((reason, world.written.get()), (Reason::Cancelled, 7));
            }
        })
    });
    for thread in workers.into_iter().chain([canceller]) {
        thread.join().unwrap();
    }
}

/// The worker finds that the time is up, and when it wants to note it that the token was cancelled.
fn cancelled_while_overdue() {
    let world = World::new();
    let canceller = thread::spawn({
        let world = world.clone();
        move || {
            world.written.set(7);
            world.child.raise(Reason::Cancelled)
        }
    });
    let seen = world.child.look(|| Some(Reason::Overdue));
    if seen == Some(Reason::Cancelled) {
        assert_eq!(world.written.get(), 7);
    }
    assert_eq!(Some(canceller.join().unwrap()), seen, "one reason");
}

fn one_reason() {
    let world = World::new();
    let raisers = [Reason::Cancelled, Reason::Overdue].map(|reason| {
        let world = world.clone();
        thread::spawn(move || world.child.raise(reason))
    });
    let seen = world.child.raised();
    let told = raisers.map(|raiser| raiser.join().unwrap());
    assert_eq!(told[0], told[1], "one reason");
    assert!(seen.is_none_or(|seen| seen == told[0]), "and it stays");
    assert_eq!(world.child.raised(), Some(told[0]));
}
