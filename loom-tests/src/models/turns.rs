//! Where the other side runs: a hint that is out of date at worst.
//!
//! Actors: two that note a CPU each, one that asks. Bound: three threads.
//!
//! - FORBIDDEN: a CPU that nobody noted; the last note lost when all is quiet.
//! - ACCEPTABLE: an older note.

use loom::sync::Arc;
use loom::thread;

use super::protocol::turns::Turns;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("turns: two note, one asks", None, two_note_one_asks)]
}

fn two_note_one_asks() {
    let turns = Arc::new(Turns::new());
    let notes = [1, 2].map(|cpu| {
        let turns = turns.clone();
        thread::spawn(move || turns.other_is_on(Some(cpu)))
    });
    assert!(!turns.are_taken_on(None));
    assert!(!turns.are_taken_on(Some(3)));
    for note in notes {
        note.join().unwrap();
    }
    assert!(turns.are_taken_on(Some(1)) != turns.are_taken_on(Some(2)), "both notes are lost");
    turns.other_is_on(None);
    assert!(!turns.are_taken_on(Some(1)) && !turns.are_taken_on(Some(2)));
}
