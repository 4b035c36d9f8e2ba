//! The lanes of a stream: its readers, each with a cursor that the producer does not pass.
//!
//! Lanes come and go while the stream runs. One bitmap says who holds which cursor, the other which cursors the producer
//! heeds. A lane joins at what is published now; the producer looks at the bitmap only when the room it knows of is used
//! up, so it may miss a lane that has just joined. The fences see to it that this does no harm.
//!
//! ```text
//! join:  take an index; cursor = published; set the bit; fence; cursor = published, read again
//! gate:  floor = published, as the producer knows it; fence; floor = min(floor, cursors whose bits are set)
//! ```
//! - G1: a floor is never above a lane that the producer does not see. If it missed the bit, its fence came before the
//!   lane's, so what the lane read after its own is at least what the producer read before its own.
//! - G2: a cursor never falls while its bit is set, nor from one holder to the next, because what is published does not.
//! - GATE: a lane's cursor, or its leaving, to the producer; carries the end of the lane's reads.
//! - SEAT: giving an index back to taking it; carries the last holder's steps, so that G2 holds across holders.

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{AtomicU64, Ordering, fence};

use Ordering::{Acquire, Relaxed, Release};

/// The most lanes that a stream can have at once.
pub(crate) const MOST_LANES: usize = 64;

/// Who reads, and how far each has come.
#[derive(Debug)]
pub(crate) struct Lanes {
    taken: CachePadded<AtomicU64>,
    joined: CachePadded<AtomicU64>,
    /// Who wants echoes: a line that the producer reads at every push, and nobody writes often.
    wanting: CachePadded<AtomicU64>,
    cursors: Box<[CachePadded<AtomicU64>]>,
}

impl Lanes {
    /// Makes room for at most `most` lanes, none of which has joined.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.min(MOST_LANES);
        Self {
            taken: CachePadded::new(AtomicU64::new(0)),
            joined: CachePadded::new(AtomicU64::new(0)),
            wanting: CachePadded::new(AtomicU64::new(0)),
            cursors: (0..most).map(|_| CachePadded::new(AtomicU64::new(0))).collect(),
        }
    }

    /// Joins at what `published` reads; returns the lane's index and where it begins. `None` if there are too many.
    pub(crate) fn join(&self, published: impl Fn() -> u64) -> Option<(usize, u64)> {
        let index = self.take()?;
        // ORDERING: GATE, release side: whoever reads this cursor of ours under the bit of the last holder has that
        // holder's reads behind it too (SEAT). Model: loom-tests/lanes.rs.
        self.cursors[index].store(published(), Release);
        // ORDERING: Relaxed; a producer that sees the bit and not yet the cursor takes a lower one for it (G2). The
        // exchange goes on with the release sequence of whoever left before.
        self.joined.fetch_or(1 << index, Relaxed);
        // ORDERING: JOIN, the lane's side (G1). Against the fence in `floor`.
        fence(Ordering::SeqCst);
        let begin = published();
        // ORDERING: GATE, release side, as above. The fence would do it too, so no model can miss it.
        self.cursors[index].store(begin, Release);
        Some((index, begin))
    }

    fn take(&self) -> Option<usize> {
        // ORDERING: Relaxed; the exchange confirms it.
        let mut taken = self.taken.load(Relaxed);
        loop {
            let index = taken.trailing_ones() as usize;
            if index >= self.cursors.len() {
                return None;
            }
            // ORDERING: SEAT, acquire side.
            match self.taken.compare_exchange_weak(taken, taken | 1 << index, Acquire, Relaxed) {
                Ok(_) => return Some(index),
                Err(now) => taken = now,
            }
        }
    }

    /// Says that the lane has done with everything before `cursor`.
    #[inline(always)]
    pub(crate) fn release(&self, index: usize, cursor: u64) {
        // ORDERING: GATE, release side: our reads end before the producer writes there again.
        self.cursors[index].store(cursor, Release);
    }

    /// Says whether the lane wants echoes of what is pushed.
    pub(crate) fn want(&self, index: usize, wants: bool) {
        // ORDERING: Relaxed, as for who reads it; nothing rides on it, and an echo more or less does no harm.
        if wants {
            self.wanting.fetch_or(1 << index, Relaxed);
        } else {
            self.wanting.fetch_and(!(1 << index), Relaxed);
        }
    }

    /// Returns whether any lane wants echoes.
    #[inline(always)]
    pub(crate) fn want_echoes(&self) -> bool {
        // ORDERING: Relaxed, as above.
        self.wanting.load(Relaxed) != 0
    }

    /// Leaves: from here on the producer does not heed the lane.
    pub(crate) fn leave(&self, index: usize) {
        self.want(index, false);
        // ORDERING: GATE, release side, as in `release`.
        self.joined.fetch_and(!(1 << index), Release);
        // ORDERING: SEAT, release side.
        self.taken.fetch_and(!(1 << index), Release);
    }

    /// Returns how far all lanes have come, at most `published`, and how many there are. The caller read `published`
    /// before.
    pub(crate) fn floor(&self, published: u64) -> (u64, u32) {
        // ORDERING: JOIN, the producer's side (G1). Model: loom-tests/lanes.rs.
        fence(Ordering::SeqCst);
        // ORDERING: GATE, acquire side, for those who left; and for the cursors that bits came with.
        let joined = self.joined.load(Acquire);
        let mut floor = published;
        let mut bits = joined;
        while bits != 0 {
            let index = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            // ORDERING: GATE, acquire side.
            floor = floor.min(self.cursors[index].load(Acquire));
        }
        (floor, joined.count_ones())
    }

    /// Returns how many lanes there can be.
    pub(crate) fn most(&self) -> usize {
        self.cursors.len()
    }

    /// Returns how many lanes there are just now.
    pub(crate) fn count(&self) -> u32 {
        // ORDERING: Relaxed; a number for show.
        self.joined.load(Relaxed).count_ones()
    }
}
