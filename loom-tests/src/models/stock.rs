//! The stock: each lot is taken once, and a scope is not over while there is one.
//!
//! Actors: an opener and one or two helpers inside a board. A job is a cell that is run once; a job of a job is put aside by
//! whoever runs the first. The opener ends when it has found, in this order, that nothing is put aside and that nobody is
//! inside; then every cell must have been run. It sleeps on the board, so what is put aside is told by a call. Bound: three
//! threads, three jobs.
//!
//! - Invariants: T1, T3.
//! - FORBIDDEN: a job run twice or never; an opener that ends before a job of a job is run; one that sleeps for ever.
//! - ACCEPTABLE: whoever comes first runs it; an opener that runs everything.

use loom::sync::Arc;
use loom::thread;

use super::protocol::loop_board::Board;
use super::protocol::stock::{Stock, Which};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        vec![Scenario::new("stock: two take", None, two_take)],
        Scenario::over_futexes("stock: a job of a job, one helper", Some(3), a_job_of_a_job),
        Scenario::over_futexes("stock: a job of a job, two helpers", Some(1), two_helpers),
    ]
    .concat()
}

/// Which cell a job runs, and which job it puts aside, if any.
type Job = (usize, Option<usize>);

struct Scope {
    board: Board<()>,
    stock: Stock<Job>,
    ran: [Watched<u32>; 3],
}

impl Scope {
    fn new() -> Arc<Self> {
        Arc::new(Self { board: Board::new(()), stock: Stock::new(), ran: [(); 3].map(|()| Watched::new(0)) })
    }

    fn run(&self, (cell, then): Job) {
        self.ran[cell].set(self.ran[cell].get() + 1);
        if let Some(cell) = then {
            self.stock.put((cell, None));
            self.board.call();
        }
    }

    fn work(&self, which: Which) {
        while let Some(job) = self.stock.take(which) {
            self.run(job);
        }
    }

    fn help(&self) {
        if let Some(entered) = self.board.try_enter() {
            self.work(Which::Oldest);
            self.board.leave(entered);
        }
    }

    fn open(&self) {
        let owned = self.board.try_own().unwrap();
        self.stock.put((0, Some(1)));
        self.board.post(&owned, ());
        self.stock.put((2, None));
        loop {
            self.work(Which::Newest);
            if self.board.is_deserted(&owned) {
                break;
            }
            let announced = self.board.announce(&owned);
            if self.board.is_deserted(&owned) || !self.stock.is_empty() {
                self.board.stay_up(&owned, announced);
            } else {
                self.board.sleep(&owned, announced, None);
            }
        }
        for cell in &self.ran {
            assert_eq!(cell.get(), 1, "each job runs once, before the end");
        }
        self.board.take_down(&owned, 0, || None);
        self.board.release(owned);
    }
}

fn a_job_of_a_job() {
    let scope = Scope::new();
    let helper = thread::spawn({
        let scope = scope.clone();
        move || scope.help()
    });
    scope.open();
    helper.join().unwrap();
}

fn two_helpers() {
    let scope = Scope::new();
    let helpers = [(); 2].map(|()| {
        let scope = scope.clone();
        thread::spawn(move || scope.help())
    });
    scope.open();
    for helper in helpers {
        helper.join().unwrap();
    }
}

/// Two take from either end what a third put there; nothing but the lock orders them.
fn two_take() {
    let stock = Arc::new((Stock::new(), [(); 2].map(|()| Watched::new(0))));
    let taker = |which| {
        let stock = stock.clone();
        move || {
            while let Some(cell) = stock.0.take(which) {
                let cell: &Watched<u32> = &stock.1[cell];
                cell.set(cell.get() + 1);
            }
        }
    };
    stock.1[0].set(10);
    stock.0.put(0);
    let other = thread::spawn(taker(Which::Oldest));
    stock.1[1].set(10);
    stock.0.put(1);
    taker(Which::Newest)();
    other.join().unwrap();
    assert_eq!(stock.1.each_ref().map(Watched::get), [11, 11]);
}
