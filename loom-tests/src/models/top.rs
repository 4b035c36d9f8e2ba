//! The top: a number put there is got once, by one who finds its slot ready.
//!
//! Actors: holders that post and put, each listing what it puts out; claimers that take. What is put out goes to a list
//! under a lock, where the queue would be. Bound: three threads, two slots, all preemptions.
//!
//! - Invariant: T1.
//! - FORBIDDEN: a number that two get; a number that nobody gets and that is not there at the end; a number whose slot is
//!   not ready for whoever gets it.
//! - ACCEPTABLE: a claimer that finds nothing while another has a number on its way to the list.

use loom::sync::Arc;
use loom::thread;

use super::protocol::retirement::Retirement;
use super::protocol::slot::{FREE, Held, Owner, Slot, Time};
use super::protocol::top::Top;
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("top: one puts, two take", None, one_puts_two_take),
        Scenario::new("top: two put, one takes", None, two_put_one_takes),
        Scenario::new("top: put out at the ring's end", None, put_out_at_the_rings_end),
    ]
}

const ME: Owner = 1;

struct Free {
    top: Top,
    slots: [Slot; 2],
    payloads: [Watched<u32>; 2],
}

impl Free {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            top: Top::new(),
            slots: [(); 2].map(|()| Slot::new(ME, 0)),
            payloads: [(); 2].map(|()| Watched::new(0)),
        })
    }

    /// Takes a slot of which the caller alone knows that it is free.
    fn hold(&self, number: u32) -> Held {
        let slot = &self.slots[number as usize];
        let seen = slot.word();
        assert!(seen.is_ready_in(FREE), "got a number whose slot is not ready");
        let held = slot.try_take(number, seen, ME).expect("nobody else has the number");
        let payload = &self.payloads[number as usize];
        payload.set(payload.get() + 1);
        held
    }

    /// Gives a slot back; returns the number that is put out for it.
    fn give(&self, held: Held) -> Option<u32> {
        self.slots[held.slot as usize].post(&held, FREE, ME, Time::First);
        self.top.put(held.slot)
    }
}

/// One gives back a slot, which puts another out, while the last handle retires what is free: each is retired once. What
/// is put out stays posted, so that whoever looks finds it.
fn put_out_at_the_rings_end() {
    let free = Free::new();
    let end = Arc::new(Retirement::new(2));
    let [first, second] = [0, 1].map(|number| free.hold(number));
    assert_eq!(free.give(first), None);
    let giver = thread::spawn({
        let (free, end) = (free.clone(), end.clone());
        move || {
            let _listed = free.give(second);
            usize::from(end.is_announced() && free.slots[1].retire())
        }
    });
    end.announce();
    let by_us = free.slots.each_ref().map(|slot| usize::from(slot.retire()));
    let by_giver = giver.join().unwrap();
    assert_eq!(by_us[0], 1, "nobody holds the slot that is put out");
    assert_eq!(by_us[1] + by_giver, 1, "the slot that is given back is retired once");
}

/// Two claimers and one number: one of them gets it, or it is there still.
fn one_puts_two_take() {
    let free = Free::new();
    let held = free.hold(0);
    let claimers = [(); 2].map(|()| {
        let free = free.clone();
        thread::spawn(move || free.top.take().map(|number| free.hold(number)))
    });
    assert_eq!(free.give(held), None);
    let got = claimers.map(|claimer| claimer.join().unwrap());
    let there = free.top.take();
    assert_eq!(got.iter().flatten().count() + there.iter().count(), 1, "the number was got once");
}

/// Two give back one slot each while a claimer takes: what is put out is taken by who lists it, and is ready.
fn two_put_one_takes() {
    let free = Free::new();
    let [first, second] = [0, 1].map(|number| free.hold(number));
    let give = |held| {
        let free = free.clone();
        thread::spawn(move || free.give(held).map(|number| free.hold(number)))
    };
    let givers = [give(first), give(second)];
    let claimed = free.top.take().map(|number| free.hold(number));
    let listed = givers.map(|giver| giver.join().unwrap());
    let there = free.top.take().map(|number| free.hold(number));
    let mut got: Vec<_> =
        listed.iter().flatten().chain(&claimed).chain(&there).map(|held| held.slot).collect();
    got.sort_unstable();
    assert_eq!(got, [0, 1], "each number was got once");
}
