//! The homes: CPUs change hands, and none is lost or has two helpers.
//!
//! Actors: two helpers that make way from their homes, with one spare CPU, for a waker who moves. Bound: three threads.
//!
//! - Invariant: H1.
//! - FORBIDDEN: two helpers on one home; a CPU that is nobody's home and not the spare one.
//! - ACCEPTABLE: a helper that stays, because the waker has gone elsewhere meanwhile.

use loom::sync::Arc;
use loom::thread;

use super::protocol::homes::Homes;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("homes: two helpers make way", None, two_helpers_make_way)]
}

const SPARE: usize = 9;

fn two_helpers_make_way() {
    let homes = Arc::new(Homes::new(Some(SPARE)));
    homes.waker_is_on(Some(1));
    let helpers = [1, 2].map(|home| {
        let homes = homes.clone();
        thread::spawn(move || homes.make_way(home).unwrap_or(home))
    });
    homes.waker_is_on(Some(2));
    let homes_now = helpers.map(|helper| helper.join().unwrap());
    // Whoever lives where the waker is now gets the spare CPU and leaves its own.
    homes.waker_is_on(Some(homes_now[0]));
    let spare = homes.make_way(homes_now[0]).unwrap();
    let mut all = [homes_now[0], homes_now[1], spare];
    all.sort_unstable();
    assert_eq!(all, [1, 2, SPARE], "every CPU has one place");
}
