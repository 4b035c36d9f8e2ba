//! ringmill's own rows of the benches of joins.

use std::hint::black_box;
use std::sync::atomic::AtomicU8;

use ringmill::Pool;

use super::Table;
use super::joining::{fibs_s, tree_us, walk_us};
use super::raw::shapes::{Shape, Tree, work};
use super::raw::trees::{CUT, FIBS, Node, OF, fib};
use super::trips::{store, tiny};

/// A pool of two, and one that is its caller alone: what a join costs that nobody helps with.
pub struct Joins {
    pool: Pool,
    alone: Pool,
}

impl Joins {
    pub fn start() -> Self {
        let [alone, pool] =
            [1, 2].map(|workers| Pool::builder().workers(workers).build().expect("threads start"));
        Self { pool, alone }
    }

    pub fn trees<'a>(&'a self, table: Table<'a>, levels: u32, tree: &'a Node) -> Table<'a> {
        table
            .row("ringmill", move || tree_us(levels, tree, |tree| sum(&self.pool, tree)))
            .row("ringmill, one worker", move || tree_us(levels, tree, |tree| sum(&self.alone, tree)))
    }

    pub fn walks<'a>(&'a self, table: Table<'a>, shape: &'a Shape) -> Table<'a> {
        table.row("ringmill", move || walk_us(shape, |tree| walk(&self.pool, tree)))
    }

    pub fn leaves<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table
            .row("ringmill", move || tiny(bytes, || leaves(&self.pool, bytes)))
            .row("ringmill, one worker", move || tiny(bytes, || leaves(&self.alone, bytes)))
    }

    pub fn spawns<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        let spawn = |pool: &Pool| {
            let all = pool.scope(|scope| bytes.iter().for_each(|byte| scope.spawn(move |_| store(byte))));
            all.expect("no job panics");
        };
        table
            .row("ringmill", move || tiny(bytes, || spawn(&self.pool)))
            .row("ringmill, one worker", move || tiny(bytes, || spawn(&self.alone)))
    }

    pub fn fibs<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row("ringmill, join", move || {
            fibs_s(|| (0..FIBS).map(|_| forked(&self.pool, black_box(OF))).sum())
        })
    }
}

fn sum(pool: &Pool, node: &Node) -> u64 {
    let (left, right) = pool.join(|| below(pool, &node.left), || below(pool, &node.right));
    node.number + left + right
}

fn below(pool: &Pool, child: &Option<Box<Node>>) -> u64 {
    child.as_deref().map_or(0, |node| sum(pool, node))
}

fn walk(pool: &Pool, tree: &Tree) -> u64 {
    match tree {
        Tree::Leaf(steps) => work(*steps),
        Tree::Fork(halves) => {
            let (a, b) = pool.join(|| walk(pool, &halves[0]), || walk(pool, &halves[1]));
            a + b
        }
    }
}

fn leaves(pool: &Pool, bytes: &[AtomicU8]) {
    match bytes {
        [byte] => store(byte),
        _ => {
            let (left, right) = bytes.split_at(bytes.len() / 2);
            pool.join(|| leaves(pool, left), || leaves(pool, right));
        }
    }
}

fn forked(pool: &Pool, n: u32) -> u64 {
    if n <= CUT {
        return fib(n);
    }
    let (a, b) = pool.join(|| forked(pool, n - 1), || forked(pool, n - 2));
    a + b
}
