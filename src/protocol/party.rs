//! The tokens of those who take part in a stream: what each counts for itself, and what it has last seen of the others.
//!
//! They are private to their holders, so no step on them races. What they allow is in `stream`.

/// The producer's own count, and the count up to which it knows to be free.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) count: u64,
    pub(crate) limit: u64,
    pub(crate) claimed: u64,
}

/// A follower's own count, and what it knows of the publisher it follows.
#[derive(Debug)]
pub(crate) struct Follower {
    /// Which publisher it follows.
    pub(crate) upstream: usize,
    pub(crate) count: u64,
    pub(crate) known: u64,
    pub(crate) ended: bool,
}

/// The token of a lane: a follower of the last publisher, with a cursor that the producer heeds.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) follower: Follower,
    pub(crate) index: usize,
}

impl Writer {
    /// Returns the number of the element that is written next.
    #[inline(always)]
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Forgets what it knows to be free, so that the next step looks again.
    pub(crate) fn forget_room(&mut self) {
        self.limit = self.count;
    }

    /// Returns how many elements can be written without looking.
    #[inline(always)]
    pub(crate) fn known_room(&self) -> u64 {
        self.limit - self.count
    }
}

impl Follower {
    pub(crate) fn at(upstream: usize, count: u64) -> Self {
        Self { upstream, count, known: count, ended: false }
    }

    pub(crate) fn advance(&mut self, count: u64) {
        debug_assert!(count <= self.known_elements());
        self.count += count;
    }

    /// Returns the number of the element that is touched next.
    #[inline(always)]
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Returns how many elements can be touched without looking.
    #[inline(always)]
    pub(crate) fn known_elements(&self) -> u64 {
        self.known - self.count
    }

    /// Returns whether everything has been touched that there will ever be, as far as the last look told.
    #[inline]
    pub(crate) fn is_drained(&self) -> bool {
        self.ended && self.known == self.count
    }

    /// Returns which publisher this one follows.
    pub(crate) fn upstream(&self) -> usize {
        self.upstream
    }
}
