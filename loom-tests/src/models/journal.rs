//! The journal: the last events of one writer, read while it goes on.
//!
//! Actors: a writer of three events into a ring of one or two; a reader that looks once or twice. Bound: three threads,
//! three preemptions or four.
//!
//! - Invariants: J2, and nothing that was written before the reader came is missed.
//! - FORBIDDEN: an event that is half another's, or stands under another's number.
//! - ACCEPTABLE: a reader that gets fewer events than the ring keeps.

use loom::sync::Arc;
use loom::thread;

use super::protocol::journal::Journal;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("journal: three events through a ring of one", Some(3), || events(1, 3)),
        Scenario::new("journal: two events into a ring of two", Some(4), || events(2, 2)),
        Scenario::new("journal: three events through a ring of two", Some(3), || events(2, 3)),
    ]
}

/// The event of a number: each of its words tells which it is.
fn event(number: u64) -> [u64; 2] {
    [10 + number, 20 + number]
}

fn events(capacity: usize, count: u64) {
    let journal = Arc::new(Journal::new(capacity));
    let writer = thread::spawn({
        let journal = journal.clone();
        move || (0..count).for_each(|number| journal.write(event(number)))
    });
    // After the writer: loom hides a reader from a thread that reads a word and then writes it.
    let reader = thread::spawn({
        let journal = journal.clone();
        move || check(journal.read())
    });
    writer.join().unwrap();
    reader.join().unwrap();
    let (first, last) = journal.read();
    assert_eq!((first, last.len()), (count - capacity as u64, capacity), "the last ones are there");
    check((first, last));
}

fn check((first, events): (u64, Vec<[u64; 2]>)) {
    for (number, &read) in (first..).zip(&events) {
        assert_eq!(read, event(number), "an event is whole, and in its place");
    }
}
