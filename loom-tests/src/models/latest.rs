//! The newest value: whoever touches a buffer has it for itself, and finds there what was published.
//!
//! Actors: a writer that fills and publishes, one or two readers that take and leave. A buffer is a cell that loom watches
//! and holds its value's sequence. Bound: three threads, three publications, three preemptions.
//!
//! - Invariants: N1, N2.
//! - FORBIDDEN: a buffer that is written while a reader holds it; a value older than the one before; an end without
//!   the last value.
//! - ACCEPTABLE: a reader that does not see the newest value yet; values that nobody sees.

use loom::sync::Arc;
use loom::thread;

use super::protocol::latest::{Filler, Holder, Newest};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("latest: one reader", None, one_reader),
        Scenario::new("latest: two readers", Some(3), two_readers),
        Scenario::new("latest: a reader leaves", None, a_reader_leaves),
        Scenario::new("latest: the end", None, the_end),
    ]
}

struct Values {
    newest: Newest,
    buffers: Vec<Watched<u64>>,
}

impl Values {
    fn new(readers: usize) -> (Arc<Self>, Filler, Vec<Holder>) {
        let (newest, filler, holders) = Newest::new(readers);
        let buffers = (0..Newest::buffers(readers)).map(|_| Watched::new(0)).collect();
        (Arc::new(Self { newest, buffers }), filler, holders)
    }

    fn publish(&self, filler: &mut Filler, sequence: u64) {
        self.buffers[filler.filled()].set(sequence);
        self.newest.publish(filler);
    }

    fn take(&self, holder: &mut Holder) -> u64 {
        self.newest.take(holder);
        self.buffers[holder.held().unwrap()].get()
    }

    /// Takes twice, and returns what came second.
    fn take_twice(&self, holder: &mut Holder) -> u64 {
        let first = self.take(holder);
        let second = self.take(holder);
        assert!(second >= first, "values do not grow older");
        second
    }
}

fn one_reader() {
    let (values, mut filler, mut holders) = Values::new(1);
    let mut holder = holders.pop().unwrap();
    let reader = thread::spawn({
        let values = values.clone();
        move || {
            values.take_twice(&mut holder);
            holder
        }
    });
    (1..=3).for_each(|sequence| values.publish(&mut filler, sequence));
    let mut holder = reader.join().unwrap();
    assert_eq!(values.take(&mut holder), 3);
    assert!(!values.newest.take(&mut holder) && !values.newest.is_newer(&holder));
}

fn two_readers() {
    let (values, mut filler, holders) = Values::new(2);
    let readers: Vec<_> = holders
        .into_iter()
        .map(|mut holder| {
            let values = values.clone();
            thread::spawn(move || values.take_twice(&mut holder))
        })
        .collect();
    (1..=3).for_each(|sequence| values.publish(&mut filler, sequence));
    readers.into_iter().for_each(|reader| assert!(reader.join().unwrap() <= 3));
}

fn a_reader_leaves() {
    let (values, mut filler, mut holders) = Values::new(1);
    let mut holder = holders.pop().unwrap();
    let reader = thread::spawn({
        let values = values.clone();
        move || {
            values.take(&mut holder);
            values.newest.leave(&mut holder);
            assert_eq!(holder.held(), None);
        }
    });
    (1..=3).for_each(|sequence| values.publish(&mut filler, sequence));
    reader.join().unwrap();
    values.publish(&mut filler, 4);
}

fn the_end() {
    let (values, mut filler, mut holders) = Values::new(1);
    let mut holder = holders.pop().unwrap();
    values.take(&mut holder);
    let writer = thread::spawn({
        let values = values.clone();
        move || {
            values.publish(&mut filler, 1);
            values.publish(&mut filler, 2);
            values.newest.end();
        }
    });
    let has_ended = values.newest.has_ended();
    let last = values.take(&mut holder);
    assert!(last == 2 || !has_ended, "the end comes after the last value");
    writer.join().unwrap();
}
