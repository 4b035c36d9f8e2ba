use std::num::NonZero;
use std::sync::atomic::AtomicU8;

use chili::{Config, Scope, ThreadPool};

use crate::common::Table;
use crate::common::joining::{fibs_s, tree_us};
use crate::common::raw::trees::{CUT, FIBS, Node, OF, fib};
use crate::common::trips::{store, tiny};

/// The caller and one thread. Forks are handed out where a heartbeat has passed.
pub struct Chili(ThreadPool);

impl Chili {
    pub fn start() -> Self {
        Self(ThreadPool::with_config(Config { thread_count: NonZero::new(2), ..Config::default() }))
    }

    pub fn trees<'a>(&'a self, table: Table<'a>, levels: u32, tree: &'a Node) -> Table<'a> {
        table.row("chili", move || {
            let mut scope = self.0.scope();
            tree_us(levels, tree, |tree| sum(&mut scope, tree))
        })
    }

    pub fn leaves<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table.row("chili", move || {
            let mut scope = self.0.scope();
            tiny(bytes, || leaves(&mut scope, bytes))
        })
    }

    pub fn fibs<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row("chili, join", move || {
            let mut scope = self.0.scope();
            fibs_s(|| (0..FIBS).map(|_| forked(&mut scope, OF)).sum())
        })
    }
}

fn sum(scope: &mut Scope<'_>, node: &Node) -> u64 {
    let (left, right) = scope.join(|scope| below(scope, &node.left), |scope| below(scope, &node.right));
    node.number + left + right
}

fn below(scope: &mut Scope<'_>, child: &Option<Box<Node>>) -> u64 {
    child.as_deref().map_or(0, |node| sum(scope, node))
}

fn leaves(scope: &mut Scope<'_>, bytes: &[AtomicU8]) {
    match bytes {
        [byte] => store(byte),
        _ => {
            let (left, right) = bytes.split_at(bytes.len() / 2);
            scope.join(|scope| leaves(scope, left), |scope| leaves(scope, right));
        }
    }
}

fn forked(scope: &mut Scope<'_>, n: u32) -> u64 {
    if n <= CUT {
        return fib(n);
    }
    let (a, b) = scope.join(|scope| forked(scope, n - 1), |scope| forked(scope, n - 2));
    a + b
}
