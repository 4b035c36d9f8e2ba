//! A ring of slots with payloads and two queues, and the check that each slot has one owner in the end.
//!
//! Shared by the models of the queue. Each compiles it for itself, since a weakened twin has a protocol of its own. The
//! slots' generations start just below the end of their field.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::super::protocol::cells::{Cell, Cells};
use super::super::protocol::queue::{Ends, Popped, Queue};
use super::super::protocol::slot::{Held, Owner, QueueNumber, Slot, Time};
use crate::watched::Watched;

pub(crate) const ME: Owner = 1;
pub(crate) const FULL: QueueNumber = 1;
pub(crate) const UNBOUNDED: u64 = u64::MAX;
const LAST_GENERATION: u64 = (1 << 40) - 1;

/// Two queues, the free slots' and one of full ones.
pub(crate) struct Ring {
    pub(crate) slots: Vec<Slot>,
    pub(crate) payloads: Vec<Watched<u32>>,
    ends: [Ends; 2],
    cells: [Vec<Cell>; 2],
}

impl Ring {
    /// Makes a ring whose slots are all held, and whose queues have had `position` listings.
    pub(crate) fn new(slots: usize, position: u64) -> (Arc<Self>, Vec<Held>) {
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

    pub(crate) fn queue(&self, number: QueueNumber) -> Queue<'_> {
        let k = usize::from(number);
        Queue { number, ends: &self.ends[k], cells: Cells(&self.cells[k]), slots: &self.slots }
    }

    /// Writes the message into the slot's payload and pushes it.
    pub(crate) fn send(&self, held: Held, message: u32) {
        self.payloads[held.slot as usize].set(message);
        assert!(self.queue(FULL).push(held, ME, Time::First, UNBOUNDED).is_ok(), "there is room for all");
    }

    /// Pops once; returns the message, after its slot's new owner has scribbled over it.
    pub(crate) fn recv(&self) -> Option<Message> {
        let Popped::Taken(held, listing) = self.queue(FULL).pop(ME) else { return None };
        let payload = &self.payloads[held.slot as usize];
        let text = payload.get();
        payload.set(u32::MAX);
        Some(Message { text, listing, held })
    }

    /// Pops until nothing is left, when everybody has gone.
    pub(crate) fn drain(&self) -> Vec<Message> {
        std::iter::from_fn(|| self.recv()).collect()
    }
}

/// Starts an actor. Those who write are started before those who read (`README.md`), and the model's own thread waits.
pub(crate) fn start<R: 'static>(ring: &Arc<Ring>, act: impl FnOnce(&Ring) -> R + 'static) -> JoinHandle<R> {
    let ring = ring.clone();
    thread::spawn(move || act(&ring))
}

pub(crate) struct Message {
    pub(crate) text: u32,
    pub(crate) listing: u64,
    pub(crate) held: Held,
}

/// Checks that each slot is held once and no listing was popped twice; returns the texts.
pub(crate) fn settle(messages: Vec<Message>, slots: usize) -> Vec<u32> {
    let mut held: Vec<_> = messages.iter().map(|message| message.held.slot).collect();
    held.sort_unstable();
    assert!(held.iter().copied().eq(0..slots as u32), "each slot has one owner");
    let mut listings: Vec<_> = messages.iter().map(|message| message.listing).collect();
    listings.sort_unstable();
    listings.dedup();
    assert_eq!(listings.len(), messages.len(), "each listing is popped once");
    messages.into_iter().map(|message| message.text).collect()
}
