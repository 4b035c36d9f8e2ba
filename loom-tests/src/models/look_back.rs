//! Look-back: each run is entered in the state that a walk over all before it comes to.
//!
//! Actors: two or three workers that claim runs in order and enter them; one of them may stop between its claim and what
//! it owes. The runs' passages do not commute, so a walk that forgets one, or takes two in the wrong order, comes out
//! elsewhere. Bound: three threads, four runs.
//!
//! - Invariants: B1, B2.
//! - FORBIDDEN: a run that is entered in another state; a worker that waits for one who has stopped.
//! - ACCEPTABLE: a passage that two find.

use loom::sync::Arc;
use loom::thread;

use super::protocol::claims::Claims;
use super::protocol::look_back::{LookBack, Passage};
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("look_back: three runs, two workers", Some(3), || workers_enter(3, 2, None)),
        Scenario::new("look_back: three runs, three workers", Some(2), || workers_enter(3, 3, None)),
        Scenario::new("look_back: four runs, two workers", Some(3), || workers_enter(4, 2, None)),
        Scenario::new("look_back: one stops at the first run", Some(3), || workers_enter(3, 3, Some(0))),
        Scenario::new("look_back: one stops at the second run", Some(3), || workers_enter(4, 2, Some(1))),
    ]
}

/// What the runs do: the first has one outcome (B3), the others are permutations of which no two commute, so that each
/// order of them leads elsewhere.
fn passage(run: usize) -> Passage {
    Passage::new(
        [[1, 1, 1, 1, 1, 1, 1], [0, 2, 1, 4, 3, 6, 5], [3, 0, 1, 2, 6, 4, 5], [6, 5, 4, 3, 2, 1, 0]][run],
    )
}

/// The state in which a run is entered: the walk over all before it.
fn expected(run: usize) -> u8 {
    (0..run).fold(0, |state, before| passage(before).apply(state))
}

/// Enters a run as the splitter does: nobody asks for the state before the first run, or behind the last.
fn enter(look_back: &LookBack, run: usize, runs: usize) -> u8 {
    if run == 0 {
        look_back.settle(0, passage(0).apply(0));
        0
    } else if run + 1 == runs {
        look_back.state_at(run, passage)
    } else {
        look_back.enter(run, passage)
    }
}

/// Workers claim all runs and enter each; whoever claims `fatal` stops there.
fn workers_enter(runs: usize, workers: usize, fatal: Option<usize>) {
    let shared = Arc::new((Claims::new(runs), LookBack::new(runs, 0), AtomicUsize::new(0)));
    let worker = |shared: Arc<(Claims, LookBack, AtomicUsize)>| {
        move || {
            let (claims, look_back, entered) = &*shared;
            while let Some(run) = claims.claim() {
                if Some(run) == fatal {
                    return;
                }
                assert_eq!(enter(look_back, run, runs), expected(run), "entered as it is come to");
                entered.fetch_add(1, Relaxed);
            }
        }
    };
    let others: Vec<_> = (1..workers).map(|_| thread::spawn(worker(shared.clone()))).collect();
    worker(shared.clone())();
    for other in others {
        other.join().unwrap();
    }
    let missing = usize::from(fatal.is_some());
    assert_eq!(shared.2.load(Relaxed), runs - missing, "nobody waits for who has stopped");
}
