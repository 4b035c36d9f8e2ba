//! Numbers there and back by other libraries, each with its own way to wait, or spinning.

use std::hint::spin_loop;

use disruptor::{
    BusySpin, EventPoller, Producer, SingleConsumerBarrier, SingleProducer, SingleProducerBarrier,
};
use ringfire::{FutexWait, RingConsumer, RingProducer, WaitStrategy};

use crate::common::ping_pong::{Receives, Sends};
use crate::numbers::scratch_path;

/// Numbers that a way has room for.
const ROOM: usize = 64;

/// Why no channel is closed here.
const OPEN: &str = "a row holds both ends";

/// One end of a way on which threads wait as the library does.
pub struct Blocking<E>(E);

/// One end of a way on which the bench spins.
pub struct Spinning<E>(E);

/// crossbeam-channel, blocking.
pub fn crossbeam() -> (impl Sends, impl Receives) {
    let (sender, receiver) = crossbeam_channel::bounded::<u64>(ROOM);
    (Blocking(sender), Blocking(receiver))
}

/// crossbeam-channel, spinning.
pub fn crossbeam_spinning() -> (impl Sends, impl Receives) {
    let (sender, receiver) = crossbeam_channel::bounded::<u64>(ROOM);
    (Blocking(sender), Spinning(receiver))
}

impl Sends for Blocking<crossbeam_channel::Sender<u64>> {
    fn send(&mut self, number: u64) {
        self.0.send(number).expect(OPEN);
    }
}

impl Receives for Blocking<crossbeam_channel::Receiver<u64>> {
    fn receive(&mut self) -> u64 {
        self.0.recv().expect(OPEN)
    }
}

impl Receives for Spinning<crossbeam_channel::Receiver<u64>> {
    fn receive(&mut self) -> u64 {
        loop {
            if let Ok(number) = self.0.try_recv() {
                break number;
            }
            spin_loop();
        }
    }
}

/// kanal, blocking.
pub fn kanal() -> (impl Sends, impl Receives) {
    let (sender, receiver) = kanal::bounded::<u64>(ROOM);
    (Blocking(sender), Blocking(receiver))
}

impl Sends for Blocking<kanal::Sender<u64>> {
    fn send(&mut self, number: u64) {
        self.0.send(number).expect(OPEN);
    }
}

impl Receives for Blocking<kanal::Receiver<u64>> {
    fn receive(&mut self) -> u64 {
        self.0.recv().expect(OPEN)
    }
}

/// rtrb, which never waits.
pub fn rtrb() -> (impl Sends, impl Receives) {
    let (producer, consumer) = rtrb::RingBuffer::<u64>::new(ROOM);
    (Spinning(producer), Spinning(consumer))
}

impl Sends for Spinning<rtrb::Producer<u64>> {
    fn send(&mut self, number: u64) {
        self.0.push(number).expect("there is room: each waits for an answer");
    }
}

impl Receives for Spinning<rtrb::Consumer<u64>> {
    fn receive(&mut self) -> u64 {
        loop {
            if let Ok(number) = self.0.pop() {
                break number;
            }
            spin_loop();
        }
    }
}

/// disruptor, which spins on both sides.
pub fn disruptor() -> (impl Sends, impl Receives) {
    let (poller, builder) = disruptor::build_single_producer(ROOM, || 0, BusySpin).new_event_poller();
    (Spinning(builder.build()), Spinning(poller))
}

impl Sends for Spinning<SingleProducer<u64, SingleConsumerBarrier>> {
    fn send(&mut self, number: u64) {
        self.0.publish(|event| *event = number);
    }
}

impl Receives for Spinning<EventPoller<u64, SingleProducerBarrier>> {
    fn receive(&mut self) -> u64 {
        loop {
            if let Ok(mut events) = self.0.take(1)
                && let Some(&number) = (&mut events).next()
            {
                break number;
            }
            spin_loop();
        }
    }
}

fn ringfire_ends() -> (RingProducer<u64>, RingConsumer<u64>) {
    let path = scratch_path();
    let producer = RingProducer::create(&path, ROOM as u64).expect("the file can be made");
    let consumer = RingConsumer::builder().start_from_head().attach(&path).expect("it has just been made");
    (producer, consumer)
}

/// ringfire, spinning.
pub fn ringfire_spinning() -> (impl Sends, impl Receives) {
    let (producer, consumer) = ringfire_ends();
    (Spinning(producer), Blocking((consumer, ringfire::BusySpin::new())))
}

/// ringfire, which sleeps after 32 looks: its default.
pub fn ringfire() -> (impl Sends, impl Receives) {
    let (producer, consumer) = ringfire_ends();
    (Spinning(producer), Blocking((consumer, FutexWait::default())))
}

impl Sends for Spinning<RingProducer<u64>> {
    fn send(&mut self, number: u64) {
        self.0.push(&number);
    }
}

impl<W: WaitStrategy + Send> Receives for Blocking<(RingConsumer<u64>, W)> {
    fn receive(&mut self) -> u64 {
        self.0.0.recv_blocking(&mut self.0.1)
    }
}
