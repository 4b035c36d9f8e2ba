//! The words of a ring: what all who take part race on. They lie in its region, where the layout says.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::layout::Layout;
use crate::memory::placed::Placed;
use crate::protocol::cells::{Cell, Cells};
use crate::protocol::queue::{Ends, Queue};
use crate::protocol::slot::{FREE, MOST_QUEUES, Owner, QueueNumber, Slot, Time};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// What concerns the ring as a whole. All zeros are a ring that is open.
#[derive(Debug)]
#[repr(C, align(128))]
struct Control {
    /// Not 0 once the ring is closed.
    closed: AtomicU32,
    /// Buffers of each queue that were dropped because it was full.
    dropped: [AtomicU64; MOST_QUEUES],
}

impl Control {
    fn new() -> Self {
        Self { closed: AtomicU32::new(0), dropped: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

/// The words of one ring, as this process has them mapped.
#[derive(Debug)]
pub(super) struct Words {
    control: Placed<Control>,
    ends: Placed<Ends>,
    pub(super) slots: Placed<Slot>,
    cells: Box<[Placed<Cell>]>,
}

impl Words {
    /// Writes the words of a new ring, whose slots are all free and listed; `owner` has posted them.
    ///
    /// # Safety
    ///
    /// - From `base` on, which is on a page, as many bytes as the layout has are mapped, zero, and may be changed; they stay
    ///   so while this is used.
    /// - Nobody else uses them but by what this writes, as long as this is used.
    pub(super) unsafe fn write(base: NonNull<u8>, layout: &Layout, owner: Owner) -> Self {
        let (slots, queues) = (layout.slots, layout.queues);
        // SAFETY: the part lies in the mapped bytes (L1, caller's duty).
        let control = unsafe { at(base, layout.control_at) };
        // SAFETY: the layout's parts are aligned and do not overlap (L1); the rest is the caller's duty.
        let control = unsafe { Placed::write(control, 1, |_| Control::new()) };
        // SAFETY: as above, here and below.
        let first = unsafe { at(base, layout.slots_at) };
        // SAFETY: as above.
        let slots = unsafe { Placed::write(first, slots, |_| Slot::new(owner, 0)) };
        // SAFETY: as above.
        let first = unsafe { at(base, layout.ends_at) };
        // SAFETY: as above.
        let ends = unsafe { Placed::write(first, queues, |_| Ends::new(0)) };
        let cells = (0..queues).map(|queue| {
            // SAFETY: as above.
            let first = unsafe { at(base, layout.cells_of(queue)) };
            // SAFETY: as above.
            unsafe { Placed::write(first, layout.cells, |k| Cell::before(0, k, layout.cells)) }
        });
        let words = Self { control, ends, slots, cells: cells.collect() };
        for (number, slot) in (0..).zip(&*words.slots) {
            if let Some(held) = slot.try_take(number, slot.word(), owner) {
                let _ = words.queue(FREE).push(held, owner, Time::First, u64::MAX);
            }
        }
        words
    }

    /// Finds the words of a ring that a process has written, this one or another.
    ///
    /// # Safety
    ///
    /// - From `base` on, which is on a page, as many bytes as the layout has are mapped and may be changed, and stay so while
    ///   this is used.
    /// - Whoever else accesses the words does so as this does.
    pub(super) unsafe fn find(base: NonNull<u8>, layout: &Layout) -> Self {
        // SAFETY: the part lies in the mapped bytes (L1, caller's duty).
        let first = unsafe { at(base, layout.control_at) };
        // SAFETY: the layout's parts are aligned and do not overlap (L1), and all their words are atomic; the rest is the
        // caller's duty.
        let control = unsafe { Placed::find(first, 1) };
        // SAFETY: as above, here and below.
        let first = unsafe { at(base, layout.slots_at) };
        // SAFETY: as above.
        let slots = unsafe { Placed::find(first, layout.slots) };
        // SAFETY: as above.
        let first = unsafe { at(base, layout.ends_at) };
        // SAFETY: as above.
        let ends = unsafe { Placed::find(first, layout.queues) };
        let cells = (0..layout.queues).map(|queue| {
            // SAFETY: as above.
            let first = unsafe { at(base, layout.cells_of(queue)) };
            // SAFETY: as above.
            unsafe { Placed::find(first, layout.cells) }
        });
        Self { control, ends, slots, cells: cells.collect() }
    }

    #[inline]
    fn control(&self) -> &Control {
        &self.control[0]
    }

    /// Returns whether the ring is closed.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        // ORDERING: Relaxed; a ring that is closing may still be claimed from.
        self.control().closed.load(Relaxed) != 0
    }

    /// Notes that the ring is closed; the caller notifies those who wait.
    pub(super) fn close(&self) {
        // ORDERING: Relaxed; the gates' notification is found by whoever is about to sleep.
        self.control().closed.store(1, Relaxed);
    }

    /// Counts a buffer that was dropped because its queue was full.
    pub(super) fn count_dropped(&self, queue: QueueNumber) {
        // ORDERING: Relaxed, here and below; a figure.
        self.control().dropped[usize::from(queue)].fetch_add(1, Relaxed);
    }

    /// Returns how many buffers were dropped because their queue was full.
    pub(super) fn dropped(&self, queue: QueueNumber) -> u64 {
        self.control().dropped[usize::from(queue)].load(Relaxed)
    }

    #[inline]
    pub(super) fn slot(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }

    #[inline]
    pub(super) fn queue(&self, number: QueueNumber) -> Queue<'_> {
        let queue = usize::from(number);
        Queue { number, ends: &self.ends[queue], cells: Cells(&self.cells[queue]), slots: &self.slots }
    }
}

/// Returns where a part of a region begins.
///
/// # Safety
///
/// - The part lies in the mapped bytes that begin at `base`.
pub(super) unsafe fn at<T>(base: NonNull<u8>, offset: usize) -> NonNull<T> {
    // SAFETY: the caller's duty.
    unsafe { base.add(offset) }.cast()
}
