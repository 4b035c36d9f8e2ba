//! Counting by one thread what others may read at any time.
//!
//! A worker has its counts to itself, so it adds by a load and a store: no exchange, no line that another worker writes.
//! Whoever takes a snapshot only reads, and disturbs nobody. Counts that several threads write are added to by
//! exchanges (`add_shared`, `raise_shared`), or have a turn: one exchange for any number of counts, and who does not get
//! it at once counts elsewhere, by exchanges. A count is written in one of these ways for all its life, or its writers are
//! ordered by something else, as a thread and the one that is started in its place.
//!
//! - T1: a count never goes down, neither in itself nor for a reader who reads it again.
//! - T2: what a writer counted before it sealed is seen by whoever sees the seal: of a task that a snapshot shows as ended
//!   the snapshot has the times too. The reverse may be torn: times may be there whose task is not yet counted.
//! - T3: a height that was raised is in what is taken, or it is still there; if two raise, the higher counts.
//! - T4: who has the turn is the only writer of what it stands for, and sees what the one before wrote.
//! - TURN: `Turn::give_back` to `Turn::try_take`, carries all counts of whoever had it before, for T4.
//! - SEAL: `seal` to `sealed`, carries the counts of what is sealed, for T2.

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// How often something happened, or how much of it there was.
#[derive(Debug)]
pub(crate) struct Count {
    word: AtomicU64,
}

impl Count {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0) }
    }

    /// Adds to the count, as its only writer.
    #[inline]
    pub(crate) fn add(&self, more: u64) {
        // ORDERING: Relaxed; nothing rides on it, and the load reads what the caller itself stored (T1).
        let before = self.word.load(Relaxed);
        // ORDERING: Relaxed; as above.
        self.word.store(before.wrapping_add(more), Relaxed);
    }

    /// Adds to the count, as one of several writers.
    #[inline]
    pub(crate) fn add_shared(&self, more: u64) {
        // ORDERING: Relaxed; nothing rides on it. Model: loom-tests/tally.rs.
        self.word.fetch_add(more, Relaxed);
    }

    /// Counts one more, as the only writer, when everything else about it is counted.
    #[inline]
    pub(crate) fn seal(&self) {
        // ORDERING: Relaxed; as in `add`.
        let before = self.word.load(Relaxed);
        // ORDERING: SEAL, release side. Carries what was counted before (T2). Model: loom-tests/tally.rs.
        self.word.store(before.wrapping_add(1), Release);
    }

    /// Counts one more, as one of several writers, when everything else about it is counted.
    #[inline]
    pub(crate) fn seal_shared(&self) {
        // ORDERING: SEAL, release side, by all who sealed before: exchanges go on with their release sequence.
        self.word.fetch_add(1, Release);
    }

    /// Returns the count.
    pub(crate) fn get(&self) -> u64 {
        // ORDERING: Relaxed; nothing rides on it, and one word does not go back for one reader (T1).
        self.word.load(Relaxed)
    }

    /// Returns the count of what is sealed; what was counted of it may be read from now on.
    pub(crate) fn sealed(&self) -> u64 {
        // ORDERING: SEAL, acquire side.
        self.word.load(Acquire)
    }
}

/// The highest of what was seen.
#[derive(Debug)]
pub(crate) struct Peak {
    word: AtomicU64,
}

impl Peak {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0) }
    }

    /// Raises the peak to `height`, as its only writer; nobody takes from it.
    #[inline]
    pub(crate) fn raise(&self, height: u64) {
        // ORDERING: Relaxed; nothing rides on a height, and the load reads what the caller itself stored.
        if height > self.word.load(Relaxed) {
            // ORDERING: Relaxed; as above.
            self.word.store(height, Relaxed);
        }
    }

    /// Raises the peak to `height`, as one of several writers. Costs a load where it was as high before.
    #[inline]
    pub(crate) fn raise_shared(&self, height: u64) {
        // ORDERING: Relaxed; nothing rides on a height, and one that is read was there.
        if height > self.word.load(Relaxed) {
            // ORDERING: Relaxed; the exchange alone keeps the higher of two (T3). Model: loom-tests/tally.rs.
            self.word.fetch_max(height, Relaxed);
        }
    }

    /// Returns the peak.
    pub(crate) fn get(&self) -> u64 {
        // ORDERING: Relaxed; nothing rides on a height.
        self.word.load(Relaxed)
    }

    /// Returns the peak and begins anew.
    pub(crate) fn take(&self) -> u64 {
        // ORDERING: Relaxed; the exchange loses no height between the reading and the new beginning (T3).
        self.word.swap(0, Relaxed)
    }
}

/// The right to be the only writer of some counts.
#[derive(Debug)]
pub(crate) struct Turn {
    taken: AtomicBool,
}

impl Turn {
    pub(crate) fn new() -> Self {
        Self { taken: AtomicBool::new(false) }
    }

    /// Takes the turn, or says that another has it. Whoever got it gives it back.
    #[inline]
    pub(crate) fn try_take(&self) -> bool {
        // ORDERING: TURN, acquire side. One finds it free (T4). Model: loom-tests/tally.rs.
        !self.taken.swap(true, Acquire)
    }

    #[inline]
    pub(crate) fn give_back(&self) {
        // ORDERING: TURN, release side. Carries what was counted.
        self.taken.store(false, Release);
    }
}

/// What one thread says of itself at the moment, whole because it is one word.
#[derive(Debug)]
pub(crate) struct Note {
    word: AtomicU64,
}

impl Note {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0) }
    }

    #[inline]
    pub(crate) fn write(&self, note: u64) {
        // ORDERING: Relaxed; the word is all there is to know.
        self.word.store(note, Relaxed);
    }

    #[inline]
    pub(crate) fn read(&self) -> u64 {
        // ORDERING: Relaxed; as above.
        self.word.load(Relaxed)
    }
}
