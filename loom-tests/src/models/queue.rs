//! The queue: each slot that is listed is taken once, in the order of listing, and none is lost.
//!
//! Actors: senders that push slots they hold, receivers that pop. Some start just below the last lap's end, or the last
//! position's. Bound: four threads, two slots, four cells.
//!
//! - Invariants: Q1, Q2, Q4, LISTING, TAIL.
//! - FORBIDDEN: a slot lost or owned twice; a message received twice or never; two pops of one listing; messages of
//!   one sender that one receiver gets out of order.
//! - ACCEPTABLE: a pop that finds nothing because it looked early; a slot that is listed behind one sent later by
//!   another.

use queue_ring::{FULL, ME, Message, Ring, UNBOUNDED, settle, start};

use super::protocol::queue::Popped;
use super::protocol::slot::{FREE, Time};
use crate::scenario::Scenario;

#[path = "support/queue_ring.rs"]
mod queue_ring;

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
        Scenario::new("queue: a sender is late by a lap", Some(2), a_sender_is_late_by_a_lap),
        Scenario::new("queue: a receiver is late by a lap", Some(1), a_receiver_is_late_by_a_lap),
        Scenario::new("queue: slots are recycled", Some(2), slots_are_recycled),
    ]
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

fn sorted(mut texts: Vec<u32>) -> Vec<u32> {
    texts.sort_unstable();
    texts
}
