//! Recovery: whoever dies wherever, no slot is lost or owned twice, and what comes a second time says so.
//!
//! Actors: one that dies at each step of claiming, sending, receiving, giving back, setting aside and being refused; one that works on;
//! one or two that look for the dead and sweep, who die at each of their steps too; one that has the dead one's number
//! next. Payloads are watched cells, used by whoever holds the slot. A death is an edge to whoever finds the lifeline cut.
//! Bound: four threads, two slots, four cells.
//!
//! - Invariants: S1, N3 to N5, and that each slot waits in a queue, listed, or is set aside once all is swept.
//! - FORBIDDEN: a slot lost or owned twice; a message that comes twice without the mark, or whose sender was told that it is sent and
//!   that comes never; one that its holder had begun to change, delivered against the ring's decision; a number freed before
//!   its last slot; a take by one who saw the slot before it was swept.
//! - ACCEPTABLE: a message that comes again, marked, though its first receiver died before it looked at it.

use std::sync::Mutex;

use lifelines::{Kernel, Process};
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::cells::{Cell, Cells};
use super::protocol::participant::{Member, Participants, Record};
use super::protocol::queue::{Ends, Popped, Queue, Refused};
use super::protocol::recovery::{Dirty, Recovered, Recovery};
use super::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use crate::scenario::Scenario;
use crate::sync::step::step;
use crate::watched::Watched;

#[allow(clippy::duplicate_mod, reason = "a weakened twin has this model alone beside its protocol")]
#[path = "support/lifelines.rs"]
mod lifelines;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("recovery: a sender dies", Some(2), a_sender_dies).deaths(1),
        Scenario::new("recovery: a sender dies beside another", Some(1), a_sender_dies_beside_another)
            .deaths(1),
        Scenario::new("recovery: a receiver dies", Some(1), a_receiver_dies).deaths(1),
        Scenario::new("recovery: a receiver dies, to skip", Some(1), || dies_dirty(Dirty::Skip)).deaths(1),
        Scenario::new("recovery: a receiver dies, to send again", Some(1), || dies_dirty(Dirty::SendAgain))
            .deaths(1),
        Scenario::new("recovery: a receiver dies, to set aside", Some(1), || dies_dirty(Dirty::SetAside))
            .deaths(1),
        Scenario::new("recovery: one that sets aside dies", Some(2), one_that_sets_aside_dies).deaths(1),
        Scenario::new("recovery: one that is refused dies", Some(1), one_that_is_refused_dies).deaths(1),
        Scenario::new("recovery: the queue is closed", Some(1), the_queue_is_closed).deaths(1),
        Scenario::new("recovery: a slot that went round", Some(2), a_slot_that_went_round).deaths(1),
        Scenario::new("recovery: two sweep", Some(1), two_sweep).deaths(1),
        Scenario::new("recovery: a sweeper dies", Some(1), a_sweeper_dies).deaths(2),
        Scenario::new("recovery: the number is had next", Some(2), the_number_is_had_next).deaths(1),
        Scenario::new("recovery: what was seen before", Some(2), what_was_seen_before).deaths(1),
        Scenario::new("recovery: what is listed stays in its turn", None, what_is_listed_stays).deaths(1),
    ]
}

const FULL: QueueNumber = 1;
const SLOTS: usize = 2;
const CELLS: usize = 4;
const NUMBERS: usize = 4;
const UNBOUNDED: u64 = u64::MAX;

/// A message that was received: its text, and whether it was marked.
type Delivery = (u32, bool);

struct Region {
    kernel: Arc<Kernel>,
    records: Vec<Record>,
    slots: Vec<Slot>,
    payloads: Vec<Watched<u32>>,
    ends: [Ends; 2],
    cells: [Vec<Cell>; 2],
    dirty: Dirty,
    /// What was received, by whomever. Orders nothing: the model's threads are one of the system's.
    delivered: Mutex<Vec<Delivery>>,
    /// What the senders were told is sent.
    sent: Mutex<Vec<u32>>,
}

impl Region {
    /// Makes a region whose slots are free, and a member of it.
    fn new(dirty: Dirty) -> (Arc<Self>, Party) {
        let region = Arc::new(Self {
            kernel: Kernel::new(NUMBERS),
            records: (0..NUMBERS).map(|_| Record::new(0)).collect(),
            slots: (0..SLOTS).map(|_| Slot::new(1, 0)).collect(),
            payloads: (0..SLOTS).map(|_| Watched::new(0)).collect(),
            ends: [(); 2].map(|()| Ends::new(0)),
            cells: [(); 2].map(|()| (0..CELLS).map(|k| Cell::before(0, k, CELLS)).collect()),
            dirty,
            delivered: Mutex::default(),
            sent: Mutex::default(),
        });
        let party = region.party(1);
        for (slot, number) in region.slots.iter().zip(0..) {
            let held = slot.try_take(number, slot.word(), party.me()).unwrap();
            region.push(FREE, held, party.me());
        }
        (region, party)
    }

    fn participants(&self) -> Participants<'_> {
        Participants::new(&self.records)
    }

    fn party(&self, id: u32) -> Party {
        let process = Process::new(&self.kernel, id);
        let member = self.participants().join(&process, &[]).unwrap();
        Party { process, member }
    }

    fn queue(&self, number: QueueNumber) -> Queue<'_> {
        let k = usize::from(number);
        Queue { number, ends: &self.ends[k], cells: Cells(&self.cells[k]), slots: &self.slots }
    }

    fn push(&self, queue: QueueNumber, held: Held, me: Owner) {
        assert!(self.queue(queue).push(held, me, Time::First, UNBOUNDED).is_ok(), "there is room for all");
    }

    fn claim(&self, me: Owner) -> Option<Held> {
        match self.queue(FREE).pop(me) {
            Popped::Taken(held, _) => Some(held),
            _ => None,
        }
    }

    fn write(&self, held: &Held, text: u32) {
        self.payloads[held.slot as usize].set(text);
    }

    /// Claims a slot, writes into it, and sends it.
    fn send(&self, me: Owner, text: u32) {
        if let Some(held) = self.claim(me) {
            self.write(&held, text);
            self.push(FULL, held, me);
            self.sent.lock().unwrap().push(text);
        }
    }

    /// Receives, and notes what.
    fn receive(&self, me: Owner) -> Option<Held> {
        let Popped::Taken(held, _) = self.queue(FULL).pop(me) else { return None };
        let text = self.payloads[held.slot as usize].get();
        self.delivered.lock().unwrap().push((text, held.is_retry()));
        step("the message is noted");
        Some(held)
    }

    /// Receives, and gives the slot back.
    fn consume(&self, me: Owner) {
        if let Some(held) = self.receive(me) {
            self.push(FREE, held, me);
        }
    }

    /// Receives, begins to change what it got, and gives the slot back.
    fn change(&self, me: Owner) {
        if let Some(mut held) = self.receive(me) {
            self.slots[held.slot as usize].mark_dirty(&mut held);
            self.write(&held, 100);
            step("the payload is changed");
            self.write(&held, 0);
            self.push(FREE, held, me);
        }
    }

    fn recovery<'a>(&'a self, me: Owner) -> Recovery<'a, impl Fn(QueueNumber) -> Option<Queue<'a>>> {
        let queue = move |number| (number <= FULL).then(|| self.queue(number));
        Recovery { slots: &self.slots, queue, me, dirty: self.dirty }
    }

    /// Sweeps a number's holder if it is dead.
    fn look_at(&self, number: Owner, looker: &Party) -> Option<Recovered> {
        let participants = self.participants();
        participants.declare(number, looker.me(), &looker.process);
        let sweep = participants.take(number, looker.me(), &looker.process)?;
        Some(self.recovery(looker.me()).sweep(sweep, participants, |_| {}))
    }

    /// When everybody has gone or died: sweeps what is left and checks that each slot is there, and each message.
    fn settle(&self, looker: &Party) -> Vec<Delivery> {
        self.kernel.end_but(&looker.process);
        while let Some(sweep) = self.participants().find_dead(looker.me(), &looker.process) {
            self.recovery(looker.me()).sweep(sweep, self.participants(), |_| {});
        }
        let mut slots = Vec::new();
        slots.extend(std::iter::from_fn(|| self.receive(looker.me())));
        slots.extend(std::iter::from_fn(|| self.claim(looker.me())));
        for (slot, number) in self.slots.iter().zip(0..) {
            let seen = slot.word();
            if seen.is_abandoned() {
                slots.extend(slot.try_take(number, seen, looker.me()));
            }
        }
        slots.iter().for_each(|held| self.write(held, 0));
        let mut numbers: Vec<_> = slots.iter().map(|held| held.slot).collect();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..SLOTS as u32), "each slot is there, once: {numbers:?}");
        let delivered = self.delivered.lock().unwrap().clone();
        for text in 1..100 {
            let first = delivered.iter().filter(|delivery| **delivery == (text, false)).count();
            assert!(first <= 1, "{text} came twice and did not say so");
        }
        delivered
    }

    /// Settles where no message may be lost.
    fn settle_all(&self, looker: &Party) {
        let delivered = self.settle(looker);
        for text in self.sent.lock().unwrap().iter() {
            assert!(delivered.iter().any(|(came, _)| came == text), "{text} was sent and never came");
        }
    }
}

/// A participant and its process.
struct Party {
    process: Process,
    member: Member,
}

impl Party {
    fn me(&self) -> Owner {
        self.member.number
    }
}

/// Starts an actor. Those who only look are started last (`README.md`).
fn start<R: 'static>(region: &Arc<Region>, act: impl FnOnce(&Region) -> R + 'static) -> JoinHandle<R> {
    let region = region.clone();
    thread::spawn(move || act(&region))
}

/// Starts one that may die.
fn start_mortal(
    region: &Arc<Region>,
    party: Party,
    act: impl Fn(&Region, Owner) + 'static,
) -> JoinHandle<()> {
    start(region, move |region| {
        party.process.mortal(0, || act(region, party.me()));
    })
}

/// Starts one that looks once whether a number's holder is dead.
fn start_looker(region: &Arc<Region>, at: Owner) -> JoinHandle<()> {
    let looker = region.party(90 + u32::from(at));
    start(region, move |region| {
        region.look_at(at, &looker);
    })
}

fn a_sender_dies() {
    let (region, me) = Region::new(Dirty::SetAside);
    let victim = region.party(2);
    let at = victim.me();
    let sender = start_mortal(&region, victim, |region, me| region.send(me, 1));
    let looker = start_looker(&region, at);
    sender.join().unwrap();
    looker.join().unwrap();
    region.settle_all(&me);
}

/// Both list at the same place, and one of them dies.
fn a_sender_dies_beside_another() {
    let (region, me) = Region::new(Dirty::SetAside);
    let victim = region.party(2);
    let (other, at) = (region.party(3), victim.me());
    let sender = start_mortal(&region, victim, |region, me| region.send(me, 1));
    let other = start(&region, move |region| region.send(other.me(), 2));
    sender.join().unwrap();
    let looker = start_looker(&region, at);
    other.join().unwrap();
    looker.join().unwrap();
    region.settle_all(&me);
}

fn a_receiver_dies() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let (other, at) = (region.party(3), victim.me());
    let receiver = start_mortal(&region, victim, Region::consume);
    let other = start(&region, move |region| region.consume(other.me()));
    let looker = start_looker(&region, at);
    receiver.join().unwrap();
    other.join().unwrap();
    looker.join().unwrap();
    region.settle_all(&me);
}

fn dies_dirty(dirty: Dirty) {
    let (region, me) = Region::new(dirty);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let (other, at) = (region.party(3), victim.me());
    let receiver = start_mortal(&region, victim, Region::change);
    let other = start(&region, move |region| region.consume(other.me()));
    let looker = start_looker(&region, at);
    receiver.join().unwrap();
    other.join().unwrap();
    looker.join().unwrap();
    let delivered = region.settle(&me);
    let has_changed = delivered.contains(&(100, true));
    assert!(!delivered.contains(&(100, false)), "half a change, without a mark");
    assert!(!has_changed || dirty == Dirty::SendAgain, "delivered after it was changed");
}

fn one_that_sets_aside_dies() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let at = victim.me();
    let receiver = start_mortal(&region, victim, |region, me| {
        if let Some(held) = region.receive(me) {
            region.slots[held.slot as usize].set_aside(held, me);
        }
    });
    let looker = start_looker(&region, at);
    receiver.join().unwrap();
    looker.join().unwrap();
    region.settle_all(&me);
}

fn one_that_is_refused_dies() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let (other, at) = (region.party(3), victim.me());
    let sender = start_mortal(&region, victim, |region, me| {
        let Some(held) = region.claim(me) else { return };
        region.write(&held, 2);
        match region.queue(FULL).push(held, me, Time::First, 1) {
            Ok(()) => region.sent.lock().unwrap().push(2),
            Err(Refused::Full(held)) => {
                region.write(&held, 0);
                region.push(FREE, held, me);
            }
            Err(_) => panic!("it is open"),
        }
    });
    let other = start(&region, move |region| region.consume(other.me()));
    let looker = start_looker(&region, at);
    sender.join().unwrap();
    other.join().unwrap();
    looker.join().unwrap();
    region.settle_all(&me);
}

/// Nothing comes to a closed queue; what its sender or receiver leaves behind is set aside.
fn the_queue_is_closed() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let at = victim.me();
    let worker = start_mortal(&region, victim, |region, me| {
        let Some(held) = region.claim(me) else { return };
        region.write(&held, 2);
        if let Err(Refused::Closed(held)) = region.queue(FULL).push(held, me, Time::First, UNBOUNDED) {
            region.write(&held, 0);
            region.push(FREE, held, me);
        }
        region.consume(me);
    });
    let closer = start(&region, |region| assert!(region.queue(FULL).close()));
    let looker = start_looker(&region, at);
    worker.join().unwrap();
    closer.join().unwrap();
    looker.join().unwrap();
    region.settle(&me);
}

/// The place of an earlier post is no place of this one.
fn a_slot_that_went_round() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let at = victim.me();
    let worker = start_mortal(&region, victim, |region, me| {
        let Some(held) = region.receive(me) else { return };
        region.write(&held, 2);
        region.push(FULL, held, me);
        region.sent.lock().unwrap().push(2);
    });
    worker.join().unwrap();
    let looker = start_looker(&region, at);
    looker.join().unwrap();
    region.settle(&me);
}

fn two_sweep() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let victim = region.party(2);
    let at = victim.me();
    let _ = victim.process.mortal(0, || {
        region.send(at, 2);
        region.consume(at);
    });
    victim.process.die();
    let other = region.party(3);
    let other = start(&region, move |region| region.consume(other.me()));
    let looker = start_looker(&region, at);
    region.look_at(at, &me);
    other.join().unwrap();
    looker.join().unwrap();
    region.settle_all(&me);
}

/// One dies, then who sweeps it; another takes over while somebody works on.
fn a_sweeper_dies() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let (victim, sweeper) = (region.party(2), region.party(3));
    let (at, then) = (victim.me(), sweeper.me());
    let _ = victim.process.mortal(0, || {
        region.consume(at);
        region.send(at, 2);
    });
    victim.process.die();
    let sweeper = start(&region, move |region| {
        sweeper.process.mortal(1, || region.look_at(at, &sweeper));
    });
    let looker = start(&region, move |region| {
        region.look_at(at, &me);
        region.look_at(then, &me);
        me
    });
    sweeper.join().unwrap();
    let me = looker.join().unwrap();
    region.settle_all(&me);
}

/// Whoever has a dead one's number next holds slots of its own.
fn the_number_is_had_next() {
    let (region, me) = Region::new(Dirty::SetAside);
    region.send(me.me(), 1);
    let [victim, sweeper] = [2, 3].map(|id| region.party(id));
    let _fourth = region.party(4);
    let at = victim.me();
    let _ = victim.process.mortal(0, || region.consume(at));
    victim.process.die();
    let sweeper = start(&region, move |region| {
        region.look_at(at, &sweeper);
        // And works, as everybody.
        for held in [(); SLOTS].map(|()| region.claim(sweeper.me())).iter().flatten() {
            region.write(held, 0);
        }
    });
    let next = start(&region, move |region| {
        let process = Process::new(&region.kernel, 5);
        if let Some(member) = region.participants().join(&process, &[]) {
            assert_eq!(member.number, at);
            if let Some(held) = region.claim(at) {
                region.write(&held, 0);
                region.push(FREE, held, at);
            }
        }
    });
    sweeper.join().unwrap();
    next.join().unwrap();
    region.settle_all(&me);
}

/// One has seen the slot posted by another, who dies; it is swept, received and given back before the one tries to take it.
fn what_was_seen_before() {
    let (region, me) = Region::new(Dirty::SetAside);
    let (victim, late) = (region.party(2), region.party(3));
    let at = victim.me();
    let _ = victim.process.mortal(0, || region.send(at, 1));
    victim.process.die();
    let seen: Vec<_> = region.slots.iter().map(Slot::word).collect();
    let late = start(&region, move |region| {
        for (slot, seen, number) in region.slots.iter().zip(&seen).zip(0..).map(|((a, b), c)| (a, b, c)) {
            // As if by a listing in the queue of full ones; so nobody else finds it but by that.
            if seen.is_ready_in(FULL)
                && let Some(held) = slot.try_take(number, *seen, late.me())
            {
                region.write(&held, 0);
                region.push(FREE, held, late.me());
            }
        }
    });
    let looker = start(&region, move |region| {
        region.look_at(at, &me);
        region.consume(me.me());
        me
    });
    late.join().unwrap();
    let me = looker.join().unwrap();
    region.settle(&me);
}

/// A message that is listed keeps its place, whoever posted it.
fn what_is_listed_stays() {
    let (region, me) = Region::new(Dirty::SetAside);
    let victim = region.party(2);
    let at = victim.me();
    let outcome = victim.process.mortal(0, || {
        region.send(at, 1);
        step("it is sent");
    });
    victim.process.die();
    region.send(me.me(), 2);
    let has_sent = region.sent.lock().unwrap().contains(&1);
    assert!(has_sent || outcome.is_none());
    region.look_at(at, &me);
    let delivered = region.settle(&me);
    assert!(!has_sent || delivered == [(1, false), (2, false)], "what was sent first comes first");
}
