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

use super::front::{ENDED, Front};
use super::lanes::Lanes;
pub(crate) use super::party::{Follower, Lane, Writer};
use crate::sync::atomic::{AtomicU64, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// The counts that the parties of one stream share.
#[derive(Debug)]
pub(crate) struct Cursors {
    front: CachePadded<Front>,
    /// How far each stage has come: stage k is publisher k + 1.
    passed: Box<[CachePadded<AtomicU64>]>,
    lanes: Lanes,
    capacity: u64,
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
            front: CachePadded::new(Front::new()),
            passed: (0..stages).map(|_| CachePadded::new(AtomicU64::new(0))).collect(),
            lanes: Lanes::new(most_lanes),
            capacity,
        };
        let followers = (0..stages).map(|upstream| Follower::at(upstream, 0)).collect();
        (cursors, Writer { count: 0, limit: capacity, claimed: 0 }, followers)
    }

    /// Looks how far the readers have come.
    pub(crate) fn look_for_room(&self, writer: &mut Writer) -> Room {
        let (last, is_cut) = match self.passed.last() {
            None => (writer.count, false),
            // ORDERING: GATE, acquire side, for a stream without a lane: the stages have done with what they passed on.
            // The fence in `floor` would do it too, so no model can miss it.
            Some(passed) => (passed.load(Acquire), self.is_cut()),
        };
        let (floor, lanes) = self.lanes.floor(last & !ENDED);
        // A lane that is about to join has a cursor of some time ago, which it does not read at (G1).
        writer.limit = (floor + self.capacity).max(writer.count);
        Room { free: writer.limit - writer.count, lanes, is_cut }
    }

    /// Returns whether a stage is gone while the producer is not.
    fn is_cut(&self) -> bool {
        // ORDERING: Relaxed; nothing rides on it: the producer gives up.
        self.passed.iter().any(|count| count.load(Relaxed) & ENDED != 0)
    }

    /// Says that the producer writes the next element now.
    #[inline(always)]
    pub(crate) fn begin_push(&self) {
        self.front.begin();
    }

    /// Publishes the next element, which the producer has written. Makes an echo of it if a lane wants that and it is
    /// small enough to have one.
    #[inline(always)]
    pub(crate) fn push(&self, writer: &mut Writer, bits: Option<u64>) {
        debug_assert!(writer.known_room() > 0);
        if let Some(bits) = bits
            && self.lanes.want_echoes()
        {
            self.front.echo(writer.count, bits);
        }
        writer.count += 1;
        self.front.publish(writer.count);
    }

    /// Says whether the lane wants echoes, for as long as it says nothing else.
    pub(crate) fn want_echoes(&self, lane: &mut Lane, wants: bool) {
        self.lanes.want(lane.index, wants);
    }

    /// Says that the producer writes the next `count` elements now.
    #[inline(always)]
    pub(crate) fn claim(&self, writer: &mut Writer, count: u64) {
        debug_assert!(count <= writer.known_room());
        // A claim that was not committed in full stands.
        writer.claimed = writer.claimed.max(writer.count + count);
        self.front.claim(writer.claimed);
    }

    /// Publishes the next `count` elements, which the producer has claimed and written.
    #[inline(always)]
    pub(crate) fn publish(&self, writer: &mut Writer, count: u64) {
        debug_assert!(writer.count + count <= writer.claimed);
        writer.count += count;
        self.front.publish(writer.count);
    }

    /// Says that the producer publishes nothing more.
    pub(crate) fn end(&self, writer: &mut Writer) {
        self.front.publish(writer.count | ENDED);
    }

    /// Looks at the publisher that `follower` follows; returns how many elements it may touch.
    #[inline]
    pub(crate) fn look(&self, follower: &mut Follower) -> u64 {
        let published = self.published(follower.upstream);
        follower.ended = published & ENDED != 0;
        follower.known = published & !ENDED;
        follower.known_elements()
    }

    /// Returns the echo of the follower's next element, if it has just been pushed and is the only one.
    #[inline]
    pub(crate) fn hear(&self, follower: &Follower) -> Option<u64> {
        if follower.upstream == 0 && follower.known_elements() == 1 {
            self.front.hear(follower.count)
        } else {
            None
        }
    }

    #[inline]
    fn published(&self, publisher: usize) -> u64 {
        match publisher.checked_sub(1) {
            None => self.front.published(),
            // ORDERING: PUBLISH, acquire side.
            Some(stage) => self.passed[stage].load(Acquire),
        }
    }

    /// Passes the stage's next `count` elements on to whoever follows it.
    #[inline]
    pub(crate) fn pass(&self, stage: &mut Follower, count: u64) {
        stage.advance(count);
        // ORDERING: PUBLISH, release side: carries the elements as the stage left them.
        self.passed[stage.upstream].store(stage.count, Release);
    }

    /// Says that the stage passes nothing more on.
    pub(crate) fn end_stage(&self, stage: &mut Follower) {
        // ORDERING: PUBLISH, release side, as in `end`.
        self.passed[stage.upstream].store(stage.count | ENDED, Release);
    }

    /// Joins as a lane at what the last publisher has published. `None` if there are too many lanes.
    pub(crate) fn join(&self) -> Option<Lane> {
        let upstream = self.passed.len();
        let (index, begin) = self.lanes.join(|| self.published(upstream) & !ENDED)?;
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

    /// Returns how many elements the last publisher has published, for observers, and whether that was the last.
    pub(crate) fn observe(&self) -> (u64, bool) {
        let published = self.published(self.passed.len());
        (published & !ENDED, published & ENDED != 0)
    }

    /// Returns the first element that was not written over when an observer copied it, among those it has copied.
    pub(crate) fn first_intact(&self) -> u64 {
        self.front.first_intact(self.capacity)
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
