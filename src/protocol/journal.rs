//! The last events of one writer, readable at any time.
//!
//! A ring of entries that the writer goes over again and again and waits for nobody. A reader copies what it finds and then
//! looks how far the writer has begun: what may have been overwritten meanwhile it throws away.
//!
//! ```text
//! write:  begun = n + 1; the two words of entry n modulo capacity; written = n + 1
//! read:   end = written; copy the entries before end; begun; keep those that are not yet overwritten
//! ```
//! - J1: one thread writes at a time, each ordered after the one before.
//! - J2: of an entry that a reader keeps, both words are of one event: that of the number it is kept under.
//! - WRITTEN: `write` to `read`, carries the words of all events counted as written.
//! - OVERWRITTEN: `write` to `read`, by either word of an entry; carries that the event was begun, for J2.

use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// The last events of one writer.
#[derive(Debug)]
pub(crate) struct Journal {
    begun: AtomicU64,
    written: AtomicU64,
    entries: Box<[Entry]>,
}

#[derive(Debug)]
struct Entry {
    first: AtomicU64,
    second: AtomicU64,
}

impl Journal {
    /// Makes a journal that keeps the last `capacity` events, which is at least one.
    pub(crate) fn new(capacity: usize) -> Self {
        let entry = |_| Entry { first: AtomicU64::new(0), second: AtomicU64::new(0) };
        Self {
            begun: AtomicU64::new(0),
            written: AtomicU64::new(0),
            entries: (0..capacity.max(1)).map(entry).collect(),
        }
    }

    /// Writes an event of two words.
    pub(crate) fn write(&self, [first, second]: [u64; 2]) {
        // ORDERING: Relaxed; only writers change it, and they are ordered (J1).
        let number = self.begun.load(Relaxed);
        // ORDERING: Relaxed; OVERWRITTEN carries it.
        self.begun.store(number + 1, Relaxed);
        let entry = &self.entries[(number % self.entries.len() as u64) as usize];
        // ORDERING: OVERWRITTEN, release side. Carries `begun`. Model: loom-tests/journal.rs.
        entry.first.store(first, Release);
        // ORDERING: OVERWRITTEN, release side: a reader may see this word alone.
        entry.second.store(second, Release);
        // ORDERING: WRITTEN, release side. Carries both words. Model: loom-tests/journal.rs.
        self.written.store(number + 1, Release);
    }

    /// Returns the last events, oldest first, and how many there were before them.
    pub(crate) fn read(&self) -> (u64, Vec<[u64; 2]>) {
        let capacity = self.entries.len() as u64;
        // ORDERING: WRITTEN, acquire side.
        let end = self.written.load(Acquire);
        let start = end.saturating_sub(capacity);
        let copy = |number: u64| {
            let entry = &self.entries[(number % capacity) as usize];
            // ORDERING: OVERWRITTEN, acquire side, for both: if it is of a later event, the load below sees that it began.
            [entry.first.load(Acquire), entry.second.load(Acquire)]
        };
        let copies: Vec<_> = (start..end).map(copy).collect();
        // ORDERING: Relaxed; the loads of the words order it (OVERWRITTEN).
        let begun = self.begun.load(Relaxed);
        let intact = begun.saturating_sub(capacity).clamp(start, end);
        (intact, copies[(intact - start) as usize..].to_vec())
    }
}
