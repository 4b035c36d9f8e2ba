//! Streams of numbers by other libraries. None of these waits but ringfire's writer: the bench spins.

use std::hint::spin_loop;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use disruptor::{BusySpin, EventPoller, Producer, SingleConsumerBarrier, SingleProducer};
use ringfire::{FlowControl, RingConsumer, RingProducer, RingProducerBuilder};

use crate::common::flow::{Drain, Feed, Seen, count_from};

/// Numbers in a batch.
const BATCH: usize = 64;

/// One number at a time.
pub struct Singles<E>(E);

/// Batches of 64.
pub struct Batches<E>(E);

/// Looks again, after the instruction that tells the processor so or at once.
#[derive(Clone, Copy, PartialEq)]
pub enum Spin {
    /// `PAUSE` between two looks.
    Paused,
    /// Nothing.
    Bare,
}

impl Spin {
    #[inline(always)]
    fn until<T, E>(self, mut attempt: impl FnMut() -> Result<T, E>) -> T {
        loop {
            match attempt() {
                Ok(value) => break value,
                Err(_) if self == Self::Paused => spin_loop(),
                Err(_) => {}
            }
        }
    }
}

/// rtrb's ends, one number at a time.
pub fn rtrb_singles(capacity: usize, spin: Spin) -> (impl Feed, impl Drain) {
    let (producer, consumer) = rtrb::RingBuffer::<u64>::new(capacity);
    (Singles((producer, spin)), Singles((consumer, spin)))
}

impl Feed for Singles<(rtrb::Producer<u64>, Spin)> {
    fn feed(&mut self, numbers: Range<u64>) {
        let (producer, spin) = &mut self.0;
        for number in numbers {
            spin.until(|| producer.push(number));
        }
    }
}

impl Drain for Singles<(rtrb::Consumer<u64>, Spin)> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let (consumer, spin) = &mut self.0;
        (0..count).for_each(|_| seen.one(spin.until(|| consumer.pop())));
    }
}

/// rtrb's chunks of 64, written and read in place.
pub fn rtrb_chunks(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, consumer) = rtrb::RingBuffer::<u64>::new(capacity);
    (Batches(producer), Batches(consumer))
}

impl Feed for Batches<rtrb::Producer<u64>> {
    fn feed(&mut self, numbers: Range<u64>) {
        for first in numbers.step_by(BATCH) {
            while self.0.slots() < BATCH {
                spin_loop();
            }
            let chunk = self.0.write_chunk_uninit(BATCH).expect("there is room");
            chunk.fill_from_iter(first..first + BATCH as u64);
        }
    }
}

impl Drain for Batches<rtrb::Consumer<u64>> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        for _ in 0..count / BATCH as u64 {
            while self.0.slots() < BATCH {
                spin_loop();
            }
            let chunk = self.0.read_chunk(BATCH).expect("there are as many");
            let (first, second) = chunk.as_slices();
            seen.many(first);
            seen.many(second);
            chunk.commit_all();
        }
    }
}

/// ringfire's ends: no number is lost. Its memory is a file.
fn ringfire(capacity: usize) -> (RingProducer<u64>, RingConsumer<u64>) {
    let path = scratch_path();
    let producer = RingProducerBuilder::new(capacity as u64)
        .flow_control(FlowControl::LosslessBackpressure)
        .build(&path)
        .expect("the file can be made");
    let consumer = RingConsumer::builder().start_from_head().attach(&path).expect("it has just been made");
    (producer, consumer)
}

/// A path in shared memory that nobody else has.
pub fn scratch_path() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    PathBuf::from(format!("/dev/shm/ringmill-compare-{}-{number}", std::process::id()))
}

/// ringfire, one number at a time.
pub fn ringfire_singles(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, consumer) = ringfire(capacity);
    (Singles(producer), Singles(consumer))
}

/// ringfire, 64 numbers at a time.
pub fn ringfire_batches(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, consumer) = ringfire(capacity);
    (Batches(producer), Batches(consumer))
}

impl Feed for Singles<RingProducer<u64>> {
    fn feed(&mut self, numbers: Range<u64>) {
        numbers.for_each(|number| self.0.push(&number));
    }
}

impl Drain for Singles<RingConsumer<u64>> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        (0..count).for_each(|_| seen.one(Spin::Paused.until(|| self.0.try_recv().ok_or(()))));
    }
}

impl Feed for Batches<RingProducer<u64>> {
    fn feed(&mut self, numbers: Range<u64>) {
        let mut batch = [0; BATCH];
        for first in numbers.step_by(BATCH) {
            count_from(first, &mut batch);
            self.0.push_batch(&batch);
        }
    }
}

impl Drain for Batches<RingConsumer<u64>> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let mut batch = [0; BATCH];
        let mut left = count as usize;
        while left > 0 {
            let read = self.0.recv_batch(&mut batch[..left.min(BATCH)]);
            seen.many(&batch[..read]);
            left -= read;
        }
    }
}

type Disruptor =
    (SingleProducer<u64, SingleConsumerBarrier>, EventPoller<u64, disruptor::SingleProducerBarrier>);

fn disruptor(capacity: usize) -> Disruptor {
    let (poller, builder) = disruptor::build_single_producer(capacity, || 0, BusySpin).new_event_poller();
    (builder.build(), poller)
}

/// disruptor, published one by one, and read as many as there are.
pub fn disruptor_singles(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, poller) = disruptor(capacity);
    (Singles(producer), Polled(poller))
}

/// disruptor, published 64 at a time, and read as many as there are.
pub fn disruptor_batches(capacity: usize) -> (impl Feed, impl Drain) {
    let (producer, poller) = disruptor(capacity);
    (Batches(producer), Polled(poller))
}

struct Polled(EventPoller<u64, disruptor::SingleProducerBarrier>);

impl Feed for Singles<SingleProducer<u64, SingleConsumerBarrier>> {
    fn feed(&mut self, numbers: Range<u64>) {
        numbers.for_each(|number| self.0.publish(|event| *event = number));
    }
}

impl Feed for Batches<SingleProducer<u64, SingleConsumerBarrier>> {
    fn feed(&mut self, numbers: Range<u64>) {
        for first in numbers.step_by(BATCH) {
            self.0.batch_publish(BATCH, |events| {
                for (number, event) in (first..).zip(events) {
                    *event = number;
                }
            });
        }
    }
}

impl Drain for Polled {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let mut left = count;
        while left > 0 {
            if let Ok(mut events) = self.0.poll() {
                for &number in &mut events {
                    seen.one(number);
                    left -= 1;
                }
            }
        }
    }
}
