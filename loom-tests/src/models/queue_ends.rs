//! The queue's ends: what is accepted is received, whether it closes or fills up meanwhile.
//!
//! Actors: senders that push slots they hold, receivers that pop, one that closes or asks for the end. Some start just
//! below the last lap's end. Bound: four threads, two slots in four cells, three in eight where a bound needs a third.
//!
//! - Invariants: Q1, Q3, LISTING, TAIL, and the bound.
//! - FORBIDDEN: something accepted behind the close, or accepted and not received; an end found before what was
//!   accepted; what the closer did before, unseen by who finds it closed; more listed than the bound.
//! - ACCEPTABLE: a push refused for want of room while a pop is under way.

use loom::sync::Arc;
use loom::thread::JoinHandle;
use queue_ring::{FULL, ME, Message, Ring, UNBOUNDED, settle, start};

use super::protocol::queue::{Popped, Refused};
use super::protocol::slot::{Held, Time};
use crate::scenario::Scenario;
use crate::watched::Watched;

#[allow(clippy::duplicate_mod, reason = "a weakened twin has this model alone beside its protocol")]
#[path = "support/queue_ring.rs"]
mod queue_ring;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("queue_ends: whoever knows of the end finds it", None, whoever_knows_finds_the_end),
        Scenario::new("queue_ends: the bound, seen from behind", Some(2), the_bound_seen_from_behind),
        Scenario::new("queue_ends: closed while one sends", Some(3), closed_while_one_sends),
        Scenario::new("queue_ends: closed while one sends, one receives", Some(2), closed_while_one_receives),
        Scenario::new("queue_ends: a receiver learns what came before the close", None, a_receiver_learns),
        Scenario::new("queue_ends: an asker learns what came before the close", None, an_asker_learns),
        Scenario::new("queue_ends: two push one too many", Some(3), two_push_one_too_many),
        Scenario::new("queue_ends: room is made", Some(2), room_is_made),
    ]
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
            Popped::Corrupt(corrupt) => panic!("{corrupt:?}"),
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
            Popped::Corrupt(corrupt) => panic!("{corrupt:?}"),
        }
    });
    assert_eq!(sender.join().unwrap(), receiver.join().unwrap(), "what is accepted is received");
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
