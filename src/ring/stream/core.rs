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
    /// Where the producer waits for room. Whoever raises the floor notifies it: lanes, and the last stage.
    pub(super) room: Gate,
    /// Where those wait who follow the producer.
    pub(super) pushed: Gate,
    /// Where those wait who follow each stage.
    passed: Box<[Gate]>,
    pub(super) when_unread: Unread,
    _values: PhantomData<T>,
}

impl<T: Value> Core<T> {
    /// Puts a stream together. `memory` holds `capacity` elements, a power of two, and `cursors` count as many.
    pub(super) fn new(
        memory: Mirror,
        cursors: Cursors,
        stages: usize,
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
            pushed: Gate::new(waiting),
            passed: (0..stages).map(|_| Gate::new(waiting)).collect(),
            when_unread,
            _values: PhantomData,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.mask as usize + 1
    }

    /// Wakes those who wait for what the producer publishes: all, as each lane sees every element.
    #[inline(always)]
    pub(super) fn notify_pushed(&self) {
        // In line, unlike `notify_all`: a call would cost as much as the push.
        self.pushed.notify(u32::MAX);
    }

    /// Where those wait who follow this publisher.
    pub(super) fn ready(&self, publisher: usize) -> &Gate {
        match publisher.checked_sub(1) {
            None => &self.pushed,
            Some(stage) => &self.passed[stage],
        }
    }

    /// Returns whether the lanes follow this publisher.
    #[inline]
    pub(super) fn is_last(&self, publisher: usize) -> bool {
        publisher == self.passed.len()
    }

    /// How many elements a reader is content with: some lines of them.
    #[inline]
    pub(super) fn enough_to_read(&self) -> u64 {
        const BYTES: u64 = 2048;
        (BYTES / size_of::<T>() as u64).min((self.mask + 1) / 4)
    }

    /// How much room a producer is content with that found the stream full.
    pub(super) fn enough_room(&self) -> u64 {
        (self.mask + 1) / 8
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

    /// Returns what the echo of an element is; none if the element is too large for one.
    #[inline(always)]
    pub(super) fn echo_of(value: &T) -> Option<u64> {
        let bytes = bytemuck::bytes_of(value);
        let mut word = [0; 8];
        word.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(u64::from_ne_bytes(word))
    }

    /// Returns the element that an echo is of.
    #[inline(always)]
    pub(super) fn of_echo(bits: u64) -> Option<T> {
        bits.to_ne_bytes().get(..size_of::<T>()).map(bytemuck::pod_read_unaligned)
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

    /// Copies the elements from this number on, which others may be writing meanwhile: what is copied may be a mixture.
    ///
    /// The copy is made through a mapping that nobody writes through, by volatile reads of whole words (M1, M4).
    pub(super) fn copy(&self, begin: u64, copies: &mut [T]) {
        let capacity = self.mask + 1;
        for (number, copy) in (begin..).zip(copies) {
            let at = (number & self.mask) as usize * size_of::<T>();
            debug_assert!(number - begin < capacity);
            let bytes = bytemuck::bytes_of_mut(copy);
            match align_of::<T>() {
                1 => self.copy_words::<u8>(at, bytes),
                2 => self.copy_words::<u16>(at, bytes),
                4 => self.copy_words::<u32>(at, bytes),
                _ => self.copy_words::<u64>(at, bytes),
            }
        }
    }

    /// Copies bytes from this place on, a word at a time. Place and length are multiples of a word's size.
    #[inline(always)]
    fn copy_words<W: Value>(&self, at: usize, bytes: &mut [u8]) {
        let from = self.memory.view().wrapping_add(at).cast::<W>();
        debug_assert!(from.is_aligned() && bytes.len().is_multiple_of(size_of::<W>()));
        assert!(at + bytes.len() <= self.memory.len());
        for (k, word) in bytes.chunks_exact_mut(size_of::<W>()).enumerate() {
            // SAFETY: the word lies within the view (M1), because the bytes do, and is aligned, because elements are and
            // words are aligned to no more. Whatever is there is a valid word. That others write it meanwhile by another address is
            // as if a device did (M4), which a volatile read is for.
            let copied = unsafe { from.wrapping_add(k).read_volatile() };
            word.copy_from_slice(bytemuck::bytes_of(&copied));
        }
    }

    fn len_of(&self, numbers: &Range<u64>) -> usize {
        let len = numbers.end - numbers.start;
        debug_assert!(len <= self.mask + 1);
        len as usize
    }
}
