//! A stream of numbers from one thread to another, in whatever way a row has.
//!
//! The numbers are 0, 1, 2 and so on, so that the reader knows what must come next. It looks at each: a number lost,
//! doubled or out of order ends the program.

use std::ops::Range;

use super::cpus::{Party, together};

/// The writing end of a row.
pub trait Feed: Send {
    /// Writes the numbers in order and lets the reader see the last.
    fn feed(&mut self, numbers: Range<u64>);
}

/// The reading end of a row.
pub trait Drain: Send {
    /// Reads `count` numbers and shows each to `seen`.
    fn drain(&mut self, count: u64, seen: &mut Seen);
}

/// What a reader has seen.
#[derive(Default)]
pub struct Seen {
    next: u64,
    wrong: u64,
}

impl Seen {
    /// Takes the next number.
    #[inline(always)]
    pub fn one(&mut self, number: u64) {
        self.wrong |= number ^ self.next;
        self.next += 1;
    }

    /// Takes the next numbers, in a loop that the compiler makes vectors of.
    #[inline(always)]
    pub fn many(&mut self, numbers: &[u64]) {
        let mut wrong = 0;
        for (k, number) in numbers.iter().enumerate() {
            wrong |= number ^ (self.next + k as u64);
        }
        self.wrong |= wrong;
        self.next += numbers.len() as u64;
    }
}

/// Writes `first` and what follows into a block, in a loop that the compiler makes vectors of.
#[inline(always)]
pub fn count_from(first: u64, block: &mut [u64]) {
    for (k, number) in block.iter_mut().enumerate() {
        *number = first + k as u64;
    }
}

/// Sends `count` numbers from one CPU to another and returns how many millions arrived each second.
pub fn rate<F: Feed, D: Drain>(count: u64, (feed, drain): (F, D)) -> f64 {
    let mut seen = Seen::default();
    let seconds = together([
        Party::on(0, || {
            let mut feed = feed;
            feed.feed(0..count);
        }),
        Party::on(1, || {
            let (mut drain, mut here) = (drain, Seen::default());
            drain.drain(count, &mut here);
            seen = here;
        }),
    ]);
    assert_eq!((seen.next, seen.wrong), (count, 0), "numbers were lost, doubled or out of order");
    count as f64 / seconds / 1e6
}
