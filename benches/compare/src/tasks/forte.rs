use std::sync::atomic::AtomicU8;
use std::sync::mpsc;

use forte::{ThreadPool, Worker};

use super::WAITS;
use crate::common::Table;
use crate::common::joining::{fibs_s, tree_us};
use crate::common::raw::trees::{CUT, FIBS, Node, OF, fib};
use crate::common::trips::{Asking, store, tiny};

static POOL: ThreadPool = ThreadPool::new();

/// One thread; the caller registers as a second worker with each call. Never shrunk, for that may hang in this version.
pub struct Forte(());

impl Forte {
    pub fn start() -> Self {
        POOL.resize_to(1);
        Self(())
    }

    pub fn round_trips<'a>(&'a self, table: Table<'a>, how: Asking) -> Table<'a> {
        table.row_of("forte, spawn and mpsc, which runs it on the caller", move || {
            let (answers, answer) = mpsc::channel();
            how.times(|number| {
                let answers = answers.clone();
                POOL.spawn(move |_| answers.send(number + 1).expect(WAITS));
                answer.recv().expect(WAITS)
            })
        })
    }

    pub fn tiny<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table.row("forte, scope, most of it on the caller", move || {
            tiny(bytes, || POOL.scope(|scope| bytes.iter().for_each(|byte| scope.spawn(|_| store(byte)))))
        })
    }

    pub fn trees<'a>(&'a self, table: Table<'a>, levels: u32, tree: &'a Node) -> Table<'a> {
        table.row("forte", move || POOL.with_worker(|worker| tree_us(levels, tree, |tree| sum(worker, tree))))
    }

    pub fn leaves<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table.row("forte", move || POOL.with_worker(|worker| tiny(bytes, || leaves(worker, bytes))))
    }

    pub fn fibs<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row("forte, join", move || {
            POOL.with_worker(|worker| fibs_s(|| (0..FIBS).map(|_| forked(worker, OF)).sum()))
        })
    }
}

fn sum(worker: &Worker, node: &Node) -> u64 {
    let (left, right) = worker.join(|worker| below(worker, &node.left), |worker| below(worker, &node.right));
    node.number + left + right
}

fn below(worker: &Worker, child: &Option<Box<Node>>) -> u64 {
    child.as_deref().map_or(0, |node| sum(worker, node))
}

fn leaves(worker: &Worker, bytes: &[AtomicU8]) {
    match bytes {
        [byte] => store(byte),
        _ => {
            let (left, right) = bytes.split_at(bytes.len() / 2);
            worker.join(|worker| leaves(worker, left), |worker| leaves(worker, right));
        }
    }
}

fn forked(worker: &Worker, n: u32) -> u64 {
    if n <= CUT {
        return fib(n);
    }
    let (a, b) = worker.join(|worker| forked(worker, n - 1), |worker| forked(worker, n - 2));
    a + b
}
