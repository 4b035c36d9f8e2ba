//! The words of a ring and its participants in a file, mapped by each process that has it.

#![allow(unsafe_code)]

use std::fs::File;

use crate::memory::layout::{LINE_BYTES, align_up};
use crate::protocol::cells::{Cell, Cells};
use crate::protocol::participant::{Participants, Record};
use crate::protocol::queue::{Ends, Queue};
use crate::protocol::recovery::{Dirty, Recovery};
use crate::protocol::slot::{Owner, QueueNumber, Slot};
use crate::ring::layout::Layout;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sys::map::Mapping;

pub(super) const QUEUES: usize = 2;
pub(super) const NUMBERS: usize = 6;
/// Words that a test keeps accounts in.
pub(super) const ACCOUNTS: usize = 64;

/// Words that lie in a file, for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    layout: Layout,
    base: *mut u8,
    records_at: usize,
    accounts_at: usize,
    len: usize,
}

impl Words {
    fn at(file: &File, slots: usize) -> Self {
        let layout = Layout::new(slots, 64, 8, QUEUES).unwrap();
        let records_at = align_up(layout.len_bytes, LINE_BYTES).unwrap();
        let accounts_at = records_at + NUMBERS * size_of::<Record>();
        let len = accounts_at + ACCOUNTS * 8;
        file.set_len(len as u64).unwrap();
        let map = Box::leak(Box::new(Mapping::file(file, len, true, false).unwrap()));
        Self { layout, base: map.as_ptr(), records_at, accounts_at, len }
    }

    /// Maps the words that another process has made.
    pub(super) fn open(file: &File, slots: usize) -> Self {
        Self::at(file, slots)
    }

    /// Writes the words of a ring that has no free slot and no participant.
    pub(super) fn create(file: &File, slots: usize) -> Self {
        let words = Self::at(file, slots);
        words.write(words.layout.slots_at, slots, |_| Slot::new(1, 0));
        words.write(words.layout.ends_at, QUEUES, |_| Ends::new(0));
        for queue in 0..QUEUES {
            let cells = words.layout.cells;
            words.write(words.layout.cells_of(queue), cells, |k| Cell::before(0, k, cells));
        }
        words.write(words.records_at, NUMBERS, |_| Record::new(0));
        words
    }

    fn write<T>(&self, at: usize, len: usize, value: impl Fn(usize) -> T) {
        assert!(at + len * size_of::<T>() <= self.len);
        for k in 0..len {
            // SAFETY: within the mapping, as asserted.
            let place = unsafe { self.base.add(at + k * size_of::<T>()) }.cast::<T>();
            // SAFETY: mapped for writing, aligned by the layout, and nobody else knows of it yet.
            unsafe { place.write(value(k)) };
        }
    }

    fn slice<T>(&self, at: usize, len: usize) -> &'static [T] {
        assert!(at + len * size_of::<T>() <= self.len);
        // SAFETY: within the mapping, as asserted.
        let first = unsafe { self.base.add(at) }.cast::<T>();
        // SAFETY: mapped for good and aligned by the layout; the types are made of atomics, for which any bits will do.
        unsafe { std::slice::from_raw_parts(first, len) }
    }

    pub(super) fn slots(&self) -> &'static [Slot] {
        self.slice(self.layout.slots_at, self.layout.slots)
    }

    pub(super) fn queue(&self, number: QueueNumber) -> Queue<'static> {
        let k = usize::from(number);
        Queue {
            number,
            ends: &self.slice::<Ends>(self.layout.ends_at, QUEUES)[k],
            cells: Cells(self.slice::<Cell>(self.layout.cells_of(k), self.layout.cells)),
            slots: self.slots(),
        }
    }

    pub(super) fn participants(&self) -> Participants<'static> {
        Participants::new(self.slice::<Record>(self.records_at, NUMBERS))
    }

    pub(super) fn account(&self, number: usize) -> &'static AtomicU64 {
        &self.slice::<AtomicU64>(self.accounts_at, ACCOUNTS)[number]
    }

    /// Returns the words of a slot's payload.
    pub(super) fn payload(&self, slot: u32) -> &'static [AtomicU64] {
        self.slice(self.layout.buffer(slot).start, 8)
    }

    pub(super) fn recovery(
        self,
        me: Owner,
        dirty: Dirty,
    ) -> Recovery<'static, impl Fn(QueueNumber) -> Option<Queue<'static>>> {
        let queue = move |number| (usize::from(number) < QUEUES).then(|| self.queue(number));
        Recovery { slots: self.slots(), queue, me, dirty }
    }

    /// Overwrites every word but the payloads and the accounts.
    pub(super) fn scribble(&self, mut next: impl FnMut() -> u64) {
        let parts = [(self.layout.ends_at, self.layout.data_at), (self.records_at, self.accounts_at)];
        for (from, to) in parts {
            self.slice::<AtomicU64>(from, (to - from) / 8)
                .iter()
                .for_each(|word| word.store(next(), Relaxed));
        }
    }
}
