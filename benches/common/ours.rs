//! ringmill's own rows: buffers through a ring, numbers through a stream.

use std::ops::Range;

use ringmill::ring::stream::{Consumer, Producer};
use ringmill::ring::{Buffer, Populate, Queue, QueueOptions, Ring, Stream, Waiting, WhenFull};

use super::flow::{Drain, Feed, Seen, count_from};
use super::hand_over::{HEAD, SLOTS, Way};
use super::ns_per_call;
use super::ping_pong::{Answer, Ask, Receives, Sends};

/// Why no queue and no stream is closed here.
const OPEN: &str = "a row holds both ends";

/// Numbers in a batch.
const BATCH: usize = 64;

/// A ring of which buffers are claimed, sent, received and dropped.
pub struct Buffers {
    ring: Ring<f32>,
    full: Queue<f32>,
}

impl Buffers {
    /// Makes a ring of `count` buffers of `len` values.
    pub fn new(count: usize, len: usize, waiting: Waiting) -> Self {
        Self::with_queue(QueueOptions::new("full"), count, len, waiting)
    }

    /// Makes a ring of as many buffers as other rows have, of which one at most waits to be received.
    pub fn bounded(len: usize) -> Self {
        let full = QueueOptions::new("full").bound(1, WhenFull::Wait);
        Self::with_queue(full, SLOTS, len, Waiting::default())
    }

    fn with_queue(full: QueueOptions, count: usize, len: usize, waiting: Waiting) -> Self {
        let ring = Ring::builder().buffers(count).buffer_len(len).queue(full).waiting(waiting);
        let ring = ring.populate(Populate::AtBuild).build().expect("it is small");
        let full = ring.queue("full").expect("it was named");
        Self { ring, full }
    }

    /// Makes a ring of as many buffers as other rows have, which waits as is the default.
    pub fn usual(len: usize) -> Self {
        Self::new(SLOTS, len, Waiting::default())
    }
}

impl Buffers {
    /// Returns how to take samples of what the four calls take on one thread, in ns: nothing changes sides.
    pub fn alone(&self) -> impl FnMut() -> f64 + '_ {
        || {
            ns_per_call(100_000, || {
                let mut buffer = self.ring.claim().expect(OPEN);
                buffer[..HEAD].fill(1.0);
                self.full.send(buffer).expect(OPEN);
                assert_eq!(self.full.recv().expect(OPEN)[..HEAD], [1.0; HEAD]);
            })
        }
    }
}

impl Way for Buffers {
    fn produce(&self, _party: usize, count: usize, mut fill: impl FnMut(&mut [f32])) {
        for _ in 0..count {
            let mut buffer = self.ring.claim().expect(OPEN);
            fill(&mut buffer);
            self.full.send(buffer).expect(OPEN);
        }
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        for _ in 0..count {
            let buffer = self.full.recv().expect(OPEN);
            take(&buffer);
        }
    }
}

/// A stream's ends, one number at a time.
pub fn singles(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, consumer) = Stream::builder().capacity(capacity).build().expect("it is small");
    (Singles(producer), Singles(consumer))
}

/// A stream's ends, 64 numbers at a time, written and read in place.
pub fn batches(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, consumer) = Stream::builder().capacity(capacity).build().expect("it is small");
    (Batches(producer), Batches(consumer))
}

struct Singles<E>(E);
struct Batches<E>(E);

impl Feed for Singles<Producer<u64>> {
    fn feed(&mut self, numbers: Range<u64>) {
        numbers.for_each(|number| self.0.push(number).expect(OPEN));
    }
}

impl Drain for Singles<Consumer<u64>> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        (0..count).for_each(|_| seen.one(self.0.pop().expect(OPEN)));
    }
}

impl Feed for Batches<Producer<u64>> {
    fn feed(&mut self, numbers: Range<u64>) {
        for first in numbers.step_by(BATCH) {
            let mut batch = self.0.write(BATCH).expect(OPEN);
            count_from(first, &mut batch);
            batch.commit_all();
        }
    }
}

impl Drain for Batches<Consumer<u64>> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let mut left = count as usize;
        while left > 0 {
            // Dropping the batch releases it.
            let batch = self.0.read(BATCH.min(left)).expect(OPEN);
            seen.many(&batch);
            left -= batch.len();
        }
    }
}

/// A stream of numbers one way.
pub fn stream(waiting: Waiting) -> (impl Sends, impl Receives) {
    let (producer, consumer) =
        Stream::<u64>::builder().capacity(64).waiting(waiting).build().expect("it is small");
    (Singles(producer), Singles(consumer))
}

impl Sends for Singles<Producer<u64>> {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        self.0.push(number).expect(OPEN);
    }
}

impl Receives for Singles<Consumer<u64>> {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        self.0.pop().expect(OPEN)
    }
}

/// Two queues of a ring, through which one buffer goes there and back with a number as its tag.
pub fn queues(waiting: Waiting) -> (impl Ask, impl Answer) {
    let ring = Ring::<f32>::builder().buffers(2).buffer_len(16).queues(["there", "back"]).waiting(waiting);
    let ring = ring.build().expect("it is small");
    let queue = |name| ring.queue(name).expect("it was named");
    let held = ring.claim().ok();
    (Asker { there: queue("there"), back: queue("back"), held }, Answerer(queue("there"), queue("back")))
}

struct Asker {
    there: Queue<f32>,
    back: Queue<f32>,
    held: Option<Buffer<f32>>,
}

impl Ask for Asker {
    #[inline(always)]
    fn ask(&mut self, number: u64) -> u64 {
        let mut buffer = self.held.take().expect("it came back");
        buffer.set_tag(number);
        self.there.send(buffer).expect(OPEN);
        let buffer = self.back.recv().expect(OPEN);
        let answer = buffer.tag();
        self.held = Some(buffer);
        answer
    }
}

struct Answerer(Queue<f32>, Queue<f32>);

impl Answer for Answerer {
    #[inline(always)]
    fn answer(&mut self) {
        let mut buffer = self.0.recv().expect(OPEN);
        buffer.set_tag(buffer.tag() + 1);
        self.1.send(buffer).expect(OPEN);
    }
}
