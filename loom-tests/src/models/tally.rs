//! The tally: counts that one thread writes and others read, and those that several write.
//!
//! Actors: a worker that counts the time of two tasks and seals each; a reader that takes two snapshots meanwhile; two
//! threads that count by exchanges or by turns; one that takes a peak. Bound: four threads with three preemptions, three with all.
//!
//! - Invariants: T1 to T4.
//! - FORBIDDEN: a count that goes down from one snapshot to the next; an ended task whose time is not there; a shared count
//!   that loses; a height that neither the taken peak nor the one after it has.
//! - ACCEPTABLE: a time whose task is not yet counted as ended.

use loom::sync::Arc;
use loom::thread;

use super::protocol::tally::{Count, Note, Peak, Turn};
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("tally: two snapshots while a worker counts", Some(3), || snapshots(false)),
        Scenario::new("tally: a snapshot while two share a count", Some(3), || snapshots(true)),
        Scenario::new("tally: two add to one count", None, two_add),
        Scenario::new("tally: two count by turns", None, by_turns),
        Scenario::new("tally: two raise a peak that is taken", None, two_raise),
        Scenario::new("tally: a note is read while it changes", None, a_note),
    ]
}

struct Tasks {
    nanoseconds: Count,
    ended: Count,
}

/// Two tasks by one worker and two snapshots, or two tasks by two and one snapshot.
fn snapshots(shared: bool) {
    let tasks = Arc::new(Tasks { nanoseconds: Count::new(), ended: Count::new() });
    let workers: Vec<_> = (0..if shared { 2 } else { 1 })
        .map(|_| {
            let tasks = tasks.clone();
            thread::spawn(move || tasks.count(shared))
        })
        .collect();
    // After the workers: loom hides a reader from a thread that reads a word and then writes it.
    let reader = thread::spawn({
        let tasks = tasks.clone();
        move || {
            let mut before = (0, 0);
            for _ in 0..if shared { 1 } else { 2 } {
                let now = tasks.read();
                assert!(now.1 >= 10 * now.0, "a task has ended whose time is not there");
                assert!(now.0 >= before.0 && now.1 >= before.1, "a count went down");
                before = now;
            }
        }
    });
    for thread in workers {
        thread.join().unwrap();
    }
    reader.join().unwrap();
    assert_eq!((tasks.ended.get(), tasks.nanoseconds.get()), (2, 20), "every task is counted at the end");
}

impl Tasks {
    fn count(&self, shared: bool) {
        if shared {
            self.nanoseconds.add_shared(10);
            self.ended.seal_shared();
        } else {
            for _ in 0..2 {
                self.nanoseconds.add(10);
                self.ended.seal();
            }
        }
    }

    /// Returns how many have ended and what they took.
    fn read(&self) -> (u64, u64) {
        // The ended ones first: what they took is read after.
        let ended = self.ended.sealed();
        (ended, self.nanoseconds.get())
    }
}

fn two_add() {
    let count = Arc::new(Count::new());
    let other = thread::spawn({
        let count = count.clone();
        move || count.add_shared(1)
    });
    count.add_shared(2);
    other.join().unwrap();
    assert_eq!(count.get(), 3, "each was counted");
}

/// Two threads count twice each: in their turn, or elsewhere.
fn by_turns() {
    struct Tally {
        turn: Turn,
        alone: Count,
        crowded: Count,
    }
    let tally = Arc::new(Tally { turn: Turn::new(), alone: Count::new(), crowded: Count::new() });
    let count = |tally: Arc<Tally>| {
        for _ in 0..2 {
            if tally.turn.try_take() {
                tally.alone.add(1);
                tally.turn.give_back();
            } else {
                tally.crowded.add_shared(1);
            }
        }
    };
    let other = thread::spawn({
        let tally = tally.clone();
        move || count(tally)
    });
    count(tally.clone());
    other.join().unwrap();
    assert_eq!(tally.alone.get() + tally.crowded.get(), 4, "each was counted");
}

fn two_raise() {
    let peak = Arc::new(Peak::new());
    let raisers = [2, 3].map(|height| {
        let peak = peak.clone();
        thread::spawn(move || peak.raise_shared(height))
    });
    let taken = peak.take();
    for raiser in raisers {
        raiser.join().unwrap();
    }
    assert_eq!(taken.max(peak.get()), 3, "the highest is in one of the two");
    assert!(taken == 0 || taken == 3 || peak.get() == 3, "the higher of two counts");
}

fn a_note() {
    const NOTES: [u64; 2] = [0xa_0000_000a, 0xb_0000_000b];
    let note = Arc::new(Note::new());
    let worker = thread::spawn({
        let note = note.clone();
        move || NOTES.map(|text| note.write(text))
    });
    let read = note.read();
    assert!(read == 0 || NOTES.contains(&read), "a note is whole");
    worker.join().unwrap();
    assert_eq!(note.read(), NOTES[1]);
}
