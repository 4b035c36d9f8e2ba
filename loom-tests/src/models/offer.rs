//! The offer: one of those who want a half runs it.
//!
//! Actors: the one who offered a cell and one or two others, who look and take. Whoever takes it writes it; nothing orders
//! them, so two that both took it race. Bound: three threads, one offer.
//!
//! - Invariants: O1.
//! - FORBIDDEN: two takes that succeed, or none.
//! - ACCEPTABLE: whoever comes first has it.

use loom::sync::Arc;
use loom::thread;

use super::protocol::offer::{Offer, Vigil};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("offer: two want it", None, two_want_it),
        Scenario::new("offer: three want it", Some(3), three_want_it),
        Scenario::new("offer: a vigil is seen by who is told of it", None, a_vigil),
    ]
}

fn want<const OTHERS: usize>() {
    let offered = Arc::new((Offer::new(), Watched::new(0)));
    let others = [(); OTHERS].map(|()| {
        let offered = offered.clone();
        thread::spawn(move || take(&offered))
    });
    let mine = take(&offered);
    let taken = others.map(|other| other.join().unwrap()).into_iter().filter(|taken| *taken).count();
    assert_eq!(taken + usize::from(mine), 1, "one has it");
    assert!(offered.0.is_taken());
    assert_eq!(offered.1.get(), 1);
}

fn take((offer, cell): &(Offer, Watched<u32>)) -> bool {
    let has_it = offer.take();
    if has_it {
        cell.set(cell.get() + 1);
    }
    has_it
}

fn two_want_it() {
    want::<1>();
}

fn three_want_it() {
    want::<2>();
}

/// A vigil that begins and ends before a thread is started is over for that thread.
fn a_vigil() {
    let vigil = Arc::new(Vigil::new());
    vigil.begin();
    let other = thread::spawn({
        let vigil = vigil.clone();
        move || vigil.is_kept()
    });
    assert!(other.join().unwrap());
    vigil.end();
    assert!(!vigil.is_kept());
}
