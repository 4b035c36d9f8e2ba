use std::sync::atomic::AtomicU8;
use std::sync::mpsc;

use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use super::WAITS;
use crate::common::Table;
use crate::common::joining::{fibs_s, tree_us};
use crate::common::raw::trees::{CUT, FIBS, Node, OF, fib};
use crate::common::trips::{Asking, IN_FLIGHT, in_flight, store, there_and_back, tiny, touch};

pub struct Rayon(pub(super) ThreadPool);

impl Rayon {
    pub fn start() -> Self {
        Self(ThreadPoolBuilder::new().num_threads(2).build().expect("threads start"))
    }

    pub fn round_trips<'a>(&'a self, table: Table<'a>, how: Asking) -> Table<'a> {
        table
            .row_of("rayon, install", move || how.times(|number| self.0.install(move || number + 1)))
            .row_of("rayon, scope", move || {
                how.times(|number| {
                    let mut answer = 0;
                    self.0.scope(|scope| scope.spawn(|_| answer = number + 1));
                    answer
                })
            })
            .row_of("rayon, join", move || {
                how.times(|number| {
                    let (number, one) = self.0.join(move || number, || 1);
                    number + one
                })
            })
            .row_of("rayon, spawn and mpsc", move || {
                let (answers, answer) = mpsc::channel();
                how.times(|number| {
                    let answers = answers.clone();
                    self.0.spawn(move || answers.send(number + 1).expect(WAITS));
                    answer.recv().expect(WAITS)
                })
            })
    }

    pub fn in_flight<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table
            .row("rayon, spawn and mpsc", move || {
                let (answers, answer) = mpsc::channel();
                in_flight(|| {
                    for number in 0..IN_FLIGHT {
                        let answers = answers.clone();
                        self.0.spawn(move || answers.send(number + 1).expect(WAITS));
                    }
                    answer.iter().take(IN_FLIGHT as usize).sum()
                })
            })
            .row("rayon, scope", move || {
                let mut answers = vec![0; IN_FLIGHT as usize];
                in_flight(|| {
                    self.0.in_place_scope(|scope| {
                        for (answer, number) in answers.iter_mut().zip(0..) {
                            scope.spawn(move |_| *answer = number + 1);
                        }
                    });
                    answers.iter().sum()
                })
            })
    }

    pub fn tiny<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        let each = move |scope: &Scope<'a>| bytes.iter().for_each(|byte| scope.spawn(|_| store(byte)));
        table
            .row("rayon, scope from inside", move || tiny(bytes, || self.0.scope(each)))
            .row("rayon, scope from outside", move || tiny(bytes, || self.0.in_place_scope(each)))
    }

    pub fn large<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row_of("rayon, spawn and mpsc", move || {
            let (answers, answer) = mpsc::channel();
            there_and_back(|mut vector| {
                let answers = answers.clone();
                self.0.spawn(move || {
                    let sum = touch(&mut vector);
                    answers.send((vector, sum)).expect(WAITS);
                });
                answer.recv().expect(WAITS)
            })
        })
    }

    pub fn trees<'a>(&'a self, table: Table<'a>, levels: u32, tree: &'a Node) -> Table<'a> {
        table.row("rayon", move || tree_us(levels, tree, |tree| self.0.install(|| sum(tree))))
    }

    pub fn leaves<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table.row("rayon", move || tiny(bytes, || self.0.install(|| leaves(bytes))))
    }

    pub fn fibs<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row("rayon, join", move || fibs_s(|| self.0.install(|| (0..FIBS).map(|_| forked(OF)).sum())))
    }
}

fn sum(node: &Node) -> u64 {
    let (left, right) = rayon::join(|| below(&node.left), || below(&node.right));
    node.number + left + right
}

fn below(child: &Option<Box<Node>>) -> u64 {
    child.as_deref().map_or(0, sum)
}

fn leaves(bytes: &[AtomicU8]) {
    match bytes {
        [byte] => store(byte),
        _ => {
            let (left, right) = bytes.split_at(bytes.len() / 2);
            rayon::join(|| leaves(left), || leaves(right));
        }
    }
}

fn forked(n: u32) -> u64 {
    if n <= CUT {
        return fib(n);
    }
    let (a, b) = rayon::join(|| forked(n - 1), || forked(n - 2));
    a + b
}
