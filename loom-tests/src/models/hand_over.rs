//! A ring's queues and those who sleep at them: nobody sleeps through a buffer, nor through the end.
//!
//! Actors: senders that list a slot and call one waiter, receivers and claimers that pop or sleep, one that closes and
//! calls all: what `ring/core.rs` and its gates do. Bound: three threads and the model's own, two slots.
//!
//! - FORBIDDEN: a receiver that sleeps while a message lies there and nobody is on the way to it, or behind the end; a
//!   message lost, doubled, or read before it was written.
//! - ACCEPTABLE: a receiver that is woken and finds that another was quicker.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::cells::{Cell, Cells};
use super::protocol::queue::{Ends, Popped, Queue, Refused};
use super::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use super::protocol::wakers::Wakers;
use crate::scenario::Scenario;
use crate::sync::fence::Fences;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("hand_over: one sends, one sleeps", Some(2), one_sends_one_sleeps),
        Scenario::over_futexes("hand_over: two are sent, two sleep", Some(2), two_are_sent_two_sleep),
        Scenario::over_futexes("hand_over: closed while two sleep", Some(2), closed_while_two_sleep),
        Scenario::over_futexes("hand_over: one slot goes round", Some(2), one_slot_goes_round),
    ]
    .concat()
}

const ME: Owner = 1;
const FULL: QueueNumber = 1;

struct Ring {
    slots: Vec<Slot>,
    payloads: Vec<Watched<u32>>,
    ends: [Ends; 2],
    cells: [Vec<Cell>; 2],
    wakers: [Wakers; 2],
}

impl Ring {
    /// Makes a ring whose slots are all held.
    fn new(slots: usize) -> (Arc<Self>, Vec<Held>) {
        let cells = 2 * slots;
        let ring = Self {
            slots: (0..slots).map(|_| Slot::new(ME, 0)).collect(),
            payloads: (0..slots).map(|_| Watched::new(0)).collect(),
            ends: [(); 2].map(|()| Ends::new(0)),
            cells: [(); 2].map(|()| (0..cells).map(|k| Cell::before(0, k, cells)).collect()),
            wakers: [(); 2].map(|()| Wakers::new(Fences::symmetric())),
        };
        let take = |(slot, number): (&Slot, u32)| slot.try_take(number, slot.word(), ME).unwrap();
        let held = ring.slots.iter().zip(0..).map(take).collect();
        (Arc::new(ring), held)
    }

    fn queue(&self, number: QueueNumber) -> Queue<'_> {
        let k = usize::from(number);
        Queue { number, ends: &self.ends[k], cells: Cells(&self.cells[k]), slots: &self.slots }
    }

    fn push(&self, number: QueueNumber, held: Held) -> Result<(), Refused> {
        self.queue(number).push(held, ME, Time::First, u64::MAX)?;
        self.wakers[usize::from(number)].notify(1);
        Ok(())
    }

    fn send(&self, held: Held, message: u32) -> Result<(), Refused> {
        self.payloads[held.slot as usize].set(message);
        self.push(FULL, held)
    }

    /// Pops, and sleeps while there is nothing; `None` at the end.
    fn pop(&self, number: QueueNumber) -> Option<Held> {
        let wakers = &self.wakers[usize::from(number)];
        let attempt = || match self.queue(number).pop(ME) {
            Popped::Taken(held, _) => Some(Some(held)),
            Popped::Closed => Some(None),
            Popped::Empty => None,
            Popped::Corrupt(corrupt) => panic!("{corrupt:?}"),
        };
        loop {
            if let Some(found) = attempt() {
                return found;
            }
            let announced = wakers.announce();
            if let Some(found) = attempt() {
                wakers.stay_up(announced);
                return found;
            }
            wakers.wait_until(announced, None);
        }
    }

    fn recv(&self) -> Option<(u32, Held)> {
        let held = self.pop(FULL)?;
        Some((self.payloads[held.slot as usize].get(), held))
    }

    fn close(&self) {
        self.queue(FULL).close();
        self.wakers[usize::from(FULL)].notify(u32::MAX);
    }

    fn assert_all_up(&self) {
        assert!(self.wakers.iter().all(|wakers| wakers.waiting() == 0), "somebody is counted who is up");
    }
}

fn start<R: 'static>(ring: &Arc<Ring>, act: impl FnOnce(&Ring) -> R + 'static) -> JoinHandle<R> {
    let ring = ring.clone();
    thread::spawn(move || act(&ring))
}

fn one_sends_one_sleeps() {
    let (ring, held) = Ring::new(2);
    let sender = start(&ring, |ring| {
        held.into_iter().zip(1..).for_each(|(held, message)| ring.send(held, message).unwrap());
    });
    let texts: Vec<_> = (0..2).map(|_| ring.recv().unwrap().0).collect();
    assert_eq!(texts, [1, 2]);
    sender.join().unwrap();
    ring.assert_all_up();
}

fn two_are_sent_two_sleep() {
    let (ring, held) = Ring::new(2);
    let receivers = [(); 2].map(|()| start(&ring, |ring| ring.recv().unwrap().0));
    held.into_iter().zip(1..).for_each(|(held, message)| ring.send(held, message).unwrap());
    let mut texts = receivers.map(|receiver| receiver.join().unwrap());
    texts.sort_unstable();
    assert_eq!(texts, [1, 2]);
    ring.assert_all_up();
}

fn closed_while_two_sleep() {
    let (ring, held) = Ring::new(1);
    let receivers = [(); 2].map(|()| start(&ring, |ring| ring.recv().map(|(text, _)| text)));
    let sent = held.into_iter().map(|held| ring.send(held, 1)).all(|sent| sent.is_ok());
    ring.close();
    let texts = receivers.map(|receiver| receiver.join().unwrap());
    assert!(
        sent && texts.contains(&Some(1)) && texts.contains(&None),
        "one has the message, the other the end"
    );
    ring.assert_all_up();
}

/// With a single slot each side waits for the other.
fn one_slot_goes_round() {
    let (ring, held) = Ring::new(1);
    held.into_iter().for_each(|held| ring.push(FREE, held).unwrap());
    let sender = start(&ring, |ring| {
        for message in 1..3 {
            let held = ring.pop(FREE).unwrap();
            ring.send(held, message).unwrap();
        }
    });
    for message in 1..3 {
        let (text, held) = ring.recv().unwrap();
        assert_eq!(text, message);
        ring.push(FREE, held).unwrap();
    }
    sender.join().unwrap();
    ring.assert_all_up();
}
