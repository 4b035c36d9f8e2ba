//! The queue: each slot that is listed is taken once, in the order of listing, and none is lost.
//!
//! Actors: senders that push slots they hold, receivers that pop, one that closes. Positions and generations start just
//! below the end of their fields. Bound: four threads, two slots (three where a bound needs a third), four cells.
//!
//! - Invariants: Q1, Q2, Q3, and the bound.
//! - FORBIDDEN: a slot lost or owned twice; a message received twice or never; two pops of one listing; messages of
//!   one sender that one receiver gets out of order; more listed than the bound; something accepted behind the close.
//! - ACCEPTABLE: a pop that finds nothing because it looked early; a slot that is listed behind one sent later by
//!   another; a push refused for want of room while a pop is under way.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::cells::{Cell, Cells};
use super::protocol::queue::{Ends, Popped, Queue, Refused};
use super::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("queue: one sends, one receives", Some(3), || one_sends_one_receives(0)),
        Scenario::new("queue: the lap comes round", Some(2), || one_sends_one_receives((1 << 42) - 1)),
        Scenario::new("queue: the position comes round", Some(2), || one_sends_one_receives(u64::MAX)),
        Scenario::new("queue: two send", Some(2), two_send),
        Scenario::new("queue: two receive", Some(3), two_receive),
        Scenario::new("queue: two send, two receive", Some(1), two_send_two_receive),
        Scenario::new("queue: a slot goes round", Some(3), a_slot_goes_round),
        Scenario::new("queue: the head passes what is taken", Some(3), the_head_passes_what_is_taken),
        Scenario::new("queue: whoever knows of a message finds one", Some(3), whoever_knows_finds_one),
        Scenario::new("queue: whoever knows of the end finds it", None, whoever_knows_finds_the_end),
        Scenario::new("queue: a sender is late by a lap", Some(2), a_sender_is_late_by_a_lap),
        Scenario::new("queue: a receiver is late by a lap", Some(1), a_receiver_is_late_by_a_lap),
        Scenario::new("queue: the bound, seen from behind", Some(2), the_bound_seen_from_behind),
        Scenario::new("queue: slots are recycled", Some(2), slots_are_recycled),
        Scenario::new("queue: closed while one sends", Some(3), closed_while_one_sends),
        Scenario::new("queue: closed while one sends, one receives", Some(2), closed_while_one_receives),
        Scenario::new("queue: a receiver learns what came before the close", None, a_receiver_learns),
        Scenario::new("queue: an asker learns what came before the close", None, an_asker_learns),
        Scenario::new("queue: two push one too many", Some(3), two_push_one_too_many),
        Scenario::new("queue: room is made", Some(2), room_is_made),
    ]
}

const ME: Owner = 1;
const FULL: QueueNumber = 1;
const UNBOUNDED: u64 = u64::MAX;
const LAST_GENERATION: u64 = (1 << 40) - 1;

/// Two queues, the free slots' and one of full ones.
struct Ring {
    slots: Vec<Slot>,
    payloads: Vec<Watched<u32>>,
    ends: [Ends; 2],
    cells: [Vec<Cell>; 2],
}

impl Ring {
    /// Makes a ring whose slots are all held, and whose queues have had `position` listings.
    fn new(slots: usize, position: u64) -> (Arc<Self>, Vec<Held>) {
        let cells = (2 * slots).next_power_of_two();
        let ring = Self {
            slots: (0..slots).map(|_| Slot::new(ME, LAST_GENERATION)).collect(),
            payloads: (0..slots).map(|_| Watched::new(0)).collect(),
            ends: [(); 2].map(|()| Ends::new(position)),
            cells: [(); 2].map(|()| (0..cells).map(|k| Cell::before(position, k, cells)).collect()),
        };
        let take = |(slot, number): (&Slot, u32)| slot.try_take(number, slot.word(), ME).unwrap();
        let held = ring.slots.iter().zip(0..).map(take).collect();
        (Arc::new(ring), held)
    }

    fn queue(&self, number: QueueNumber) -> Queue<'_> {
        let k = usize::from(number);
        Queue { number, ends: &self.ends[k], cells: Cells(&self.cells[k]), slots: &self.slots }
    }

    /// Writes the message into the slot's payload and pushes it.
    fn send(&self, held: Held, message: u32) {
        self.payloads[held.slot as usize].set(message);
        assert!(self.queue(FULL).push(held, ME, Time::First, UNBOUNDED).is_ok(), "there is room for all");
    }

    /// Pops once; returns the message, after its slot's new owner has scribbled over it.
    fn recv(&self) -> Option<Message> {
        let Popped::Taken(held, listing) = self.queue(FULL).pop(ME) else { return None };
        let payload = &self.payloads[held.slot as usize];
        let text = payload.get();
        payload.set(u32::MAX);
        Some(Message { text, listing, held })
    }

    /// Pops until nothing is left, when everybody has gone.
    fn drain(&self) -> Vec<Message> {
        std::iter::from_fn(|| self.recv()).collect()
    }
}

/// Starts an actor. Those who write are started before those who read (`README.md`), and the model's own thread waits.
fn start<R: 'static>(ring: &Arc<Ring>, act: impl FnOnce(&Ring) -> R + 'static) -> JoinHandle<R> {
    let ring = ring.clone();
    thread::spawn(move || act(&ring))
}

struct Message {
    text: u32,
    listing: u64,
    held: Held,
}

/// Checks that each slot is held once and no listing was popped twice; returns the texts.
fn settle(messages: Vec<Message>, slots: usize) -> Vec<u32> {
    let mut held: Vec<_> = messages.iter().map(|message| message.held.slot).collect();
    held.sort_unstable();
    assert!(held.iter().copied().eq(0..slots as u32), "each slot has one owner");
    let mut listings: Vec<_> = messages.iter().map(|message| message.listing).collect();
    listings.sort_unstable();
    listings.dedup();
    assert_eq!(listings.len(), messages.len(), "each listing is popped once");
    messages.into_iter().map(|message| message.text).collect()
}

fn sorted(mut texts: Vec<u32>) -> Vec<u32> {
    texts.sort_unstable();
    texts
}

fn one_sends_one_receives(position: u64) {
    let (ring, held) = Ring::new(2, position);
    let sender =
        start(&ring, |ring| held.into_iter().zip(1..).for_each(|(held, message)| ring.send(held, message)));
    let receiver = start(&ring, |ring| (0..2).filter_map(|_| ring.recv()).collect::<Vec<_>>());
    sender.join().unwrap();
    let mut messages = receiver.join().unwrap();
    messages.extend(ring.drain());
    assert_eq!(settle(messages, 2), [1, 2], "in the order of sending");
    assert_eq!(ring.queue(FULL).depth(), 0);
}

fn all_send_and_receive(pops: &[usize]) {
    let (ring, held) = Ring::new(2, 0);
    let senders: Vec<_> = held
        .into_iter()
        .zip(1..)
        .map(|(held, message)| start(&ring, move |ring| ring.send(held, message)))
        .collect();
    let recv = |times| move |ring: &Ring| (0..times).filter_map(|_| ring.recv()).collect::<Vec<_>>();
    let receivers: Vec<_> = pops.iter().map(|times| start(&ring, recv(*times))).collect();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let mut messages: Vec<_> = receivers.into_iter().flat_map(|receiver| receiver.join().unwrap()).collect();
    messages.extend(ring.drain());
    assert_eq!(sorted(settle(messages, 2)), [1, 2]);
}

fn two_send() {
    all_send_and_receive(&[2]);
}

fn two_send_two_receive() {
    all_send_and_receive(&[1, 1]);
}

fn two_receive() {
    let (ring, held) = Ring::new(2, 0);
    let sender =
        start(&ring, |ring| held.into_iter().zip(1..).for_each(|(held, message)| ring.send(held, message)));
    let receivers = [(); 2].map(|()| start(&ring, Ring::recv));
    sender.join().unwrap();
    let mut messages: Vec<_> =
        receivers.into_iter().filter_map(|receiver| receiver.join().unwrap()).collect();
    messages.extend(ring.drain());
    assert_eq!(sorted(settle(messages, 2)), [1, 2]);
}

/// A slot is received and sent again behind another, while a receiver still looks at its old listing.
fn a_slot_goes_round() {
    let (ring, held) = Ring::new(2, 0);
    held.into_iter().zip(1..).for_each(|(held, message)| ring.send(held, message));
    let early = start(&ring, |ring| {
        let first = ring.recv().expect("there are two, and two who take one");
        let (text, listing) = (first.text, first.listing);
        ring.send(first.held, text + 2);
        (text, listing)
    });
    let late = start(&ring, |ring| ring.recv().expect("as above"));
    let (text, listing) = early.join().unwrap();
    let late = late.join().unwrap();
    assert_ne!(late.listing, listing, "each listing is popped once");
    let rest = ring.drain();
    let last = late.listing.max(listing);
    assert!(
        rest.iter().all(|message| message.listing > last),
        "what is sent last is received last, and once"
    );
    let received = [text, late.text].into_iter().chain(rest.iter().map(|message| message.text)).collect();
    assert_eq!(sorted(received), [1, 2, text + 2], "each once");
    settle(rest.into_iter().chain([late]).collect(), 2);
}

/// Whoever finds that the head has passed a listing cannot take its slot.
fn the_head_passes_what_is_taken() {
    let (ring, held) = Ring::new(2, 0);
    let mut held = held.into_iter();
    ring.send(held.next().unwrap(), 1);
    let seen = ring.slots[0].word();
    let receivers = [(); 2].map(|()| start(&ring, Ring::recv));
    let watcher = start(&ring, move |ring| {
        if ring.queue(FULL).depth() == 0 {
            assert!(ring.slots[0].try_take(0, seen, ME).is_none(), "the head has passed an untaken listing");
        }
    });
    let received: Vec<_> = receivers.into_iter().filter_map(|receiver| receiver.join().unwrap()).collect();
    assert_eq!(received.len(), 1, "one of them has it");
    watcher.join().unwrap();
}

/// Somebody learns that a message was sent, and there is one; another may be on its way before it.
fn whoever_knows_finds_one() {
    let (ring, held) = Ring::new(2, 0);
    let mut held = held.into_iter();
    let other = held.next().unwrap();
    let other = start(&ring, |ring| ring.send(other, 1));
    let known = held.next().unwrap();
    let known = start(&ring, |ring| ring.send(known, 2));
    let receiver = start(&ring, |ring| {
        known.join().unwrap();
        ring.recv().expect("a message was sent before, and nobody else receives")
    });
    other.join().unwrap();
    let mut messages = vec![receiver.join().unwrap()];
    messages.extend(ring.drain());
    assert_eq!(sorted(settle(messages, 2)), [1, 2]);
}

/// Somebody learns that the queue was closed: it has a message or is at its end.
fn whoever_knows_finds_the_end() {
    let (ring, held) = Ring::new(2, 0);
    let mut held = held.into_iter();
    let sent = held.next().unwrap();
    let sender = start(&ring, |ring| try_send(ring, sent, 1, UNBOUNDED).is_ok());
    let closer = start(&ring, |ring| ring.queue(FULL).close());
    let receiver = start(&ring, |ring| {
        closer.join().unwrap();
        match ring.queue(FULL).pop(ME) {
            Popped::Taken(..) => true,
            Popped::Closed => false,
            Popped::Empty => panic!("it was closed before"),
        }
    });
    assert_eq!(sender.join().unwrap(), receiver.join().unwrap(), "what is accepted is received");
}

/// Sends a slot round and round.
fn rotate(ring: &Ring, times: u32) {
    for _ in 0..times {
        let message = ring.recv().expect("one is always there");
        ring.send(message.held, message.text);
    }
}

/// While a sender looks at a free cell, a lap goes by.
fn a_sender_is_late_by_a_lap() {
    let (ring, held) = Ring::new(2, 0);
    let mut held = held.into_iter();
    let other = held.next().unwrap();
    let late = held.next().unwrap();
    let other = start(&ring, |ring| {
        ring.send(other, 1);
        for _ in 0..4 {
            if let Some(message) = ring.recv() {
                ring.send(message.held, message.text);
            }
        }
    });
    let late = start(&ring, |ring| ring.send(late, 2));
    other.join().unwrap();
    late.join().unwrap();
    assert_eq!(sorted(settle(ring.drain(), 2)), [1, 2]);
}

/// While a receiver looks at a listing, a lap goes by.
fn a_receiver_is_late_by_a_lap() {
    let (ring, held) = Ring::new(2, 0);
    held.into_iter().zip(1..).for_each(|(held, message)| ring.send(held, message));
    let other = start(&ring, |ring| rotate(ring, 4));
    let late = start(&ring, Ring::recv);
    other.join().unwrap();
    let mut messages: Vec<_> = late.join().unwrap().into_iter().collect();
    messages.extend(ring.drain());
    assert_eq!(sorted(settle(messages, 2)), [1, 2]);
}

/// Two listings are never there at a time, so there is room for two.
fn the_bound_seen_from_behind() {
    let (ring, held) = Ring::new(3, 0);
    let mut held = held.into_iter();
    let other = held.next().unwrap();
    let mine = held.next().unwrap();
    let other = start(&ring, |ring| {
        ring.send(other, 1);
        ring.recv().is_some()
    });
    let mine = start(&ring, |ring| try_send(ring, mine, 2, 2).is_ok());
    assert!(mine.join().unwrap(), "there is room");
    assert!(other.join().unwrap());
}

/// Two slots go round and round between one that fills and one that empties them.
fn slots_are_recycled() {
    let (ring, held) = Ring::new(2, 0);
    let release = |ring: &Ring, held| {
        assert!(ring.queue(FREE).push(held, ME, Time::First, UNBOUNDED).is_ok(), "there is room for all");
    };
    held.into_iter().for_each(|held| release(&ring, held));
    let sender = start(&ring, |ring| {
        let mut sent = 0;
        for _ in 0..3 {
            if let Popped::Taken(held, _) = ring.queue(FREE).pop(ME) {
                sent += 1;
                ring.send(held, sent);
            }
        }
        sent
    });
    let receiver = start(&ring, move |ring| {
        let receive = |message: Message| {
            release(ring, message.held);
            message.text
        };
        (0..2).filter_map(|_| ring.recv().map(receive)).collect::<Vec<_>>()
    });
    let sent = sender.join().unwrap();
    let mut texts = receiver.join().unwrap();
    let mut messages = ring.drain();
    texts.extend(messages.iter().map(|message| message.text));
    assert!(texts.into_iter().eq(1..=sent), "each once, in the order of sending");
    while let Popped::Taken(held, listing) = ring.queue(FREE).pop(ME) {
        messages.push(Message { text: 0, listing: listing + 100, held });
    }
    settle(messages, 2);
}

/// Sends; what is refused is the sender's own again.
fn try_send(ring: &Ring, held: Held, message: u32, bound: u64) -> Result<(), Refused> {
    ring.payloads[held.slot as usize].set(message);
    let result = ring.queue(FULL).push(held, ME, Time::First, bound);
    if let Err(Refused::Closed(held) | Refused::Full(held)) = &result {
        assert!(!ring.slots[held.slot as usize].retire(), "it is not to be had");
        ring.payloads[held.slot as usize].set(0);
    }
    result
}

/// Checks what became of two messages sent in this order: the accepted ones were received, the others are held.
fn settle_closed(results: Vec<Result<(), Refused>>, mut messages: Vec<Message>) {
    let accepted = results.iter().filter(|result| result.is_ok()).count();
    assert!(
        messages.iter().map(|message| message.text).eq(1..=accepted as u32),
        "what is accepted is received"
    );
    for refused in results.into_iter().filter_map(Result::err) {
        let Refused::Closed(held) = refused else { panic!("there is room for all") };
        messages.push(Message { text: 0, listing: 100 + u64::from(held.slot), held });
    }
    settle(messages, 2);
}

fn send_two(ring: &Arc<Ring>, held: Vec<Held>) -> JoinHandle<Vec<Result<(), Refused>>> {
    start(ring, |ring| {
        held.into_iter().zip(1..).map(|(held, message)| try_send(ring, held, message, UNBOUNDED)).collect()
    })
}

fn closed_while_one_sends() {
    let (ring, held) = Ring::new(2, (1 << 42) - 1);
    let sender = send_two(&ring, held);
    let closer = start(&ring, |ring| {
        ring.queue(FULL).close();
        ring.queue(FULL).is_closed()
    });
    assert!(closer.join().unwrap(), "whoever closed it sees it closed");
    let results = sender.join().unwrap();
    let messages = ring.drain();
    assert!(matches!(ring.queue(FULL).pop(ME), Popped::Closed), "it is closed and drained");
    settle_closed(results, messages);
}

fn closed_while_one_receives() {
    let (ring, held) = Ring::new(2, 0);
    let sender = send_two(&ring, held);
    let closer = start(&ring, |ring| ring.queue(FULL).close());
    let receiver = start(&ring, |ring| {
        let pops = (0..2).map(|_| match ring.queue(FULL).pop(ME) {
            Popped::Taken(held, listing) => {
                let text = ring.payloads[held.slot as usize].get();
                (Some(Message { text, listing, held }), false)
            }
            Popped::Empty => (None, false),
            Popped::Closed => (None, true),
        });
        let (messages, ends): (Vec<_>, Vec<_>) = pops.unzip();
        (messages.into_iter().flatten().collect::<Vec<_>>(), ends.contains(&true))
    });
    let results = sender.join().unwrap();
    closer.join().unwrap();
    let (mut messages, is_drained) = receiver.join().unwrap();
    let rest = ring.drain();
    assert!(rest.is_empty() || !is_drained, "something came after the end");
    messages.extend(rest);
    settle_closed(results, messages);
}

/// Who finds the queue closed sees what the closer did before: the reason, say.
fn who_asks_learns(asks: fn(&Ring) -> bool) {
    let (ring, _) = Ring::new(2, 0);
    let reason = Arc::new(Watched::new(0));
    let closer = {
        let reason = reason.clone();
        start(&ring, move |ring| {
            reason.set(7);
            ring.queue(FULL).close();
        })
    };
    let asker = start(&ring, move |ring| !asks(ring) || reason.get() == 7);
    closer.join().unwrap();
    assert!(asker.join().unwrap());
}

fn a_receiver_learns() {
    who_asks_learns(|ring| matches!(ring.queue(FULL).pop(ME), Popped::Closed));
}

fn an_asker_learns() {
    who_asks_learns(|ring| ring.queue(FULL).is_closed());
}

/// Two push into a queue that takes one.
fn two_push_one_too_many() {
    let (ring, held) = Ring::new(2, (1 << 42) - 1);
    let senders: Vec<_> = held
        .into_iter()
        .zip(1..)
        .map(|(held, message)| start(&ring, move |ring| try_send(ring, held, message, 1)))
        .collect();
    let results: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "there is room for one");
    settle_bounded(results, vec![], ring.drain(), 2);
}

/// Two push into a queue that takes one, while somebody receives.
fn room_is_made() {
    let (ring, held) = Ring::new(3, 0);
    let mut held = held.into_iter().zip(1..);
    let (first, message) = held.next().unwrap();
    ring.send(first, message);
    let senders: Vec<_> =
        held.map(|(held, message)| start(&ring, move |ring| try_send(ring, held, message, 1))).collect();
    let receiver = start(&ring, |ring| ring.recv().expect("there was one, and nobody else takes"));
    let results: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    let received = receiver.join().unwrap();
    settle_bounded(results, vec![received], ring.drain(), 3);
}

fn settle_bounded(
    results: Vec<Result<(), Refused>>,
    mut messages: Vec<Message>,
    rest: Vec<Message>,
    slots: usize,
) {
    assert!(rest.len() <= 1, "more are listed than may be");
    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        rest.len(),
        "what is accepted is received"
    );
    messages.extend(rest);
    for (refused, listing) in results.into_iter().filter_map(Result::err).zip(100..) {
        let Refused::Full(held) = refused else { panic!("nobody closed it") };
        messages.push(Message { text: 0, listing, held });
    }
    settle(messages, slots);
}
