//! The line that a stream's producer alone writes: how far it has come, and an echo of the last elements it pushed.
//!
//! Elements lie contiguous, so none has room for a sequence beside it, and a reader that waits for the next one would
//! have to fetch two lines: the count and the element. The echo repeats small elements beside the count, with their
//! numbers. A reader that finds just one takes it from there. Echoes cost two stores each, so there are none unless a
//! reader wants them.
//!
//! ```text
//! published = ended:1 | count:63     claimed     number and echo, for even numbers and for odd ones
//! echo(n):  echo[n % 2] = element n; number[n % 2] = n
//! push(n):  echo(n) if it is wanted; published = n + 1
//! batch:    claimed = end of the batch; elements; published
//! hear(n):  published = n + 1 and number[n % 2] = n; take echo[n % 2]; published is still n + 1
//! ```
//! - F1: while `published` is n + 1 and `number[n % 2]` is n, `echo[n % 2]` is element n: the next echo in its place comes
//!   after the count has moved on.
//! - F2: whoever has copied element n and then finds `claimed` and the count at most n + capacity, has copied it whole:
//!   nobody has begun to write its place again.
//! - PUBLISH: the count, to whoever follows; see `stream`.
//! - ECHO: an echo to who hears it; carries the count before it, for F1.
//! - OVERWRITE: count and claim before the elements that are written next, against the copy before the look at count and claim; fences, for F2.

use crate::sync::atomic::{AtomicU64, Ordering, fence};

use Ordering::{Acquire, Relaxed, Release};

/// Set in a count that will not grow any more.
pub(crate) const ENDED: u64 = 1 << 63;

/// The producer's line.
#[derive(Debug)]
pub(crate) struct Front {
    published: AtomicU64,
    claimed: AtomicU64,
    echoes: [Echo; 2],
}

/// An element, repeated.
#[derive(Debug)]
struct Echo {
    /// The element's number and one more, so that 0 is none.
    number: AtomicU64,
    bits: AtomicU64,
}

impl Echo {
    fn new() -> Self {
        Self { number: AtomicU64::new(0), bits: AtomicU64::new(0) }
    }
}

impl Front {
    pub(crate) fn new() -> Self {
        Self { published: AtomicU64::new(0), claimed: AtomicU64::new(0), echoes: [Echo::new(), Echo::new()] }
    }

    /// Comes before the next element is written.
    #[inline(always)]
    pub(crate) fn begin(&self) {
        // ORDERING: OVERWRITE, the producer's side: who copies what is written from here on finds the count that is
        // published so far, and the claim.
        fence(Release);
    }

    /// Says that elements before `end` are written next. Comes before they are.
    #[inline(always)]
    pub(crate) fn claim(&self, end: u64) {
        // ORDERING: Relaxed; the fence below orders it (OVERWRITE).
        self.claimed.store(end, Relaxed);
        self.begin();
    }

    /// Repeats element `number`, which is published next, as `bits`.
    #[inline(always)]
    pub(crate) fn echo(&self, number: u64, bits: u64) {
        let echo = &self.echoes[number as usize & 1];
        // ORDERING: ECHO, release side. Model: loom-tests/front.rs.
        echo.bits.store(bits, Release);
        // ORDERING: Relaxed; it comes before the count (PUBLISH).
        echo.number.store(number + 1, Relaxed);
    }

    /// Publishes everything before `count`.
    #[inline(always)]
    pub(crate) fn publish(&self, count: u64) {
        // ORDERING: PUBLISH, release side. Carries the elements, and the end comes after the last of them. Model:
        // loom-tests/stream.rs.
        self.published.store(count, Release);
    }

    /// Returns the count, and whether it has ended.
    #[inline(always)]
    pub(crate) fn published(&self) -> u64 {
        // ORDERING: PUBLISH, acquire side.
        self.published.load(Acquire)
    }

    /// Returns the echo of element `number`, if that is the last one and was repeated. The caller has seen the count behind
    /// it.
    #[inline]
    pub(crate) fn hear(&self, number: u64) -> Option<u64> {
        let echo = &self.echoes[number as usize & 1];
        // ORDERING: Relaxed; the count that the caller has seen brought the number before it (PUBLISH).
        if echo.number.load(Relaxed) != number + 1 {
            return None;
        }
        // ORDERING: ECHO, acquire side.
        let bits = echo.bits.load(Acquire);
        // ORDERING: Relaxed; if the echo is of a later element, ECHO has brought the count before it.
        (self.published.load(Relaxed) == number + 1).then_some(bits)
    }

    /// Returns the first element that was not written over when the caller copied it, among those it has copied.
    pub(crate) fn first_intact(&self, capacity: u64) -> u64 {
        // ORDERING: OVERWRITE, the observer's side. Model: loom-tests/front.rs.
        fence(Acquire);
        // ORDERING: Relaxed, both; the fence orders them.
        let written_next = (self.published.load(Relaxed) & !ENDED) + 1;
        let claimed = self.claimed.load(Relaxed);
        written_next.max(claimed).saturating_sub(capacity)
    }
}
