//! What all handles of a ring share: the region, the words in it, and the gates where threads wait.
//!
//! The core is counted twice over. Each handle of the ring counts, as usual; and each slot counts once for whoever holds
//! it, so that a buffer keeps the memory alive without touching a shared count when it changes hands.
//!
//! - C1: a slot's count is given up when the slot is retired (E1), and not before. So while a buffer exists, whose slot
//!   is held, the core does. Whoever gives a slot away [stays](Stay) until its last access (Z1).

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;

use super::Waiting;
use super::stay::{self, Stay};

use super::gate::Gate;
use super::layout::Layout;
use super::options::{DroppedDirty, QueueOptions};
use crate::memory::Region;
use crate::memory::placed::Placed;
use crate::protocol::cells::{Cell, Cells};
use crate::protocol::queue::{Ends, Popped, Queue, Refused};
use crate::protocol::retirement::Retirement;
use crate::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use crate::protocol::top::Top;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use crate::sys::prefetch;

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
    ) -> Arc<Self> {
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
        let core = Arc::new(Self {
            lines: lines.collect(),
            slots,
            ends,
            layout,
            buffer_len,
            dropped_dirty,
            top: (layout.stride >= RECENT_BYTES).then(Top::new),
            claims: AtomicU64::new(0),
            retirement: Retirement::new(),
            closed: AtomicU32::new(0),
            region,
        });
        for slot in 0..layout.slots as u32 {
            let words = &core.slots[slot as usize];
            if let Some(held) = words.try_take(slot, words.word(), ME) {
                let _ = core.queue(FREE).push(held, ME, Time::First, u64::MAX);
            }
            // The slot's own count (C1), given up in `retire`.
            std::mem::forget(Arc::clone(&core));
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
        if self.closed.load(Relaxed) != 0 {
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
        let line = self.line(queue);
        self.queue(queue).push(held, ME, Time::First, line.options.most())?;
        line.filled.notify(1);
        Ok(())
    }

    /// Takes the slot listed first.
    #[inline]
    pub(super) fn pop(&self, queue: QueueNumber) -> Popped {
        let popped = self.pop_and_fetch(queue);
        if let (Popped::Taken(..), true) = (&popped, self.line(queue).options.is_bounded()) {
            self.line(queue).room.notify(1);
        }
        popped
    }

    /// Lists a slot as free and wakes a thread that waits for one, or returns the waker of a task that does.
    #[inline]
    fn list_free(&self, held: Held) -> Option<Waker> {
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
        self.slots.iter().zip(0..).find_map(|(slot, number)| {
            let seen = slot.word();
            if seen.is_abandoned() { slot.try_take(number, seen, ME) } else { None }
        })
    }

    /// Refuses claims from now on, closes every queue, and wakes all who wait.
    pub(super) fn close(&self) {
        // ORDERING: Relaxed; the gates' notification is found by whoever is about to sleep.
        self.closed.store(1, Relaxed);
        self.line(FREE).filled.notify_all();
        (1..self.layout.queues).for_each(|queue| self.close_queue(queue as QueueNumber));
    }

    pub(super) fn close_queue(&self, queue: QueueNumber) {
        self.queue(queue).close();
        self.line(queue).filled.notify_all();
        self.line(queue).room.notify_all();
    }

    /// Retires the slots that nobody holds. For the last handle of the ring, once.
    pub(super) fn retire_all(this: &Arc<Self>) {
        this.retirement.announce();
        for _ in this.slots.iter().filter(|slot| slot.retire()) {
            // SAFETY: the pointer is of an `Arc`. This slot's count has not been given up: it is retired once (E1, C1).
            unsafe { Arc::decrement_strong_count(Arc::as_ptr(this)) };
        }
    }
}

/// The core, kept alive by the count of a slot that its user holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotCore(NonNull<Core>);

// SAFETY: a `SlotCore` gives a shared reference to the core, which is `Sync`, as an `Arc` does.
unsafe impl Send for SlotCore {}
// SAFETY: as above.
unsafe impl Sync for SlotCore {}

impl Drop for Core {
    fn drop(&mut self) {
        // Every slot is retired, and we have acquired that.
        stay::wait_until_nobody_is_at(self);
    }
}

impl SlotCore {
    /// Stands for the count of a slot of this core.
    ///
    /// # Safety
    ///
    /// - The caller holds a slot of it for as long as it uses this or a copy.
    #[inline]
    pub(super) unsafe fn new(core: &Arc<Core>) -> Self {
        // SAFETY: the pointer of an `Arc` is not null.
        Self(unsafe { NonNull::new_unchecked(Arc::as_ptr(core).cast_mut()) })
    }

    #[inline]
    pub(super) fn get(&self) -> &Core {
        // SAFETY: the slot's holder (duty of `new`) keeps the core alive (C1), and nobody borrows it mutably.
        unsafe { self.0.as_ref() }
    }

    /// Returns whether the slots of this core are `core`'s.
    pub(super) fn is_of(&self, core: &Arc<Core>) -> bool {
        std::ptr::eq(self.0.as_ptr(), Arc::as_ptr(core))
    }

    /// Gives a slot back to the free ones. It was the caller's claim to the core.
    #[inline]
    pub(super) fn release(self, held: Held) {
        self.give(held, |core, held| core.list_free(held));
    }

    /// Gives up a slot whose payload has begun to change since it was received: as the ring's owner decided.
    #[cold]
    pub(super) fn give_up(self, held: Held) {
        self.give(held, |core, held| {
            let queue = held.came_from();
            match core.dropped_dirty {
                DroppedDirty::Free => core.list_free(held),
                DroppedDirty::SetAside => {
                    core.slot(held.slot).set_aside(held, ME);
                    None
                }
                DroppedDirty::SendAgain => match core.queue(queue).push(held, ME, Time::Again, u64::MAX) {
                    Ok(()) => core.line(queue).filled.notify_one(),
                    Err(Refused::Full(held) | Refused::Closed(held)) => core.list_free(held),
                },
            }
        });
    }

    /// Runs `post`, which gives the slot away, and retires the slot if the ring's last handle is gone.
    #[inline]
    fn give(self, held: Held, post: impl FnOnce(&Core, Held) -> Option<Waker>) {
        let slot = held.slot;
        // Before the post, after which another may free the core at any time (Z1).
        let stay = Stay::at(self.0);
        let waker = post(self.get(), held);
        let is_ours = self.get().retirement.is_announced() && self.get().slot(slot).retire();
        drop(stay);
        if is_ours {
            // SAFETY: the pointer is of an `Arc`. This slot's count has not been given up: it is retired once (E1, C1).
            unsafe { Arc::decrement_strong_count(self.0.as_ptr()) };
        }
        // Last, because it runs code of an executor's, which may do anything.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
