//! What all handles of a ring share: the region, the words in it, and the gates where threads wait. Who keeps it
//! alive is [`alive`](super::alive)'s affair.

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::task::Waker;

use super::Waiting;
use super::gate::Gate;
use super::layout::Layout;
use super::options::{DroppedDirty, QueueOptions};
use super::stay;
use crate::memory::Region;
use crate::memory::placed::Placed;
use crate::protocol::cells::{Cell, Cells};
use crate::protocol::queue::{Ends, Popped, Queue, Refused};
use crate::protocol::retirement::Retirement;
use crate::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use crate::protocol::top::Top;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use crate::sys::{fork, prefetch};

/// From this size on a buffer is claimed that was given back last: its bytes cost more than the word that all who
/// give back and claim then contend for (docs/performance.md).
const RECENT_BYTES: usize = 128 << 10;

/// The participant that all threads of this process are.
const ME: Owner = 1;

/// One queue's name, rules and waiting threads.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) options: QueueOptions,
    /// Where receivers wait for a full buffer; for queue 0, claimers for a free one.
    pub(super) filled: Gate,
    /// Where senders wait for room, if the queue is bounded and they are to wait.
    pub(super) room: Gate,
    /// Buffers that were dropped because the queue was full.
    pub(super) dropped: AtomicU64,
    cells: Placed<Cell>,
}

/// The memory of a ring and what goes with it.
#[derive(Debug)]
pub(super) struct Core {
    slots: Placed<Slot>,
    ends: Placed<Ends>,
    lines: Box<[Line]>,
    pub(super) layout: Layout,
    /// Elements of a buffer.
    pub(super) buffer_len: usize,
    pub(super) dropped_dirty: DroppedDirty,
    /// The slot that was given back last, where it pays to claim that first.
    top: Option<Top>,
    /// Claims so far, where the place in the queue of the free ones does not tell.
    claims: AtomicU64,
    retirement: Retirement,
    /// The process that made the ring, where a forked one shares its words.
    shared_by: Option<u32>,
    closed: AtomicU32,
    // Goes last: the words above lie in it.
    region: Region,
}

impl Core {
    /// Puts a ring into a region that was made for its layout.
    ///
    /// # Safety
    ///
    /// - The region is as long as the layout, starts on a page, may be changed, and nobody else uses it.
    pub(super) unsafe fn new(
        region: Region,
        layout: Layout,
        buffer_len: usize,
        queues: impl IntoIterator<Item = QueueOptions>,
        waiting: Waiting,
        dropped_dirty: DroppedDirty,
        shared_by: Option<u32>,
    ) -> Self {
        // SAFETY: the region is as long as the layout and nobody else's (caller's duties), and the layout's parts are
        // aligned and do not overlap (L1). `Core` keeps both, and drops the region last.
        let slots = unsafe { Placed::new(&region, layout.slots_at, layout.slots, |_| Slot::new(ME, 0)) };
        // SAFETY: as above.
        let ends = unsafe { Placed::new(&region, layout.ends_at, layout.queues, |_| Ends::new(0)) };
        let lines = queues.into_iter().enumerate().map(|(queue, options)| Line {
            options,
            filled: Gate::new(waiting),
            room: Gate::new(waiting),
            dropped: AtomicU64::new(0),
            // SAFETY: as above.
            cells: unsafe {
                Placed::new(&region, layout.cells_of(queue), layout.cells, |k| {
                    Cell::before(0, k, layout.cells)
                })
            },
        });
        let core = Self {
            lines: lines.collect(),
            slots,
            ends,
            layout,
            buffer_len,
            dropped_dirty,
            top: (layout.stride >= RECENT_BYTES).then(Top::new),
            claims: AtomicU64::new(0),
            // One for each slot, and one for the handles.
            retirement: Retirement::new(layout.slots + 1),
            shared_by,
            closed: AtomicU32::new(0),
            region,
        };
        stay::prepare();
        for slot in 0..layout.slots as u32 {
            let words = &core.slots[slot as usize];
            if let Some(held) = words.try_take(slot, words.word(), ME) {
                let _ = core.queue(FREE).push(held, ME, Time::First, u64::MAX);
            }
        }
        core
    }

    pub(super) fn region(&self) -> &Region {
        &self.region
    }

    #[inline]
    pub(super) fn slot(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }

    /// Returns where a slot's payload lies: `layout.stride` bytes, aligned for the ring's elements.
    #[inline]
    pub(super) fn payload(&self, slot: u32) -> NonNull<u8> {
        let start = self.layout.buffer(slot).start;
        // SAFETY: slots of tokens are below the layout's number, so the payload lies in the region (L1).
        let payload = unsafe { self.region.base().add(start) };
        // SAFETY: an address in a mapping is not null.
        unsafe { NonNull::new_unchecked(payload) }
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    #[inline]
    pub(super) fn line(&self, queue: QueueNumber) -> &Line {
        &self.lines[usize::from(queue)]
    }

    #[inline]
    pub(super) fn queue(&self, queue: QueueNumber) -> Queue<'_> {
        let number = usize::from(queue);
        Queue {
            number: queue,
            ends: &self.ends[number],
            cells: Cells(&self.lines[number].cells),
            slots: &self.slots,
        }
    }

    /// Takes a free slot.
    #[inline]
    pub(super) fn try_claim(&self) -> Popped {
        // ORDERING: Relaxed; a ring that is closing may still be claimed from.
        if self.closed.load(Relaxed) != 0 || self.is_of_another_process() {
            return Popped::Closed;
        }
        match &self.top {
            None => self.pop_and_fetch(FREE),
            Some(top) => self.claim_from(top),
        }
    }

    /// Takes the slot listed first, and asks for the lines of the next: its word and the beginning of its payload.
    ///
    /// They were last with another CPU. While the caller works on the one, they come (docs/performance.md).
    #[inline]
    fn pop_and_fetch(&self, number: QueueNumber) -> Popped {
        let queue = self.queue(number);
        let popped = queue.pop(ME);
        if let Popped::Taken(_, position) = popped
            && let Some(next) = queue.listed(position.wrapping_add(1))
        {
            prefetch::for_write(self.slot(next));
            prefetch::for_write(self.payload(next).as_ptr());
        }
        popped
    }

    /// Takes the slot that was given back last, or else the one that was given back first.
    fn claim_from(&self, top: &Top) -> Popped {
        let popped = match top.take().and_then(|slot| self.take_free(slot)) {
            Some(held) => Popped::Taken(held, 0),
            None => self.pop_and_fetch(FREE),
        };
        match popped {
            // ORDERING: Relaxed; a number that rises, and that nobody else gets.
            Popped::Taken(held, _) => Popped::Taken(held, self.claims.fetch_add(1, Relaxed)),
            other => other,
        }
    }

    /// Takes a slot that is free and not listed.
    fn take_free(&self, slot: u32) -> Option<Held> {
        let words = self.slot(slot);
        words.try_take(slot, words.word(), ME)
    }

    /// Lists a slot in a queue whose bound leaves room, and wakes one who waits there.
    #[inline]
    pub(super) fn push(&self, queue: QueueNumber, held: Held) -> Result<(), Refused> {
        if self.is_of_another_process() {
            return Err(Refused::Closed(held));
        }
        let line = self.line(queue);
        self.push_at(queue, held, Time::First, line.options.most())?;
        line.filled.notify(1);
        Ok(())
    }

    /// Lists a slot in a queue and wakes nobody.
    #[inline]
    pub(super) fn push_at(
        &self,
        queue: QueueNumber,
        held: Held,
        time: Time,
        bound: u64,
    ) -> Result<(), Refused> {
        self.queue(queue).push(held, ME, time, bound)
    }

    /// Sets a slot aside, its payload kept.
    pub(super) fn set_aside(&self, held: Held) {
        self.slot(held.slot).set_aside(held, ME);
    }

    /// Takes the slot listed first.
    #[inline]
    pub(super) fn pop(&self, queue: QueueNumber) -> Popped {
        if self.is_of_another_process() {
            return Popped::Closed;
        }
        let popped = self.pop_and_fetch(queue);
        if let (Popped::Taken(..), true) = (&popped, self.line(queue).options.is_bounded()) {
            self.line(queue).room.notify(1);
        }
        popped
    }

    /// Lists a slot as free and wakes a thread that waits for one, or returns the waker of a task that does.
    #[inline]
    pub(super) fn list_free(&self, held: Held) -> Option<Waker> {
        // The queue of the free slots has no bound and is never closed, so nothing comes back.
        let free = self.queue(FREE);
        match &self.top {
            None => _ = free.push(held, ME, Time::First, u64::MAX),
            Some(top) => {
                self.slot(held.slot).post(&held, FREE, ME, Time::First);
                // What is put out stays posted: at the ring's end it is retired as any free slot.
                top.put(held.slot).map(|before| free.list(before, u64::MAX));
            }
        }
        self.line(FREE).filled.notify_one()
    }

    /// Returns how many slots are free: exact while nobody claims or gives back.
    pub(super) fn free(&self) -> u64 {
        self.queue(FREE).depth() + u64::from(self.top.as_ref().is_some_and(Top::is_occupied))
    }

    /// Notes how deep the queues are, while a claimer waits for what is in them.
    pub(super) fn note_depths(&self) {
        (1..self.layout.queues).for_each(|queue| self.queue(queue as QueueNumber).note_depth());
    }

    /// Takes a slot that a holder set aside.
    pub(super) fn take_aside(&self) -> Option<Held> {
        if self.is_of_another_process() {
            return None;
        }
        self.slots.iter().zip(0..).find_map(|(slot, number)| {
            let seen = slot.word();
            if seen.is_abandoned() { slot.try_take(number, seen, ME) } else { None }
        })
    }

    /// Refuses claims from now on, closes every queue, and wakes all who wait.
    pub(super) fn close(&self) {
        if self.is_of_another_process() {
            return;
        }
        // ORDERING: Relaxed; the gates' notification is found by whoever is about to sleep.
        self.closed.store(1, Relaxed);
        self.line(FREE).filled.notify_all();
        (1..self.layout.queues).for_each(|queue| self.close_queue(queue as QueueNumber));
    }

    pub(super) fn close_queue(&self, queue: QueueNumber) {
        if self.is_of_another_process() {
            return;
        }
        self.queue(queue).close();
        self.line(queue).filled.notify_all();
        self.line(queue).room.notify_all();
    }

    /// Retires the slots that nobody holds; returns how many. For the last handle of the ring, once.
    pub(super) fn retire_all(&self) -> usize {
        self.retirement.announce();
        self.slots.iter().filter(|slot| slot.retire()).count()
    }

    /// Returns whether the ring's last handle is gone. The caller has given a slot back.
    #[inline]
    pub(super) fn is_ended(&self) -> bool {
        self.retirement.is_announced()
    }

    #[inline]
    pub(super) fn retirement(&self) -> &Retirement {
        &self.retirement
    }

    /// Returns whether the words are another process's, from which this one was forked.
    #[inline]
    pub(super) fn is_of_another_process(&self) -> bool {
        self.shared_by.is_some_and(|process| fork::generation() != process)
    }
}
