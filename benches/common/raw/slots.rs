//! Shared slots: buffers in a row, each with a word beside it that says whether it is full.
//!
//! One producer and one consumer go round in the same order, so nobody needs to be told which slot is next.
//!
//! - T1: a slot's buffer is touched by the producer only while its word says empty, by the consumer only while it says
//!   full, and each says so only when it is done.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_utils::Backoff;

use crate::common::cpus::Line;
use crate::common::hand_over::Way;

const EMPTY: u32 = 0;
const FULL: u32 = 1;

struct Slot {
    word: Line,
    buffer: UnsafeCell<Box<[f32]>>,
}

// SAFETY: the cell is all that keeps it from being shared, and no two threads touch one at once (T1).
unsafe impl Sync for Slot {}

/// What a side does whose slot is not ready.
#[derive(Clone, Copy)]
pub enum Stuck {
    /// Looks again at once.
    Spins,
    /// Lets other threads run, after some looks.
    Yields,
}

/// Slots between one producer and one consumer.
pub struct Slots {
    slots: Box<[Slot]>,
    stuck: Stuck,
    /// Where each side goes on in the next run. Read and written once a run, by one thread.
    produced: AtomicUsize,
    consumed: AtomicUsize,
}

impl Slots {
    /// Makes `count` empty slots of `len` values.
    pub fn new(count: usize, len: usize, stuck: Stuck) -> Self {
        let slot = |_| Slot { word: Line::default(), buffer: UnsafeCell::new(vec![0.0; len].into()) };
        Self {
            slots: (0..count).map(slot).collect(),
            stuck,
            produced: AtomicUsize::new(0),
            consumed: AtomicUsize::new(0),
        }
    }

    /// Visits the next `count` slots, each once its word says `from`, and makes it say `to`.
    #[inline(always)]
    fn visit(
        &self,
        next: &AtomicUsize,
        count: usize,
        (from, to): (u32, u32),
        mut touch: impl FnMut(&mut [f32]),
    ) {
        let mut k = next.load(Ordering::Relaxed);
        for _ in 0..count {
            let slot = &self.slots[k];
            let backoff = Backoff::new();
            while slot.word.0.load(Ordering::Acquire) != from {
                match self.stuck {
                    Stuck::Spins => std::hint::spin_loop(),
                    Stuck::Yields => backoff.snooze(),
                }
            }
            // SAFETY: the word says that it is this side's turn, and will say so until the store below (T1).
            touch(unsafe { &mut *slot.buffer.get() });
            slot.word.0.store(to, Ordering::Release);
            k = if k + 1 == self.slots.len() { 0 } else { k + 1 };
        }
        next.store(k, Ordering::Relaxed);
    }
}

impl Way for Slots {
    fn produce(&self, _party: usize, count: usize, fill: impl FnMut(&mut [f32])) {
        self.visit(&self.produced, count, (EMPTY, FULL), fill);
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        self.visit(&self.consumed, count, (FULL, EMPTY), |buffer| take(buffer));
    }
}

/// Slots of its own for each pair of a producer and a consumer.
pub struct Private([Slots; 2]);

impl Private {
    /// Divides `count` slots among two pairs.
    pub fn new(count: usize, len: usize) -> Self {
        Self([(); 2].map(|()| Slots::new(count / 2, len, Stuck::Yields)))
    }
}

impl Way for Private {
    fn produce(&self, party: usize, count: usize, fill: impl FnMut(&mut [f32])) {
        self.0[party].produce(party, count, fill);
    }

    fn consume(&self, party: usize, count: usize, take: impl FnMut(&[f32])) {
        self.0[party].consume(party, count, take);
    }
}
