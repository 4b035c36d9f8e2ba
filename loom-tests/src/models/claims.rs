//! Claims in order: each piece once, the first one first, and none behind the end.
//!
//! Actors: two workers that claim until nothing is left, of which one may end the row at a piece that fails. Bound:
//! three threads, four pieces.
//!
//! - Invariants: C1, C2.
//! - FORBIDDEN: a piece that two claim; a piece before the first failure that nobody claims.
//! - ACCEPTABLE: a piece behind a failure that is claimed all the same.

use loom::sync::Arc;
use loom::thread;

use super::protocol::claims::Claims;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("claims: three pieces, two workers", None, || all_are_claimed(3, 2)),
        Scenario::new("claims: two pieces, three workers", Some(3), || all_are_claimed(2, 3)),
        Scenario::new("claims: two of four pieces fail", None, two_fail),
        Scenario::new("claims: a panic ends it", None, a_panic_ends_it),
    ]
}

/// Runs workers that claim until they get nothing, and returns what they claimed in all, each its own in order.
fn run(claims: &Arc<Claims>, workers: usize, work: fn(&Claims, usize)) -> Vec<usize> {
    let worker = |claims: Arc<Claims>| {
        move || {
            let mut claimed = Vec::new();
            while let Some(piece) = claims.claim() {
                assert!(claimed.last().is_none_or(|&last| last < piece), "each worker goes forward");
                claimed.push(piece);
                work(&claims, piece);
            }
            claimed
        }
    };
    let others: Vec<_> = (1..workers).map(|_| thread::spawn(worker(claims.clone()))).collect();
    let mut claimed = worker(claims.clone())();
    for other in others {
        claimed.extend(other.join().unwrap());
    }
    claimed.sort_unstable();
    claimed
}

fn all_are_claimed(pieces: usize, workers: usize) {
    let claimed = run(&Arc::new(Claims::new(pieces)), workers, |_, _| ());
    assert_eq!(claimed, (0..pieces).collect::<Vec<_>>());
}

fn two_fail() {
    let claims = Arc::new(Claims::new(4));
    let claimed = run(&claims, 2, |claims, piece| {
        if piece > 0 && piece < 3 {
            claims.end_behind(piece);
        }
    });
    assert!(claimed.starts_with(&[0, 1]), "what lies before a failure is run, and the first failure with it");
    assert!(claimed.windows(2).all(|pair| pair[0] < pair[1]), "each once");
    assert!(claims.is_wanted(1) && !claims.is_wanted(2));
}

fn a_panic_ends_it() {
    let claims = Arc::new(Claims::new(4));
    let claimed = run(&claims, 2, |claims, _| claims.end_here());
    assert!(claimed.len() <= 2, "nobody claims another when it is over");
}
