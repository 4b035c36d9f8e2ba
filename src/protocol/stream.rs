//! A stream: one producer, stages that change elements in turn, lanes that read them; all by counting.
//!
//! Everybody counts elements from the beginning of the stream and never goes back; an element's place is its number
//! modulo the capacity, which is the business of those who hold the memory. The producer and each stage publish how
//! far they have come, and whoever is next may touch what lies between its own count and that one. Behind the last of
//! them come the lanes. Each side keeps the other's count as it was last seen and looks again only when that is used up.
//!
//! ```text
//! published = ended:1 | count:63
//! producer [0] --count--> stage [1] --count--> ... stage [k] --count--> lanes --floor--> producer, + capacity
//! ```
//! - P1: whoever follows publisher k touches only elements from its own count up to that of k, so an element is written
//!   by one at a time: the producer beyond its own count, a stage between its own and its predecessor's.
//! - P2: the producer's count never exceeds the floor of its readers by more than the capacity, so no place is written
//!   again that somebody has yet to read. Lanes that it does not see yet: G1 of `lanes`.
//! - P3: a count that has ended does not grow, and nothing is published after it.
//! - PUBLISH: a publisher's count to whoever follows; carries the elements, and for the last of them the end.
//! - GATE: back to the producer; see `lanes`. Without a lane the last stage's count stands for it.

use crossbeam_utils::CachePadded;

use super::lanes::Lanes;
use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

const ENDED: u64 = 1 << 63;

/// The counts that the parties of one stream share.
#[derive(Debug)]
pub(crate) struct Cursors {
    /// The producer's, then each stage's.
    published: Box<[CachePadded<AtomicU64>]>,
    lanes: Lanes,
    capacity: u64,
}

/// The producer's own count, and the count up to which it knows to be free.
#[derive(Debug)]
pub(crate) struct Writer {
    count: u64,
    limit: u64,
}

/// A follower's own count, and what it knows of the publisher it follows.
#[derive(Debug)]
pub(crate) struct Follower {
    /// Which publisher it follows.
    upstream: usize,
    count: u64,
    known: u64,
    ended: bool,
}

/// The token of a lane: a follower of the last publisher, with a cursor that the producer heeds.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) follower: Follower,
    index: usize,
}

/// What the producer found when it looked for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// How many elements can be written before looking again.
    pub(crate) free: u64,
    /// How many lanes read.
    pub(crate) lanes: u32,
    /// Whether a stage is gone, so that nothing will be passed on any more.
    pub(crate) is_cut: bool,
}

impl Cursors {
    /// Makes the counts of a stream of `capacity` elements, and the tokens of its producer and of each stage, in order.
    pub(crate) fn new(capacity: u64, stages: usize, most_lanes: usize) -> (Self, Writer, Vec<Follower>) {
        let cursors = Self {
            published: (0..=stages).map(|_| CachePadded::new(AtomicU64::new(0))).collect(),
            lanes: Lanes::new(most_lanes),
            capacity,
        };
        let followers = (0..stages).map(|upstream| Follower::at(upstream, 0)).collect();
        (cursors, Writer { count: 0, limit: capacity }, followers)
    }

    /// Looks how far the readers have come.
    pub(crate) fn look_for_room(&self, writer: &mut Writer) -> Room {
        let (last, is_cut) = match self.published.len() {
            1 => (writer.count, false),
            // ORDERING: GATE, acquire side, for a stream without a lane: the stages have done with what they passed on.
            // The fence in `floor` would do it too, so no model can miss it.
            stages => (self.published[stages - 1].load(Acquire), self.is_cut()),
        };
        let (floor, lanes) = self.lanes.floor(last & !ENDED);
        // A lane that is about to join has a cursor of some time ago, which it does not read at (G1).
        writer.limit = (floor + self.capacity).max(writer.count);
        Room { free: writer.limit - writer.count, lanes, is_cut }
    }

    /// Returns whether a stage is gone while the producer is not.
    fn is_cut(&self) -> bool {
        // ORDERING: Relaxed; nothing rides on it: the producer gives up.
        self.published[1..].iter().any(|count| count.load(Relaxed) & ENDED != 0)
    }

    /// Publishes the next `count` elements, which the producer has written.
    #[inline(always)]
    pub(crate) fn publish(&self, writer: &mut Writer, count: u64) {
        debug_assert!(count <= writer.known_room());
        writer.count += count;
        // ORDERING: PUBLISH, release side. Carries the elements. Model: loom-tests/stream.rs.
        self.published[0].store(writer.count, Release);
    }

    /// Says that the producer publishes nothing more.
    pub(crate) fn end(&self, writer: &mut Writer) {
        // ORDERING: PUBLISH, release side; a follower that reads the end has to find the last elements too.
        self.published[0].store(writer.count | ENDED, Release);
    }

    /// Looks at the publisher that `follower` follows; returns how many elements it may touch.
    #[inline]
    pub(crate) fn look(&self, follower: &mut Follower) -> u64 {
        // ORDERING: PUBLISH, acquire side.
        let published = self.published[follower.upstream].load(Acquire);
        follower.ended = published & ENDED != 0;
        follower.known = published & !ENDED;
        follower.known_elements()
    }

    /// Passes the stage's next `count` elements on to whoever follows it.
    #[inline]
    pub(crate) fn pass(&self, stage: &mut Follower, count: u64) {
        stage.advance(count);
        // ORDERING: PUBLISH, release side: carries the elements as the stage left them.
        self.published[stage.upstream + 1].store(stage.count, Release);
    }

    /// Says that the stage passes nothing more on.
    pub(crate) fn end_stage(&self, stage: &mut Follower) {
        // ORDERING: PUBLISH, release side, as in `end`.
        self.published[stage.upstream + 1].store(stage.count | ENDED, Release);
    }

    /// Joins as a lane at what the last publisher has published. `None` if there are too many lanes.
    pub(crate) fn join(&self) -> Option<Lane> {
        let upstream = self.published.len() - 1;
        // ORDERING: Relaxed; the lane reads no element before it has looked.
        let (index, begin) = self.lanes.join(|| self.published[upstream].load(Relaxed) & !ENDED)?;
        Some(Lane { follower: Follower::at(upstream, begin), index })
    }

    /// Says that the lane has done with its next `count` elements.
    #[inline(always)]
    pub(crate) fn release(&self, lane: &mut Lane, count: u64) {
        lane.follower.advance(count);
        self.lanes.release(lane.index, lane.follower.count);
    }

    /// Takes the lane out: the producer heeds it no more.
    pub(crate) fn leave(&self, lane: &mut Lane) {
        self.lanes.leave(lane.index);
    }

    /// Returns how many lanes read just now.
    pub(crate) fn lanes(&self) -> u32 {
        self.lanes.count()
    }

    /// Returns how many lanes can read at once.
    pub(crate) fn most_lanes(&self) -> usize {
        self.lanes.most()
    }

    /// Returns how many elements the stream holds at most.
    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }
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
    fn at(upstream: usize, count: u64) -> Self {
        Self { upstream, count, known: count, ended: false }
    }

    fn advance(&mut self, count: u64) {
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
