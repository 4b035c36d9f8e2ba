//! The shares: every piece is handed out once, whoever takes it.
//!
//! Actors: two or three workers that take pieces until there are none; whoever is done early steals. A piece is a cell
//! that its taker writes; nothing orders the takers, so two that get the same piece race. Bound: three threads, five
//! pieces, two preemptions.
//!
//! - Invariants: S1, S2.
//! - FORBIDDEN: a piece handed out twice or never; a piece handed out to somebody who saw the loop cancelled.
//! - ACCEPTABLE: a worker that leaves while another still moves stolen pieces into its own share; pieces handed out
//!   to those who have not seen the cancellation.

use loom::sync::Arc;
use loom::thread;

use super::protocol::shares::Shares;
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("shares: two take and steal", Some(3), two_take_and_steal),
        Scenario::new("shares: three take and steal", Some(2), three_take_and_steal),
        Scenario::new("shares: one takes its whole share", Some(3), one_takes_its_whole_share),
        Scenario::new("shares: one cancels", Some(2), one_cancels),
    ]
}

struct Deal {
    shares: Shares,
    pieces: Vec<Watched<u32>>,
}

impl Deal {
    fn new(pieces: u32, workers: usize) -> Arc<Self> {
        let shares = Shares::new(workers);
        shares.deal(0..pieces, workers);
        Arc::new(Self { shares, pieces: (0..pieces).map(|_| Watched::new(0)).collect() })
    }

    /// Takes once; returns whether there was anything.
    fn take(&self, worker: usize) -> bool {
        self.run(self.shares.take(worker, u32::MAX))
    }

    fn run(&self, taken: std::ops::Range<u32>) -> bool {
        for piece in taken.clone() {
            let cell = &self.pieces[piece as usize];
            cell.set(cell.get() + 1);
        }
        !taken.is_empty()
    }

    /// Returns how often each piece was handed out, when all workers have gone.
    fn counts(&self) -> Vec<u32> {
        self.pieces.iter().map(Watched::get).collect()
    }
}

/// Three threads that each go on until nothing is left are too many orders to try: the others take `times`, and what
/// they leave is taken when they have gone.
fn all_take_and_steal(pieces: u32, workers: usize, times: usize) {
    let deal = Deal::new(pieces, workers);
    let others: Vec<_> = (1..workers)
        .map(|worker| {
            let deal = deal.clone();
            thread::spawn(move || (0..times).all(|_| deal.take(worker)))
        })
        .collect();
    while deal.take(0) {}
    for other in others {
        other.join().unwrap();
    }
    for worker in 1..workers {
        while deal.take(worker) {}
    }
    assert_eq!(deal.counts(), vec![1; pieces as usize], "each piece is handed out once");
}

fn two_take_and_steal() {
    all_take_and_steal(4, 2, usize::MAX);
}

fn three_take_and_steal() {
    all_take_and_steal(3, 3, 2);
}

/// A worker that empties its share in one go does not meet the thief of half of it.
fn one_takes_its_whole_share() {
    let deal = Deal::new(4, 2);
    let thief = thread::spawn({
        let deal = deal.clone();
        move || while deal.take(1) {}
    });
    deal.run(deal.shares.take_share(0));
    thief.join().unwrap();
    assert_eq!(deal.counts(), vec![1; 4]);
}

/// After a cancellation that everyone has seen, nothing is handed out.
fn one_cancels() {
    let deal = Deal::new(4, 2);
    let other = thread::spawn({
        let deal = deal.clone();
        move || while deal.take(1) {}
    });
    deal.take(0);
    deal.shares.cancel();
    assert!(!deal.take(0), "whoever cancels sees it");
    other.join().unwrap();
    assert!(!deal.take(1), "everyone sees it in the end");
    assert!(deal.counts().iter().all(|count| *count <= 1));
}
