//! What all handles of a ring share: the region, the words in it, and the gates where threads wait. Who keeps it
//! alive is [`alive`](super::alive)'s affair.

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use super::Waiting;
use super::ending::Ending;
use super::estate::{self, Estate, Side};
use super::gate::Gate;
use super::layout::Layout;
use super::options::{DroppedDirty, QueueOptions};
use super::stay;
use super::words::Words;
use crate::memory::Region;
use crate::memory::shared::SharedError;
use crate::protocol::queue::{Corrupt, Popped, Queue, Refused};
use crate::protocol::retirement::Retirement;
use crate::protocol::slot::{FREE, Held, Owner, QueueNumber, Slot, Time};
use crate::protocol::top::Top;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sys::{fork, identity, prefetch};

/// From this size on a buffer is claimed that was given back last: its bytes cost more than the word that all who
/// give back and claim then contend for (docs/performance.md).
const RECENT_BYTES: usize = 128 << 10;

/// The participant that all threads of this process are where no other takes part.
const ALONE: Owner = 1;

/// One queue's name, rules and waiting threads.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) options: QueueOptions,
    /// Where receivers wait for a full buffer; for queue 0, claimers for a free one.
    pub(super) filled: Gate,
    /// Where senders wait for room, if the queue is bounded and they are to wait.
    pub(super) room: Gate,
}

/// The memory of a ring and what goes with it.
#[derive(Debug)]
pub(super) struct Core {
    words: Words,
    lines: Box<[Line]>,
    pub(super) layout: Layout,
    /// Elements of a buffer.
    pub(super) buffer_len: usize,
    pub(super) dropped_dirty: DroppedDirty,
    /// The slot that was given back last, where it pays to claim that first.
    top: Option<Top>,
    /// Claims so far, where the place in the queue of the free ones does not tell.
    claims: AtomicU64,
    /// The participant that all threads of this process are.
    me: Owner,
    id: u64,
    ending: Ending,
    /// This process by forks.
    process: u32,
    /// The first byte of the memory, which starts on a page.
    base: NonNull<u8>,
    /// What was found first of what nobody writes who keeps to the protocol.
    damage: OnceLock<Corrupt>,
    // Goes last: the words above lie in it.
    home: Home,
}

/// What keeps the memory mapped.
#[derive(Debug)]
pub(super) enum Home {
    /// It is this process's.
    Own(#[allow(dead_code, reason = "kept")] Region),
    /// Others take part.
    Shared(Arc<Estate>),
}

// SAFETY: the base is an address; what lies there is the words', shared atomics, and the payloads', whose owner is whoever
// holds their slots (S1).
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

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
    ) -> Self {
        // SAFETY: an address in a mapping is not null.
        let base = unsafe { NonNull::new_unchecked(region.base()) };
        // SAFETY: the region is as long as the layout and nobody else's (caller's duties), new ones are zero, and `Core` keeps
        // the region and drops it last.
        let words = unsafe { Words::write(base, &layout, ALONE) };
        let lines = queues.into_iter().map(|options| Line {
            options,
            filled: Gate::new(waiting),
            room: Gate::new(waiting),
        });
        stay::prepare();
        Self {
            words,
            lines: lines.collect(),
            layout,
            buffer_len,
            dropped_dirty,
            top: (layout.stride >= RECENT_BYTES).then(Top::new),
            claims: AtomicU64::new(0),
            me: ALONE,
            id: half_of(identity::random_bits()),
            ending: Ending::of_the_ring(layout.slots),
            process: 0,
            base,
            damage: OnceLock::new(),
            home: Home::Own(region),
        }
    }

    /// Makes this process's part in a ring that others take part in; `process` is its number by forks.
    pub(super) fn shared(estate: Arc<Estate>, waiting: Waiting, process: u32) -> Result<Self, SharedError> {
        let (layout, base, header) = (estate.layout().ring, estate.base(), estate.region().header());
        let dropped_dirty = estate::dropped_dirty(estate.region())?;
        let path = estate.region().path();
        let corrupt = |word, found| SharedError::Corrupt { path: path.to_owned(), word, found };
        let free = Ok(QueueOptions::new(""));
        let queues = header.ring.queues.iter().map(|entry| {
            QueueOptions::of_entry(entry).ok_or_else(|| corrupt("a queue's policy", entry.policy.into()))
        });
        let lines = (0..).zip(std::iter::once(free).chain(queues)).map(|(number, options)| {
            let (filled, room) = (Side::Filled, Side::Room);
            Ok(Line {
                options: options?,
                filled: estate.gate(number, filled, waiting),
                room: estate.gate(number, room, waiting),
            })
        });
        let lines = lines.collect::<Result<_, SharedError>>()?;
        stay::prepare();
        Ok(Self {
            // SAFETY: the estate keeps the region mapped, and its layout's bytes are there (A1); `Core` keeps the estate. Who else
            // accesses them does so as we do, which is the duty of whoever entered.
            words: unsafe { Words::find(base, &layout) },
            lines,
            layout,
            buffer_len: header.ring.buffer_len as usize,
            dropped_dirty,
            top: None,
            claims: AtomicU64::new(0),
            me: estate.me(),
            id: half_of(header.id.to_bytes()),
            ending: Ending::of_our_part(layout.slots),
            process,
            base,
            damage: OnceLock::new(),
            home: Home::Shared(Arc::clone(&estate)),
        })
    }

    /// Returns this process's number among the participants.
    #[inline]
    pub(super) fn me(&self) -> Owner {
        self.me
    }

    /// Returns a number that is the ring's and hardly any other's.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Returns the region and our part in it, where others take part.
    pub(super) fn estate(&self) -> Option<&Estate> {
        match &self.home {
            Home::Own(_) => None,
            Home::Shared(estate) => Some(estate),
        }
    }

    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    #[inline]
    pub(super) fn slot(&self, slot: u32) -> &Slot {
        self.words.slot(slot)
    }

    /// Returns where a slot's payload lies: `layout.stride` bytes, aligned for the ring's elements.
    #[inline]
    pub(super) fn payload(&self, slot: u32) -> NonNull<u8> {
        let start = self.layout.buffer(slot).start;
        // SAFETY: slots of tokens are below the layout's number, so the payload lies in the mapped bytes (L1).
        unsafe { self.base.add(start) }
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
        self.words.queue(queue)
    }

    /// Takes a free slot.
    #[inline]
    pub(super) fn try_claim(&self) -> Popped {
        if self.words.is_closed() || self.is_lost() {
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
        let popped = queue.pop(self.me);
        if let Popped::Taken(_, position) = popped
            && let Some(next) = queue.listed(position.wrapping_add(1))
        {
            prefetch::for_write(self.slot(next));
            prefetch::for_write(self.payload(next).as_ptr());
        }
        if let Popped::Corrupt(corrupt) = &popped {
            self.note_damage(*corrupt);
        }
        popped
    }

    #[cold]
    fn note_damage(&self, corrupt: Corrupt) {
        // The first is what the others follow from, as often as not.
        let _ = self.damage.set(corrupt);
    }

    /// Returns what was found that nobody writes who keeps to the protocol.
    pub(super) fn damage(&self) -> Option<Corrupt> {
        self.damage.get().copied()
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
        words.try_take(slot, words.word(), self.me)
    }

    /// Lists a slot in a queue whose bound leaves room, and wakes one who waits there.
    #[inline]
    pub(super) fn push(&self, queue: QueueNumber, held: Held) -> Result<(), Refused> {
        if self.is_lost() {
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
        self.queue(queue).push(held, self.me, time, bound).inspect_err(|refused| {
            if let Refused::Corrupt(_, corrupt) = refused {
                self.note_damage(*corrupt);
            }
        })
    }

    /// Sets a slot aside, its payload kept.
    pub(super) fn set_aside(&self, held: Held) {
        self.slot(held.slot).set_aside(held, self.me);
    }

    /// Takes the slot listed first.
    #[inline]
    pub(super) fn pop(&self, queue: QueueNumber) -> Popped {
        if self.is_lost() {
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
            None => _ = free.push(held, self.me, Time::First, u64::MAX),
            Some(top) => {
                self.slot(held.slot).post(&held, FREE, self.me, Time::First);
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
        if self.is_lost() {
            return None;
        }
        self.words.slots.iter().zip(0..).find_map(|(slot, number)| {
            let seen = slot.word();
            if seen.is_abandoned() { slot.try_take(number, seen, self.me) } else { None }
        })
    }

    /// Refuses claims from now on, closes every queue, and wakes all who wait.
    pub(super) fn close(&self) {
        if self.is_lost() {
            return;
        }
        self.words.close();
        self.line(FREE).filled.notify_all();
        (1..self.layout.queues).for_each(|queue| self.close_queue(queue as QueueNumber));
    }

    pub(super) fn close_queue(&self, queue: QueueNumber) {
        if self.is_lost() {
            return;
        }
        self.queue(queue).close();
        self.line(queue).filled.notify_all();
        self.line(queue).room.notify_all();
    }

    /// Ends this process's part in the slots that nobody here holds; returns how many. For the last handle, once.
    pub(super) fn end(&self) -> usize {
        self.ending.begin(&self.words.slots, self.me)
    }

    /// Ends our part in a slot that the caller has just given away, if the last handle is gone; returns whether it did.
    #[inline]
    pub(super) fn has_ended_with(&self, slot: u32) -> bool {
        self.ending.end_if_announced(slot, self.slot(slot))
    }

    #[inline]
    pub(super) fn claims(&self) -> &Retirement {
        self.ending.claims()
    }

    /// Returns whether the words are not ours to change: this process was forked from the one whose they are, or the others
    /// have proof that it is gone. That proof is a lock which the kernel drops when the process ends, or when the process
    /// closes a file descriptor that is not its own.
    #[inline]
    pub(super) fn is_lost(&self) -> bool {
        match &self.home {
            Home::Own(_) => false,
            Home::Shared(estate) => fork::generation() != self.process || !estate.is_live(),
        }
    }
}

/// Returns 64 of 128 bits.
fn half_of(bits: [u8; 16]) -> u64 {
    u128::from_le_bytes(bits) as u64
}
