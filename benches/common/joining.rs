//! The tables of `join_tree`, with the rows by hand and ringmill's. Whoever asks for them adds the others.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::AtomicU8;

use super::our_joins::Joins;
use super::raw::fork_join::{ForkJoin, half};
use super::raw::shapes::{Shape, Tree};
use super::raw::trees::{ANSWER, FIBS, Node, OF, Pieces, fib, serial_leaves, serial_sum, sum_of_full};
use super::trips::{store, tiny, tiny_bytes};
use super::{Table, ns_per_call, seconds};

/// Adds up a tree of `2^levels - 1` nodes.
pub fn trees<'a>(
    ours: &'a Joins,
    trees: &'a [(u32, Node)],
    add: impl Fn(Table<'a>, u32, &'a Node) -> Table<'a>,
) {
    for (levels, tree) in trees {
        let table =
            Table::new(format!("sum of a tree of {} nodes, a join at each, us", (1_u64 << levels) - 1))
                .row("LIMIT one thread", || tree_us(*levels, tree, serial_sum));
        add(ours.trees(table, *levels, tree), *levels, tree).measure();
    }
}

/// A small tree and a large one, with their levels.
pub fn both_trees() -> [(u32, Node); 2] {
    [10, 20].map(|levels| (levels, Node::full(levels)))
}

/// Returns how long a sum takes, in us, once it is right.
pub fn tree_us(levels: u32, tree: &Node, mut sum: impl FnMut(&Node) -> u64) -> f64 {
    assert_eq!(sum(tree), sum_of_full(levels));
    let calls = (1 << 20 >> levels).max(2) * 2;
    ns_per_call(calls, || sum(black_box(tree))) / 1e3
}

/// Trees of all shapes: which of their halves are shared? A figure is one walk.
pub fn walks<'a>(ours: &'a Joins, shapes: &'a [Shape], add: impl Fn(Table<'a>, &'a Shape) -> Table<'a>) {
    for shape in shapes {
        let table = Table::new(format!("walk of a tree, {}, a join at each fork, us", shape.name))
            .row("LIMIT one thread", || walk_us(shape, Tree::run));
        add(ours.walks(table, shape), shape).measure();
    }
}

/// Returns how long a walk takes, in us, once it is right.
pub fn walk_us(shape: &Shape, walk: impl Fn(&Tree) -> u64) -> f64 {
    assert_eq!(walk(&shape.tree), shape.steps);
    ns_per_call(3, || walk(black_box(&shape.tree))) / 1e3
}

/// A million leaves below a tree of joins.
pub fn leaves<'a>(ours: &'a Joins, add: impl Fn(Table<'a>, &'static [AtomicU8]) -> Table<'a>) {
    let bytes = tiny_bytes();
    let table = Table::new("a join tree of a million leaves that store a byte, million leaves per second")
        .row("LIMIT two halves of plain recursion by hand", || {
            let halves = |k: usize| serial_leaves(half(bytes, k), store);
            ForkJoin::with(halves, |pair| tiny(bytes, || pair.run()))
        })
        .row("one thread", || tiny(bytes, || serial_leaves(bytes, store)));
    add(ours.leaves(table, bytes), bytes).measure();
}

/// A million jobs spawned into a scope, one by one.
pub fn spawns<'a>(ours: &'a Joins, add: impl Fn(Table<'a>, &'static [AtomicU8]) -> Table<'a>) {
    let bytes = tiny_bytes();
    let table = Table::new("a million jobs spawned into a scope that store a byte, million jobs per second")
        .row("LIMIT one thread, boxed closures in a vector", || {
            tiny(bytes, || {
                let jobs: Vec<Box<dyn FnOnce() + Send>> = bytes
                    .iter()
                    .map(|byte| -> Box<dyn FnOnce() + Send> { Box::new(move || store(byte)) })
                    .collect();
                jobs.into_iter().for_each(|job| job());
            })
        });
    add(ours.spawns(table, bytes), bytes).measure();
}

/// Five times fib of 40.
pub fn fibs<'a>(ours: &'a Joins, add: impl Fn(Table<'a>) -> Table<'a>) {
    let table = Table::new("five fib(40), two workers, s")
        .row("LIMIT 160 pieces by hand, two threads", || {
            let pieces = Pieces::default();
            ForkJoin::with(
                |_| pieces.work(),
                |pair| {
                    pieces.rewind();
                    let pair = RefCell::new(pair);
                    fibs_s(|| {
                        pair.borrow_mut().run();
                        pieces.sum()
                    })
                },
            )
        })
        .row("one thread", || fibs_s(|| (0..FIBS).map(|_| fib(black_box(OF))).sum()));
    add(ours.fibs(table)).measure();
}

/// Returns how long the five take, in seconds, if their sum is right.
pub fn fibs_s(all: impl FnOnce() -> u64) -> f64 {
    seconds(|| assert_eq!(all(), FIBS as u64 * ANSWER))
}
