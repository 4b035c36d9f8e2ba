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

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use super::protocol::merge_tree::{Block, Merge, MergeTree};
use crate::scenario::Scenario;
use crate::sync::atomic::AtomicU32;

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
    slots: Vec<UnsafeCell<String>>,
}

impl Tree {
    fn new(leaves: usize) -> Self {
        Self {
            arrivals: (0..leaves).map(|_| AtomicU32::new(0)).collect(),
            slots: (0..leaves).map(|_| UnsafeCell::new(String::new())).collect(),
        }
    }

    /// Works through a range of leaves as the pool does: block by block, each of which then climbs.
    fn finish(&self, leaves: Range<usize>) {
        for block in Block::cut(leaves) {
            let Block { first_leaf, leaves } = block;
            // SAFETY: a block's slot is its worker's until it climbs; loom checks that.
            self.slots[first_leaf].with_mut(|slot| unsafe { *slot = shape(first_leaf, leaves) });
            let tree = MergeTree::new(&self.arrivals);
            let mut climb = tree.climb(block);
            while let Some(Merge { left, right }) = climb.next_merge() {
                // SAFETY: both blocks are finished and ours (M1); loom checks that.
                let second = self.slots[right].with(|slot| unsafe { (*slot).clone() });
                // SAFETY: as above.
                self.slots[left].with_mut(|slot| unsafe { *slot = format!("({} {second})", *slot) });
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

/// Each worker finishes its ranges of leaves; the first is this thread.
fn workers_merge(ranges: &[&[Range<usize>]], result: &str) {
    let leaves = ranges.iter().copied().flatten().map(Range::len).sum();
    let tree = Arc::new(Tree::new(leaves));
    let work = |own: &[Range<usize>]| {
        let (tree, own) = (tree.clone(), own.to_vec());
        move || own.into_iter().for_each(|leaves| tree.finish(leaves))
    };
    let others: Vec<_> = ranges[1..].iter().map(|own| thread::spawn(work(own))).collect();
    work(ranges[0])();
    for other in others {
        other.join().unwrap();
    }
    // SAFETY: the workers have been joined.
    tree.slots[0].with(|slot| assert_eq!(unsafe { &*slot }, result));
}

fn three_leaves_two_workers() {
    workers_merge(&[&[0..1, 2..3], &[1..2]], "((0 1) 2)");
}

fn three_leaves_three_workers() {
    workers_merge(&[&[0..1], &[1..2], &[2..3]], "((0 1) 2)");
}

fn five_leaves_two_workers() {
    workers_merge(&[&[0..1, 4..5], &[1..4]], "(((0 1) (2 3)) 4)");
}

fn five_leaves_three_workers() {
    workers_merge(&[&[0..2], &[3..5], &[2..3]], "(((0 1) (2 3)) 4)");
}
