//! Recursive work by one thread, and cut by hand into pieces for two.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// A node of a binary tree.
pub struct Node {
    /// What it adds.
    pub number: u64,
    /// Its children, where it has some.
    pub left: Option<Box<Node>>,
    pub right: Option<Box<Node>>,
}

impl Node {
    /// Makes a full tree of `levels`: `2^levels - 1` nodes, numbered from 1 by level as in a heap.
    pub fn full(levels: u32) -> Self {
        Self::numbered(levels, 1)
    }

    fn numbered(levels: u32, number: u64) -> Self {
        let child = |number| (levels > 1).then(|| Box::new(Self::numbered(levels - 1, number)));
        Self { number, left: child(2 * number), right: child(2 * number + 1) }
    }
}

/// The sum of a full tree's numbers.
pub fn sum_of_full(levels: u32) -> u64 {
    let nodes = (1 << levels) - 1;
    nodes * (nodes + 1) / 2
}

/// Adds up a tree by plain recursion.
pub fn serial_sum(node: &Node) -> u64 {
    let below = |child: &Option<Box<Node>>| child.as_deref().map_or(0, serial_sum);
    node.number + below(&node.left) + below(&node.right)
}

/// Visits each leaf of a range by plain recursion in halves.
pub fn serial_leaves<T>(leaves: &[T], visit: impl Fn(&T) + Copy) {
    match leaves {
        [leaf] => visit(leaf),
        _ => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            serial_leaves(left, visit);
            serial_leaves(right, visit);
        }
    }
}

/// Fibonacci's numbers the slow way, which is the work. Never inlined, so that all rows run the same code.
#[inline(never)]
pub fn fib(n: u32) -> u64 {
    if n < 2 { n.into() } else { fib(n - 1) + fib(n - 2) }
}

/// How many times fib is asked for, all at once.
pub const FIBS: usize = 5;
/// Of which number.
pub const OF: u32 = 40;
/// What each answers.
pub const ANSWER: u64 = 102_334_155;
/// From which number down the rivals and ringmill recurse without forking: some 20 us.
pub const CUT: u32 = 20;

/// The five numbers, cut by hand: each into what is left after five levels of recursion, 160 pieces in all.
pub struct Pieces {
    pieces: Vec<u32>,
    next: AtomicUsize,
    sum: AtomicU64,
}

impl Default for Pieces {
    fn default() -> Self {
        let mut pieces = vec![OF; FIBS];
        for _ in 0..5 {
            pieces = pieces.iter().flat_map(|&n| [n - 1, n - 2]).collect();
        }
        // The largest first, so that no thread ends long before the other.
        pieces.sort_unstable_by(|a, b| b.cmp(a));
        Self { pieces, next: AtomicUsize::new(0), sum: AtomicU64::new(0) }
    }
}

impl Pieces {
    /// Begins anew.
    pub fn rewind(&self) {
        self.next.store(0, Relaxed);
        self.sum.store(0, Relaxed);
    }

    /// Takes pieces until there are none. Runs on as many threads as one likes.
    pub fn work(&self) {
        while let Some(&n) = self.pieces.get(self.next.fetch_add(1, Relaxed)) {
            self.sum.fetch_add(fib(black_box(n)), Relaxed);
        }
    }

    /// Returns the sum of all, once everybody is done.
    pub fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}
