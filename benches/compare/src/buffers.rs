//! Buffers that go round by other libraries: each as its documentation shows, the waiting included.

use std::hint::spin_loop;
use std::sync::Mutex;

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::Backoff;
use disruptor::{BusySpin, EventPoller, Producer, SingleConsumerBarrier, SingleProducer};
use thingbuf::{Recycle, ThingBuf, mpsc::blocking};

use crate::common::hand_over::{SLOTS, Way};

type Values = Box<[f32]>;

fn zeros(len: usize) -> Values {
    vec![0.0; len].into()
}

/// Why no lock here is poisoned, and no channel closed.
const HELD: &str = "a panic ends the process, and the row holds both ends";

/// A channel in which a buffer is moved from one end to the other.
pub trait Channel: Sync {
    /// Makes one with room for `capacity` buffers.
    fn with_room(capacity: usize) -> Self;
    /// Puts a buffer in, for which there is room.
    fn send(&self, values: Values);
    /// Waits for a buffer.
    fn receive(&self) -> Values;
}

/// Two channels: of full buffers and of free ones.
pub struct Returned<C> {
    full: C,
    free: C,
}

impl<C: Channel> Returned<C> {
    /// Makes buffers of `len` values, all free.
    pub fn new(len: usize) -> Self {
        let (full, free) = (C::with_room(SLOTS), C::with_room(SLOTS));
        (0..SLOTS).for_each(|_| free.send(zeros(len)));
        Self { full, free }
    }
}

impl<C: Channel> Way for Returned<C> {
    fn produce(&self, _party: usize, count: usize, mut fill: impl FnMut(&mut [f32])) {
        for _ in 0..count {
            let mut values = self.free.receive();
            fill(&mut values);
            self.full.send(values);
        }
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        for _ in 0..count {
            let values = self.full.receive();
            take(&values);
            self.free.send(values);
        }
    }
}

/// crossbeam-channel, bounded.
pub struct Crossbeam(crossbeam_channel::Sender<Values>, crossbeam_channel::Receiver<Values>);

impl Channel for Crossbeam {
    fn with_room(capacity: usize) -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(capacity);
        Self(sender, receiver)
    }

    fn send(&self, values: Values) {
        self.0.send(values).expect(HELD);
    }

    fn receive(&self) -> Values {
        self.1.recv().expect(HELD)
    }
}

/// kanal, bounded.
pub struct Kanal(kanal::Sender<Values>, kanal::Receiver<Values>);

impl Channel for Kanal {
    fn with_room(capacity: usize) -> Self {
        let (sender, receiver) = kanal::bounded(capacity);
        Self(sender, receiver)
    }

    fn send(&self, values: Values) {
        self.0.send(values).expect(HELD);
    }

    fn receive(&self) -> Values {
        self.1.recv().expect(HELD)
    }
}

impl Channel for ArrayQueue<Values> {
    fn with_room(capacity: usize) -> Self {
        Self::new(capacity)
    }

    fn send(&self, values: Values) {
        self.push(values).expect("as much room as buffers");
    }

    fn receive(&self) -> Values {
        let backoff = Backoff::new();
        loop {
            match self.pop() {
                Some(values) => break values,
                None => backoff.snooze(),
            }
        }
    }
}

/// rtrb and a second one for the way back. Neither waits: the bench spins.
pub struct Rtrb {
    producer: Mutex<(rtrb::Producer<Values>, rtrb::Consumer<Values>)>,
    consumer: Mutex<(rtrb::Producer<Values>, rtrb::Consumer<Values>)>,
}

impl Rtrb {
    /// Makes buffers of `len` values, all free.
    pub fn new(len: usize) -> Self {
        let (full, filled) = rtrb::RingBuffer::new(SLOTS);
        let (mut emptied, free) = rtrb::RingBuffer::new(SLOTS);
        for _ in 0..SLOTS {
            emptied.push(zeros(len)).expect("as much room as buffers");
        }
        Self { producer: Mutex::new((full, free)), consumer: Mutex::new((emptied, filled)) }
    }
}

/// Takes from one ring, lets `touch` at it, and puts into the other, `count` times.
fn pass(
    ends: &Mutex<(rtrb::Producer<Values>, rtrb::Consumer<Values>)>,
    count: usize,
    mut touch: impl FnMut(&mut [f32]),
) {
    let (to, from) = &mut *ends.lock().expect(HELD);
    for _ in 0..count {
        let mut values = loop {
            match from.pop() {
                Ok(values) => break values,
                Err(_) => spin_loop(),
            }
        };
        touch(&mut values);
        to.push(values).expect("as much room as buffers");
    }
}

impl Way for Rtrb {
    fn produce(&self, _party: usize, count: usize, fill: impl FnMut(&mut [f32])) {
        pass(&self.producer, count, fill);
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        pass(&self.consumer, count, |values| take(values));
    }
}

/// disruptor: the buffers are its events and are filled and read in place. Both sides spin.
pub struct Disruptor {
    producer: Mutex<SingleProducer<Values, SingleConsumerBarrier>>,
    poller: Mutex<EventPoller<Values, disruptor::SingleProducerBarrier>>,
}

impl Disruptor {
    /// Makes a ring of buffers of `len` values.
    pub fn new(len: usize) -> Self {
        let builder = disruptor::build_single_producer(SLOTS, || zeros(len), BusySpin);
        let (poller, builder) = builder.new_event_poller();
        Self { producer: Mutex::new(builder.build()), poller: Mutex::new(poller) }
    }
}

impl Way for Disruptor {
    fn produce(&self, _party: usize, count: usize, mut fill: impl FnMut(&mut [f32])) {
        let mut producer = self.producer.lock().expect(HELD);
        (0..count).for_each(|_| producer.publish(|values| fill(values)));
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        let mut poller = self.poller.lock().expect(HELD);
        let mut left = count;
        while left > 0 {
            // One at a time, so that each goes back as soon as it is read.
            if let Ok(mut events) = poller.take(1) {
                for values in &mut events {
                    take(values);
                    left -= 1;
                }
            }
        }
    }
}

/// Keeps what lies in a slot of thingbuf for the next to fill.
struct Kept(usize);

impl Recycle<Values> for Kept {
    fn new_element(&self) -> Values {
        zeros(self.0)
    }

    fn recycle(&self, _values: &mut Values) {}
}

/// thingbuf's blocking channel, filled and read in place.
pub struct ThingChannel {
    sender: blocking::Sender<Values, Kept>,
    receiver: Mutex<blocking::Receiver<Values, Kept>>,
}

impl ThingChannel {
    /// Makes a channel of buffers of `len` values.
    pub fn new(len: usize) -> Self {
        let (sender, receiver) = blocking::with_recycle(SLOTS, Kept(len));
        Self { sender, receiver: Mutex::new(receiver) }
    }
}

impl Way for ThingChannel {
    fn produce(&self, _party: usize, count: usize, mut fill: impl FnMut(&mut [f32])) {
        for _ in 0..count {
            fill(&mut self.sender.send_ref().expect(HELD));
        }
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        let receiver = self.receiver.lock().expect(HELD);
        for _ in 0..count {
            take(&receiver.recv_ref().expect(HELD));
        }
    }
}

/// thingbuf's queue, filled and read in place. It never waits: the bench spins.
pub struct ThingQueue(ThingBuf<Values, Kept>);

impl ThingQueue {
    /// Makes a queue of buffers of `len` values.
    pub fn new(len: usize) -> Self {
        Self(ThingBuf::with_recycle(SLOTS, Kept(len)))
    }
}

impl Way for ThingQueue {
    fn produce(&self, _party: usize, count: usize, mut fill: impl FnMut(&mut [f32])) {
        for _ in 0..count {
            let mut values = loop {
                match self.0.push_ref() {
                    Ok(values) => break values,
                    Err(_) => spin_loop(),
                }
            };
            fill(&mut values);
        }
    }

    fn consume(&self, _party: usize, count: usize, mut take: impl FnMut(&[f32])) {
        for _ in 0..count {
            let values = loop {
                match self.0.pop_ref() {
                    Some(values) => break values,
                    None => spin_loop(),
                }
            };
            take(&values);
        }
    }
}
