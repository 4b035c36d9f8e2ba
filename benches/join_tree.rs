//! What does a fork cost that hardly does anything, and does recursion that forks everywhere scale?
//!
//! Units: us for the sum of a tree or a walk, million leaves per second, seconds for five times fib(40). CPUs: two, the caller's
//! and one other. Excluded: making the tree, the start of threads and pools. LIMIT is the same recursion on one thread,
//! and where two threads can do better, work cut by hand for two.

#[path = "common/mod.rs"]
mod common;

use common::joining::{both_trees, fibs, leaves, spawns, trees, walks};
use common::our_joins::Joins;
use common::raw::shapes::shapes;

fn main() {
    let (ours, both, shapes) = (Joins::start(), both_trees(), shapes());
    trees(&ours, &both, |table, _, _| table);
    leaves(&ours, |table, _| table);
    walks(&ours, &shapes, |table, _| table);
    fibs(&ours, |table| table);
    spawns(&ours, |table, _| table);
}
