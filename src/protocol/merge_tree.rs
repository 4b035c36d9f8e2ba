//! A binary tree over numbered leaves that says who merges what, in a shape that only the leaf count decides.
//!
//! Each leaf's value lies in the slot of its number. Of two neighbouring blocks the one that is finished second is
//! merged with the first by whoever finished it, and the result lies in the left block's first slot. So a merge runs
//! once, always of the same two blocks in the same order, whoever runs it and however many they are: the same bits at
//! any number of workers.
//!
//! ```text
//! leaf    0   1   2   3   4        block of 2^k leaves, named by its first; parent = the two blocks side by side
//!         '-1-'   '-3-'   |        an inner node is named by the first leaf of its right half, which is unique
//!           '---2---'     |        a block without a right neighbour climbs unmerged
//!               '----4----'
//! ```
//! - M1: of the two that arrive at an inner node the second goes on and owns both blocks' slots; the first is done
//!   with its block's.
//! - MERGE: the first to arrive to the second, carries the block's value.

use std::ops::Range;

use crate::sync::atomic::{AtomicU32, Ordering};

use Ordering::AcqRel;

/// What there is for each leaf: its number names a slot, and an inner node too.
pub(crate) trait Node {
    /// Returns who has arrived at the inner node: 0 in a new tree.
    fn arrivals(&self) -> &AtomicU32;
}

impl Node for AtomicU32 {
    fn arrivals(&self) -> &AtomicU32 {
        self
    }
}

/// Who has arrived at the inner nodes of a tree.
#[derive(Debug)]
pub(crate) struct MergeTree<'a, N> {
    nodes: &'a [N],
}

/// Two slots to merge: the right one's value into the left one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) left: usize,
    pub(crate) right: usize,
}

/// Leaves that have a node of their own in every tree that has them: a power of two, from a multiple of it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) first_leaf: usize,
    pub(crate) leaves: usize,
}

impl Block {
    /// Cuts a range of leaves into the fewest blocks, in order.
    pub(crate) fn cut(leaves: Range<usize>) -> impl Iterator<Item = Self> {
        let Range { mut start, end } = leaves;
        std::iter::from_fn(move || {
            let fits = (end - start).checked_ilog2()?;
            let aligned = start.trailing_zeros();
            let block = Self { first_leaf: start, leaves: 1 << fits.min(aligned) };
            start += block.leaves;
            Some(block)
        })
    }
}

/// The way of a finished block towards the root.
#[derive(Debug)]
pub(crate) struct Climb<'a, N> {
    nodes: &'a [N],
    first_leaf: usize,
    leaves: usize,
}

impl<'a, N: Node> MergeTree<'a, N> {
    /// Makes a tree over as many leaves as there are new nodes.
    pub(crate) fn new(nodes: &'a [N]) -> Self {
        Self { nodes }
    }

    /// Starts the climb of a block whose value lies in its first leaf's slot. Each leaf is in one block that climbs.
    pub(crate) fn climb(&self, Block { first_leaf, leaves }: Block) -> Climb<'a, N> {
        debug_assert!(first_leaf < self.nodes.len());
        Climb { nodes: self.nodes, first_leaf, leaves }
    }
}

impl<N: Node> Climb<'_, N> {
    /// Returns the next merge that falls to this climber, who has done the last; `None` when it is done climbing.
    pub(crate) fn next_merge(&mut self) -> Option<Merge> {
        let total = self.nodes.len();
        while self.leaves < total {
            let parent = self.first_leaf / (2 * self.leaves) * (2 * self.leaves);
            let right = parent + self.leaves;
            self.first_leaf = parent;
            self.leaves *= 2;
            if right >= total {
                continue;
            }
            // ORDERING: MERGE, both sides: the first to arrive releases its block, the second acquires it and later
            // releases both. Model: loom-tests/merge_tree.rs.
            return match self.nodes[right].arrivals().fetch_add(1, AcqRel) {
                0 => {
                    self.leaves = total;
                    None
                }
                _ => Some(Merge { left: parent, right }),
            };
        }
        None
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// The shape, by recursion: blocks of a power of two from the left.
    fn oracle(from: usize, to: usize, total: usize) -> String {
        if from + 1 == to {
            return from.to_string();
        }
        let middle = from + (to - from) / 2;
        match middle < total {
            true => format!("({} {})", oracle(from, middle, total), oracle(middle, to, total)),
            false => oracle(from, middle, total),
        }
    }

    /// Merges in an order given by `stride`, leaves at a time as `batch` says, and returns the shape that came out.
    fn shape(total: usize, stride: usize, batch: usize) -> String {
        let arrivals: Vec<_> = (0..total).map(|_| AtomicU32::new(0)).collect();
        let tree = MergeTree::new(&arrivals);
        let mut slots: Vec<String> = (0..total).map(|leaf| leaf.to_string()).collect();
        let mut order: Vec<usize> = (0..total).step_by(batch).collect();
        order.sort_by_key(|leaf| (leaf * stride) % total);
        for first in order {
            for block in Block::cut(first..total.min(first + batch)) {
                let Block { first_leaf, leaves } = block;
                slots[first_leaf] = oracle(first_leaf, first_leaf + leaves, total);
                let mut climb = tree.climb(block);
                while let Some(Merge { left, right }) = climb.next_merge() {
                    slots[left] = format!("({} {})", slots[left], slots[right]);
                }
            }
        }
        slots[0].clone()
    }

    #[test]
    fn shape_is_the_leaf_counts_alone() {
        for total in 1..40_usize {
            let expected = oracle(0, total.next_power_of_two(), total);
            for stride in [1, 2, 3, 5, 7] {
                for batch in 1..9 {
                    assert_eq!(shape(total, stride, batch), expected, "{total} leaves, {batch} at a time");
                }
            }
        }
    }

    #[test]
    fn blocks_cover_their_leaves_in_order() {
        for start in 0..40 {
            for end in start..40 {
                let mut at = start;
                for Block { first_leaf, leaves } in Block::cut(start..end) {
                    assert_eq!(first_leaf, at);
                    assert!(leaves.is_power_of_two() && at % leaves == 0);
                    at += leaves;
                }
                assert_eq!(at, end);
            }
        }
    }
}
