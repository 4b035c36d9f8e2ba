//! The ring of the textbook: a counter of numbers written, a counter of numbers read, each told after every number.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use crate::common::flow::{Drain, Feed, Seen};

struct Shared {
    numbers: Box<[AtomicU64]>,
    written: CachePadded<AtomicU64>,
    read: CachePadded<AtomicU64>,
}

impl Shared {
    #[inline(always)]
    fn cell(&self, position: u64) -> &AtomicU64 {
        &self.numbers[position as usize & (self.numbers.len() - 1)]
    }
}

/// Makes a ring of `capacity` numbers, a power of two.
pub fn ring(capacity: usize) -> (impl Feed, impl Drain) {
    assert!(capacity.is_power_of_two());
    let shared = Arc::new(Shared {
        numbers: (0..capacity).map(|_| AtomicU64::new(0)).collect(),
        written: CachePadded::default(),
        read: CachePadded::default(),
    });
    (Writer(Arc::clone(&shared)), Reader(shared))
}

struct Writer(Arc<Shared>);

impl Feed for Writer {
    fn feed(&mut self, numbers: Range<u64>) {
        let capacity = self.0.numbers.len() as u64;
        for number in numbers {
            while number - self.0.read.load(Ordering::Acquire) >= capacity {}
            self.0.cell(number).store(number, Ordering::Relaxed);
            self.0.written.store(number + 1, Ordering::Release);
        }
    }
}

struct Reader(Arc<Shared>);

impl Drain for Reader {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let start = self.0.read.load(Ordering::Relaxed);
        for position in start..start + count {
            while self.0.written.load(Ordering::Acquire) == position {}
            seen.one(self.0.cell(position).load(Ordering::Relaxed));
            self.0.read.store(position + 1, Ordering::Release);
        }
    }
}
