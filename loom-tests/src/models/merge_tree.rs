//! The merge tree: one result, merged once at each node, with all that went into it.
//!
//! Actors: two or three workers, each with ranges of leaves of its own; a value is the shape of what was merged into
//! it. Values lie in cells, so a merge of a block that is not finished races. Bound: three threads,
//! five leaves.
//!
//! - Invariant: M1.
//! - FORBIDDEN: a merge that runs twice, never, or before both blocks are finished; a result of another shape.
//! - ACCEPTABLE: any worker does any merge.

use std::ops::Range;

use loom::sync::Arc;
use loom::thread;

use super::protocol::merge_tree::{Block, Merge, MergeTree};
use crate::scenario::Scenario;
use crate::sync::atomic::AtomicU32;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("merge_tree: three leaves, two workers", None, three_leaves_two_workers),
        Scenario::new("merge_tree: three leaves, three workers", None, three_leaves_three_workers),
        Scenario::new("merge_tree: five leaves, two workers", None, five_leaves_two_workers),
        Scenario::new("merge_tree: five leaves, three workers", Some(3), five_leaves_three_workers),
    ]
}

struct Tree {
    arrivals: Vec<AtomicU32>,
    slots: Vec<Watched<String>>,
}

impl Tree {
    fn new(leaves: usize) -> Self {
        Self {
            arrivals: (0..leaves).map(|_| AtomicU32::new(0)).collect(),
            slots: (0..leaves).map(|_| Watched::new(String::new())).collect(),
        }
    }

    /// Works through a range of leaves as the pool does: block by block, each of which then climbs.
    fn finish(&self, leaves: Range<usize>) {
        for block in Block::cut(leaves) {
            let Block { first_leaf, leaves } = block;
            self.slots[first_leaf].set(shape(first_leaf, leaves));
            let tree = MergeTree::new(&self.arrivals);
            let mut climb = tree.climb(block);
            while let Some(Merge { left, right }) = climb.next_merge() {
                let merged = format!("({} {})", self.slots[left].get(), self.slots[right].get());
                self.slots[left].set(merged);
            }
        }
    }
}

/// What merging a whole block gives.
fn shape(first_leaf: usize, leaves: usize) -> String {
    match leaves / 2 {
        0 => first_leaf.to_string(),
        half => format!("({} {})", shape(first_leaf, half), shape(first_leaf + half, half)),
    }
}

/// Each worker finishes its ranges of leaves, given by their ends; the first is this thread.
fn workers_merge(ranges: &[&'static [[usize; 2]]], result: &str) {
    let leaves = ranges.iter().copied().flatten().map(|[start, end]| end - start).sum();
    let tree = Arc::new(Tree::new(leaves));
    let work = |own: &'static [[usize; 2]]| {
        let tree = tree.clone();
        move || own.iter().for_each(|&[start, end]| tree.finish(start..end))
    };
    let others: Vec<_> = ranges[1..].iter().map(|own| thread::spawn(work(own))).collect();
    work(ranges[0])();
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(tree.slots[0].get(), result);
}

fn three_leaves_two_workers() {
    workers_merge(&[&[[0, 1], [2, 3]], &[[1, 2]]], "((0 1) 2)");
}

fn three_leaves_three_workers() {
    workers_merge(&[&[[0, 1]], &[[1, 2]], &[[2, 3]]], "((0 1) 2)");
}

fn five_leaves_two_workers() {
    workers_merge(&[&[[0, 1], [4, 5]], &[[1, 4]]], "(((0 1) (2 3)) 4)");
}

fn five_leaves_three_workers() {
    workers_merge(&[&[[0, 2]], &[[3, 5]], &[[2, 3]]], "(((0 1) (2 3)) 4)");
}
