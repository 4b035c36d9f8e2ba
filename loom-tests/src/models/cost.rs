//! The costs: a kind of loop is told its own cost or none, and a streak is one caller's.
//!
//! Actors: two writers of two kinds that share an entry, and a reader; two callers whose loops are far apart, and one
//! that follows the first. Bound: four threads.
//!
//! - Invariant: C1.
//! - FORBIDDEN: one kind's cost told for another's; one caller's time spent added to another's end.
//! - ACCEPTABLE: a cost forgotten, because another kind's has taken its entry; a streak begun anew.

use loom::sync::Arc;
use loom::thread;

use super::protocol::cost::{Costs, Kind, Streak};
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("cost: two kinds share an entry", Some(2), two_kinds_share_an_entry),
        Scenario::new("cost: two callers share a streak", Some(2), two_callers_share_a_streak),
    ]
}

fn two_kinds_share_an_entry() {
    let first = Kind::new(0x1000);
    let second = (0x1001..).map(Kind::new).find(|kind| kind.entry() == first.entry()).unwrap();
    let costs = Arc::new(Costs::new());
    let writers = [(first, 1), (second, 2)].map(|(kind, cost)| {
        let costs = costs.clone();
        thread::spawn(move || costs.remember(kind, cost))
    });
    // Last, because loom tries out a read in place of the writes that it has seen come before.
    let reader = thread::spawn({
        let costs = costs.clone();
        move || {
            assert!(matches!(costs.recall(first), None | Some(1)));
            assert!(matches!(costs.recall(second), None | Some(2)));
        }
    });
    for thread in writers.into_iter().chain([reader]) {
        thread.join().unwrap();
    }
    assert!(matches!((costs.recall(first), costs.recall(second)), (Some(1), None) | (None, Some(2))));
}

fn two_callers_share_a_streak() {
    const PAUSE: u64 = 10;
    let streak = Arc::new(Streak::new());
    let callers = [(1_000, 100), (5_000, 300)].map(|(start, spent)| {
        let streak = streak.clone();
        thread::spawn(move || assert_eq!(streak.spend(start, start + spent, PAUSE), spent))
    });
    for caller in callers {
        caller.join().unwrap();
    }
    // Follows the first caller's loop, if that was the last, and adds to its time, not to the other's.
    assert!(matches!(streak.spend(1_105, 1_106, PAUSE), 1 | 101));
}
