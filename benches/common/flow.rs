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

/// A stream that goes on from one sample to the next.
struct Flow<F, D> {
    ends: Option<(F, D)>,
    seen: Seen,
}

impl<F: Feed, D: Drain> Flow<F, D> {
    /// Sends the next `count` numbers from one CPU to another and returns the seconds.
    fn run(&mut self, count: u64) -> f64 {
        let (feed, drain) = self.ends.take().expect("put back below");
        let seen = std::mem::take(&mut self.seen);
        let (start, end) = (seen.next, seen.next + count);
        // The ends move to the threads' own stacks, and back.
        let (mut fed, mut drained) = (None, None);
        let seconds = together([
            Party::on(0, || {
                let mut feed = feed;
                feed.feed(start..end);
                fed = Some(feed);
            }),
            Party::on(1, || {
                let (mut drain, mut seen) = (drain, seen);
                drain.drain(count, &mut seen);
                drained = Some((drain, seen));
            }),
        ]);
        let (drain, seen) = drained.expect("the reader is done");
        assert_eq!((seen.next, seen.wrong), (end, 0), "numbers were lost, doubled or out of order");
        self.ends = fed.map(|feed| (feed, drain));
        self.seen = seen;
        seconds
    }
}

/// Checks a row in a short run that also touches its memory, and then returns how to take samples of it: `count` numbers
/// from one CPU to another, in millions per second.
pub fn rate<'a>(count: u64, ends: (impl Feed + 'a, impl Drain + 'a)) -> impl FnMut() -> f64 + 'a {
    let mut flow = Flow { ends: Some(ends), seen: Seen::default() };
    flow.run(count / 16);
    move || count as f64 / flow.run(count) / 1e6
}
