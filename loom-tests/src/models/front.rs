//! The producer's line: an element that is read is whole, and is the one that was asked for.
//!
//! Actors: a producer that pushes single elements or claims and publishes batches; a reader that looks, hears the echo of
//! the last element or reads what is published; an observer that copies while the producer writes. What a reader
//! reads in its place is a cell that loom watches; what an observer copies are two relaxed words, so that nothing orders them
//! but the line. Bound: two threads, up to four elements, three preemptions.
//!
//! - Invariants: F1, F2.
//! - FORBIDDEN: an echo of another element; a copy of two halves that is taken for an element.
//! - ACCEPTABLE: no echo though there could be one; a copy that is given up though it was whole.

use loom::sync::Arc;
use loom::thread;

use super::protocol::front::Front;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("front: elements are read", Some(3), elements_are_read),
        Scenario::new("front: the last element is heard", None, the_last_element_is_heard),
        Scenario::new("front: a batch is not heard", None, a_batch_is_not_heard),
        Scenario::new("front: pushed elements are observed", Some(3), pushed_elements_are_observed),
        Scenario::new("front: a batch is observed", Some(3), a_batch_is_observed),
    ]
}

/// What the echo of an element is.
fn echo(number: u64) -> u64 {
    number + 100
}

/// Pushes an element with its echo.
fn push(front: &Front, number: u64) {
    front.echo(number, echo(number));
    front.publish(number + 1);
}

fn elements_are_read() {
    let places: Arc<[Watched<u64>; 3]> = Arc::new([0; 3].map(Watched::new));
    let front = Arc::new(Front::new());
    let producer = thread::spawn({
        let (front, places) = (front.clone(), places.clone());
        move || {
            places[0].set(7);
            push(&front, 0);
            front.claim(3);
            places[1].set(8);
            places[2].set(9);
            front.publish(3);
        }
    });
    let count = front.published();
    for number in 0..count {
        assert_eq!(places[number as usize].get(), 7 + number);
    }
    producer.join().unwrap();
}

fn the_last_element_is_heard() {
    let front = Arc::new(Front::new());
    push(&front, 0);
    let producer = thread::spawn({
        let front = front.clone();
        move || (1..4).for_each(|number| push(&front, number))
    });
    let last = front.published() - 1;
    if let Some(heard) = front.hear(last) {
        assert_eq!(heard, echo(last), "the echo is of the element that was asked for");
    }
    producer.join().unwrap();
    assert_eq!(front.hear(3), Some(echo(3)));
    assert_eq!(front.hear(1), None);
}

/// A batch leaves the echo of what was pushed before.
fn a_batch_is_not_heard() {
    let front = Arc::new(Front::new());
    push(&front, 0);
    push(&front, 1);
    let producer = thread::spawn({
        let front = front.clone();
        move || {
            front.publish(4);
            push(&front, 4);
            push(&front, 5);
            front.publish(7);
        }
    });
    let last = front.published() - 1;
    if let Some(heard) = front.hear(last) {
        assert!([1, 4, 5].contains(&last), "element {last} was repeated");
        assert_eq!(heard, echo(last), "the echo is of the element that was asked for");
    }
    producer.join().unwrap();
    assert_eq!(front.hear(6), None);
}

/// Places of elements in two halves, which a producer writes and an observer copies.
struct Places {
    front: Front,
    places: Vec<[AtomicU64; 2]>,
}

impl Places {
    fn new(count: u64) -> Arc<Self> {
        let places = (0..count).map(|_| [AtomicU64::new(0), AtomicU64::new(0)]).collect();
        Arc::new(Self { front: Front::new(), places })
    }

    fn capacity(&self) -> u64 {
        self.places.len() as u64
    }

    fn place(&self, number: u64) -> &[AtomicU64; 2] {
        &self.places[(number % self.capacity()) as usize]
    }

    fn write(&self, number: u64) {
        // ORDERING: Relaxed; an observer has nothing but the line to go by.
        self.place(number).iter().for_each(|half| half.store(number, Relaxed));
    }

    fn push(&self, number: u64) {
        self.front.begin();
        self.write(number);
        self.front.publish(number + 1);
    }

    /// Copies the last element, which is the oldest that may be whole if there are two places, and checks it if it is
    /// taken for whole.
    fn observe(&self) {
        let number = self.front.published() - 1;
        // ORDERING: Relaxed, as above.
        let copy = self.place(number).each_ref().map(|half| half.load(Relaxed));
        if number >= self.front.first_intact(self.capacity()) {
            assert_eq!(copy, [number; 2], "the element is whole, and the one that was asked for");
        }
    }
}

fn pushed_elements_are_observed() {
    let places = Places::new(2);
    places.push(0);
    places.push(1);
    let producer = thread::spawn({
        let places = places.clone();
        move || (2..4).for_each(|number| places.push(number))
    });
    places.observe();
    producer.join().unwrap();
    assert_eq!(places.front.first_intact(2), 3, "the next push may be under way");
}

fn a_batch_is_observed() {
    let places = Places::new(2);
    places.push(0);
    places.push(1);
    let producer = thread::spawn({
        let places = places.clone();
        move || {
            places.front.claim(4);
            places.write(2);
            places.write(3);
            places.front.publish(4);
        }
    });
    places.observe();
    producer.join().unwrap();
}
