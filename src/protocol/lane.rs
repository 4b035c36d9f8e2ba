//! A lane: a bounded queue of values that any thread may push to and pop from.
//!
//! A position counts from the lane's birth and comes round to the same cell once a lap. The cell's turn says whose it is:
//! a pusher's when it equals the position, a popper's when it is one more. Who moves an end by exchange has the cell to
//! itself, and passes it on by the turn.
//!
//! ```text
//! turn = position: empty, to be filled there --push--> position + 1: filled --pop--> position + cells: empty, a lap later
//! ```
//! - N1: a cell's value is written and read by whoever moved an end over its position, and by nobody else until the turn
//!   is passed on.
//! - N2: at most as many values as there are cells are in the lane; a push that finds none empty gives the value back.
//! - FILLED: `push` to `pop`, carries the value. EMPTIED: `pop` to `push`, carries the end of the read.
//!
//! A pusher that stops between its two steps hides what is behind it: a pop finds nothing until it goes on. So who pushes
//! notifies after its own second step, and who comes to the lane from looking or sleeping and finds something looks whether there is
//! more (`lookout`). The design is Dmitry Vyukov's bounded queue.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

use crossbeam_utils::CachePadded;

use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// A bounded queue.
#[derive(Debug)]
pub(crate) struct Lane<T> {
    tail: CachePadded<AtomicU64>,
    head: CachePadded<AtomicU64>,
    cells: Box<[Cell<T>]>,
}

#[derive(Debug)]
struct Cell<T> {
    turn: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: a cell's value is used by one thread at a time (N1), and moves between threads, which wants `T: Send`.
unsafe impl<T: Send> Sync for Lane<T> {}

impl<T> Lane<T> {
    /// Makes an empty lane of `capacity` values, rounded up to a power of two; at least two, or a filled cell looked like an empty one.
    pub(crate) fn new(capacity: usize) -> Self {
        let cell = |k| Cell { turn: AtomicU64::new(k as u64), value: UnsafeCell::new(MaybeUninit::uninit()) };
        Self {
            tail: CachePadded::new(AtomicU64::new(0)),
            head: CachePadded::new(AtomicU64::new(0)),
            cells: (0..capacity.max(2).next_power_of_two()).map(cell).collect(),
        }
    }

    fn cell(&self, position: u64) -> &Cell<T> {
        &self.cells[position as usize & (self.cells.len() - 1)]
    }

    /// Returns where the next push will write: to ask for the line in advance.
    #[inline]
    pub(crate) fn next_place(&self) -> *const u8 {
        ptr::from_ref(self.cell(self.tail.load(Relaxed))).cast()
    }

    /// Puts a value behind all others, or gives it back if the lane is full.
    #[inline]
    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        // ORDERING: Relaxed, here and for both ends below; the exchange confirms a position, and the turn orders.
        let mut tail = self.tail.load(Relaxed);
        loop {
            let cell = self.cell(tail);
            // ORDERING: EMPTIED, acquire side: the value of the last lap was read.
            let ahead = cell.turn.load(Acquire).wrapping_sub(tail) as i64;
            if ahead == 0 {
                match self.tail.compare_exchange_weak(tail, tail.wrapping_add(1), Relaxed, Relaxed) {
                    Ok(_) => {
                        cell.value.with_mut(|place| {
                            // SAFETY: `place` is a valid cell. Unaliased: we moved the tail over it (N1).
                            unsafe { &mut *place }.write(value);
                        });
                        // ORDERING: FILLED, release side. Model: loom-tests/lane.rs. An exchange, because who pushes looks
                        // for sleepers next, behind a fence: the two are one instruction (`fence::after_exchange`).
                        cell.turn.swap(tail.wrapping_add(1), Release);
                        return Ok(());
                    }
                    Err(now) => tail = now,
                }
            } else {
                let now = self.tail.load(Relaxed);
                if ahead < 0 && now == tail {
                    return Err(value);
                }
                tail = now;
            }
        }
    }

    /// Takes the value that is first, if there is one.
    #[inline]
    pub(crate) fn pop(&self) -> Option<T> {
        let mut head = self.head.load(Relaxed);
        loop {
            let cell = self.cell(head);
            // ORDERING: FILLED, acquire side.
            let ahead = cell.turn.load(Acquire).wrapping_sub(head.wrapping_add(1)) as i64;
            if ahead == 0 {
                match self.head.compare_exchange_weak(head, head.wrapping_add(1), Relaxed, Relaxed) {
                    Ok(_) => {
                        let value = cell.value.with_mut(|place| {
                            // SAFETY: `place` is a valid cell. Unaliased: we moved the head over it (N1).
                            unsafe { &*place }.as_ptr()
                        });
                        // SAFETY: the cell is filled, as its turn said, and read once: the head has moved on (N1).
                        let value = unsafe { value.read() };
                        // ORDERING: EMPTIED, release side.
                        cell.turn.store(head.wrapping_add(self.cells.len() as u64), Release);
                        return Some(value);
                    }
                    Err(now) => head = now,
                }
            } else {
                let now = self.head.load(Relaxed);
                if ahead < 0 && now == head {
                    return None;
                }
                head = now;
            }
        }
    }

    /// Returns whether a `pop` would have found something just now.
    pub(crate) fn has_any(&self) -> bool {
        let head = self.head.load(Relaxed);
        // ORDERING: Relaxed; nothing is read by way of it. Who sleeps on the answer has a fence before this look.
        self.cell(head).turn.load(Relaxed).wrapping_sub(head.wrapping_add(1)) as i64 >= 0
    }

    /// Returns how many values were ever pushed, those included that are just being pushed.
    pub(crate) fn pushed(&self) -> u64 {
        self.tail.load(Relaxed)
    }

    /// Returns how many values were ever popped, those included that are just being popped.
    pub(crate) fn popped(&self) -> u64 {
        self.head.load(Relaxed)
    }

    /// Returns whether nothing is in the lane, nor on its way into it: what a pusher between its steps hides counts too.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns about how many values are in the lane.
    pub(crate) fn len(&self) -> usize {
        let head = self.head.load(Relaxed);
        let length = self.tail.load(Relaxed).wrapping_sub(head) as i64;
        (length.max(0) as usize).min(self.cells.len())
    }
}

impl<T> Lane<T> {
    /// Returns how many values fit.
    pub(crate) fn capacity(&self) -> usize {
        self.cells.len()
    }
}

impl<T> Drop for Lane<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
