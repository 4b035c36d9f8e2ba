//! A ring of numbers, each beside its sequence: the reader polls the very line that brings the number.
//!
//! Both positions are private. The reader says how far it has come once for every eighth of the ring.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use crate::common::flow::{Drain, Feed, Seen};

/// A number, and its place in the stream counted from 1.
#[derive(Default)]
#[repr(align(16))]
struct Slot {
    sequence: AtomicU64,
    number: AtomicU64,
}

struct Shared {
    slots: Box<[Slot]>,
    read: CachePadded<AtomicU64>,
}

impl Shared {
    #[inline(always)]
    fn slot(&self, position: u64) -> &Slot {
        &self.slots[position as usize & (self.slots.len() - 1)]
    }
}

/// Makes a ring of `capacity` slots, a power of two.
pub fn ring(capacity: usize) -> (impl Feed, impl Drain) {
    assert!(capacity.is_power_of_two() && capacity >= 8);
    let shared = Arc::new(Shared {
        slots: (0..capacity).map(|_| Slot::default()).collect(),
        read: CachePadded::default(),
    });
    (Writer { shared: Arc::clone(&shared) }, Reader { shared, position: 0 })
}

struct Writer {
    shared: Arc<Shared>,
}

impl Feed for Writer {
    fn feed(&mut self, numbers: Range<u64>) {
        let capacity = self.shared.slots.len() as u64;
        let mut read = 0;
        for number in numbers {
            while number - read >= capacity {
                read = self.shared.read.load(Ordering::Acquire);
            }
            let slot = self.shared.slot(number);
            slot.number.store(number, Ordering::Relaxed);
            slot.sequence.store(number + 1, Ordering::Release);
        }
    }
}

struct Reader {
    shared: Arc<Shared>,
    position: u64,
}

impl Drain for Reader {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let eighth = self.shared.slots.len() as u64 / 8;
        for _ in 0..count {
            let slot = self.shared.slot(self.position);
            while slot.sequence.load(Ordering::Acquire) != self.position + 1 {}
            seen.one(slot.number.load(Ordering::Relaxed));
            self.position += 1;
            if self.position.is_multiple_of(eighth) {
                self.shared.read.store(self.position, Ordering::Release);
            }
        }
    }
}
