//! A ring with two counters, each remembered by the other side until it is used up; and what may be done to speed it up, each
//! by itself: head starts for the other side, and an echo of the last number beside the counter.

use std::hint::spin_loop;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use crate::common::flow::{Drain, Feed, Seen};
use crate::common::ping_pong::{Receives, Sends};

/// What is done beyond remembering the other side's counter.
#[derive(Clone, Copy, Default)]
pub struct Aids {
    /// `PAUSE`s that the reader makes before it takes fewer numbers than `few`.
    pub reader_pauses: u32,
    /// Numbers that the reader finds few.
    pub few: u64,
    /// How often the writer pauses, each time twice as long, while less than an eighth of the ring is free.
    pub writer_rounds: u32,
    /// Whether the last two numbers are repeated beside the writer's counter.
    pub echo: bool,
}

/// `PAUSE`s of the writer's first round.
const WRITER_PAUSES: u32 = 8;

/// The writer's line.
#[derive(Default)]
struct Front {
    written: AtomicU64,
    echo: [AtomicU64; 2],
}

struct Shared {
    numbers: Box<[AtomicU64]>,
    front: CachePadded<Front>,
    read: CachePadded<AtomicU64>,
    aids: Aids,
}

impl Shared {
    #[inline(always)]
    fn cell(&self, position: u64) -> &AtomicU64 {
        &self.numbers[position as usize & (self.numbers.len() - 1)]
    }
}

/// Makes a ring of `capacity` numbers, a power of two.
pub fn ring(capacity: usize, aids: Aids) -> (Writer, Reader) {
    assert!(capacity.is_power_of_two());
    let shared = Arc::new(Shared {
        numbers: (0..capacity).map(|_| AtomicU64::new(0)).collect(),
        front: CachePadded::default(),
        read: CachePadded::default(),
        aids,
    });
    let writer = Writer { shared: Arc::clone(&shared), position: 0, limit: capacity as u64, misses: 0 };
    (writer, Reader { shared, position: 0, known: 0, misses: 0 })
}

/// The writing end.
pub struct Writer {
    shared: Arc<Shared>,
    position: u64,
    limit: u64,
    /// How many looks in succession found nothing.
    misses: u32,
}

impl Writer {
    #[inline(always)]
    fn write(&mut self, number: u64) {
        while self.position == self.limit {
            self.look();
        }
        self.shared.cell(self.position).store(number, Ordering::Relaxed);
        if self.shared.aids.echo {
            self.shared.front.echo[self.position as usize & 1].store(number, Ordering::Release);
        }
        self.position += 1;
        self.shared.front.written.store(self.position, Ordering::Release);
    }

    #[cold]
    fn look(&mut self) {
        let capacity = self.shared.numbers.len() as u64;
        let read = || self.shared.read.load(Ordering::Acquire);
        let mut seen = read();
        if seen + capacity == self.limit {
            self.misses += 1;
            spin_loop();
            return;
        }
        if self.misses == 0 {
            for round in 0..self.shared.aids.writer_rounds {
                if seen + capacity - self.position >= capacity / 8 {
                    break;
                }
                (0..WRITER_PAUSES << round).for_each(|_| spin_loop());
                let now = read();
                if now == seen {
                    break;
                }
                seen = now;
            }
        }
        self.misses = 0;
        self.limit = seen + capacity;
    }
}

impl Feed for Writer {
    fn feed(&mut self, numbers: Range<u64>) {
        numbers.for_each(|number| self.write(number));
    }
}

impl Sends for Writer {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        self.write(number);
    }
}

/// The reading end.
pub struct Reader {
    shared: Arc<Shared>,
    position: u64,
    known: u64,
    /// How many looks in succession found nothing.
    misses: u32,
}

impl Reader {
    #[inline(always)]
    fn read(&mut self) -> u64 {
        let mut heard = None;
        while self.position == self.known {
            heard = self.look();
        }
        let number = heard.unwrap_or_else(|| self.shared.cell(self.position).load(Ordering::Relaxed));
        self.position += 1;
        self.shared.read.store(self.position, Ordering::Release);
        number
    }

    /// Looks how far the writer has come; returns the echo of the next number if that is the only one.
    #[cold]
    fn look(&mut self) -> Option<u64> {
        let front = &self.shared.front;
        self.known = front.written.load(Ordering::Acquire);
        if self.known == self.position {
            self.misses += 1;
            spin_loop();
            return None;
        }
        if self.misses == 0 && self.known - self.position < self.shared.aids.few {
            (0..self.shared.aids.reader_pauses).for_each(|_| spin_loop());
            self.known = front.written.load(Ordering::Acquire);
        }
        self.misses = 0;
        if !self.shared.aids.echo || self.known != self.position + 1 {
            return None;
        }
        let number = front.echo[self.position as usize & 1].load(Ordering::Acquire);
        (front.written.load(Ordering::Relaxed) == self.known).then_some(number)
    }
}

impl Drain for Reader {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        (0..count).for_each(|_| seen.one(self.read()));
    }
}

impl Receives for Reader {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        self.read()
    }
}
