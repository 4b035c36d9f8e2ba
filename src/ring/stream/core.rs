//! What the parties of one stream share: the memory, the counts, and where they wait for each other.
//!
//! - W1: an element's place is its number modulo the capacity, which is a power of two. The memory lies twice in a
//!   row, so up to `capacity` elements from any place on are contiguous (M1 of `sys::mirror`).

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Range;

use super::super::gate::Gate;
use super::super::waiting::Waiting;
use super::Unread;
use crate::memory::Value;
use crate::protocol::stream::Cursors;
use crate::sys::mirror::Mirror;

/// The memory of a stream, its counts, and its gates.
#[derive(Debug)]
pub(super) struct Core<T> {
    memory: Mirror,
    mask: u64,
    pub(super) cursors: Cursors,
    /// Where the producer waits for room.
    pub(super) room: Gate,
    /// Where those wait who follow publisher k.
    pub(super) ready: Box<[Gate]>,
    pub(super) when_unread: Unread,
    _values: PhantomData<T>,
}

impl<T: Value> Core<T> {
    /// Puts a stream together. `memory` holds `capacity` elements, a power of two, and `cursors` count as many.
    pub(super) fn new(
        memory: Mirror,
        cursors: Cursors,
        gates: usize,
        waiting: Waiting,
        when_unread: Unread,
    ) -> Self {
        let capacity = cursors.capacity();
        assert!(capacity.is_power_of_two() && memory.len() as u64 == capacity * size_of::<T>() as u64);
        assert!(memory.as_ptr().addr().is_multiple_of(align_of::<T>()));
        Self {
            memory,
            mask: capacity - 1,
            cursors,
            room: Gate::new(waiting),
            ready: (0..gates).map(|_| Gate::new(waiting)).collect(),
            when_unread,
            _values: PhantomData,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.mask as usize + 1
    }

    #[inline(always)]
    fn place(&self, number: u64) -> *mut T {
        let index = (number & self.mask) as usize;
        self.memory.as_ptr().cast::<T>().wrapping_add(index)
    }

    /// Reads the element of this number.
    ///
    /// # Safety
    ///
    /// The caller may read it: it lies between its own count and that of whom it follows (P1).
    #[inline(always)]
    pub(super) unsafe fn get(&self, number: u64) -> T {
        // SAFETY: the place is in the memory (W1), aligned (`new`), and holds a valid value, as any bits are. Nobody
        // writes it meanwhile, which is the caller's duty.
        unsafe { self.place(number).read() }
    }

    /// Writes the element of this number.
    ///
    /// # Safety
    ///
    /// The caller may write it: it lies between its own count and its limit (P1, P2).
    #[inline(always)]
    pub(super) unsafe fn set(&self, number: u64, value: T) {
        // SAFETY: as in `get`; nobody else reads or writes it, which is the caller's duty.
        unsafe { self.place(number).write(value) }
    }

    /// Returns the elements of these numbers, at most as many as the capacity.
    ///
    /// # Safety
    ///
    /// The caller may read all of them for as long as the slice lives.
    pub(super) unsafe fn slice<'a>(&self, numbers: Range<u64>) -> &'a [T] {
        let len = self.len_of(&numbers);
        // SAFETY: `len` elements from the place on are mapped (W1), aligned and initialised. Nobody writes them while
        // the slice lives, which is the caller's duty, as is that the core outlives it.
        unsafe { std::slice::from_raw_parts(self.place(numbers.start), len) }
    }

    /// Returns the elements of these numbers for change, at most as many as the capacity.
    ///
    /// # Safety
    ///
    /// The caller may write all of them for as long as the slice lives.
    pub(super) unsafe fn slice_mut<'a>(&self, numbers: Range<u64>) -> &'a mut [T] {
        let len = self.len_of(&numbers);
        // SAFETY: as in `slice`; and nobody else reads or writes them. No byte is in the slice twice, because it is no
        // longer than the capacity.
        unsafe { std::slice::from_raw_parts_mut(self.place(numbers.start), len) }
    }

    fn len_of(&self, numbers: &Range<u64>) -> usize {
        let len = numbers.end - numbers.start;
        debug_assert!(len <= self.mask + 1);
        len as usize
    }
}
