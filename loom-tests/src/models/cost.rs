//! The costs: a kind of loop is told its own cost or none.
//!
//! Actors: two writers of two kinds that share an entry, and a reader. Bound: four threads.
//!
//! - Invariant: C1.
//! - FORBIDDEN: one kind's cost told for another's.
//! - ACCEPTABLE: a cost forgotten, because another kind's has taken its entry.

use loom::sync::Arc;
use loom::thread;

use super::protocol::cost::{Costs, Kind};
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("cost: two kinds share an entry", Some(2), two_kinds_share_an_entry)]
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
