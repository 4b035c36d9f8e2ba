//! Wherever the large halves of a tree lie, a join runs each leaf once, and others get a part of it.
//!
//! Joins that follow each other closely list a few halves alone and run the rest in turn. What is listed may be small, with
//! all the work deep below.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use ringmill::Pool;

/// A tree of work.
enum Tree {
    /// So many steps, in the part of the tree that is to be shared or outside of it.
    Leaf {
        steps: u32,
        is_wanted: bool,
    },
    Fork(Box<[Tree; 2]>),
}

use Tree::Leaf;

fn small() -> Tree {
    Leaf { steps: 1, is_wanted: false }
}

fn leaf(steps: u32) -> Tree {
    Leaf { steps, is_wanted: true }
}

fn fork(left: Tree, right: Tree) -> Tree {
    Tree::Fork(Box::new([left, right]))
}

fn balanced(levels: u32, steps: u32) -> Tree {
    if levels == 0 { leaf(steps) } else { fork(balanced(levels - 1, steps), balanced(levels - 1, steps)) }
}

/// Cut in two at places that a generator of numbers says.
fn random(leaves: u32, steps: u32, seed: &mut u64) -> Tree {
    let mut below = |end: u32| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((*seed >> 33) % u64::from(end)) as u32
    };
    if leaves == 1 {
        return leaf(below(2 * steps));
    }
    let left = 1 + below(leaves - 1);
    fork(random(left, steps, seed), random(leaves - left, steps, seed))
}

fn to_the_right(length: u32, side: impl Fn() -> Tree, end: Tree) -> Tree {
    (0..length).fold(end, |rest, _| fork(side(), rest))
}

fn to_the_left(length: u32, side: impl Fn() -> Tree, end: Tree) -> Tree {
    (0..length).fold(end, |rest, _| fork(rest, side()))
}

fn shapes() -> Vec<(&'static str, Tree)> {
    let (levels, length, steps) = if cfg!(miri) { (3, 10, 2) } else { (13, 300, 1000) };
    let fine = || balanced(levels, 10);
    vec![
        ("balanced", fine()),
        ("random, fine", random(1 << levels, 10, &mut 1)),
        ("random, coarse", random(1 << (levels / 2), 20 * steps, &mut 2)),
        ("to the right", to_the_right(length, || leaf(steps), small())),
        ("to the left", to_the_left(length, || leaf(steps), small())),
        ("to the right, trees", to_the_right(length / 10, || balanced(levels / 2, 50), small())),
        ("to the left, trees", to_the_left(length / 10, || balanced(levels / 2, 50), small())),
        ("to the right, all at the end", to_the_right(length, small, fine())),
        ("to the left, all at the end", to_the_left(length, small, fine())),
        ("to the left, leaves and a fine tree", to_the_left(length, || leaf(steps), fine())),
    ]
}

/// Counts the steps by plain recursion.
fn count(tree: &Tree) -> u64 {
    match tree {
        &Leaf { steps, .. } => steps.into(),
        Tree::Fork(halves) => count(&halves[0]) + count(&halves[1]),
    }
}

struct Walk<'a> {
    pool: &'a Pool,
    caller: ThreadId,
    /// Wanted leaves that another than the caller ran.
    helped: AtomicUsize,
}

impl<'a> Walk<'a> {
    fn new(pool: &'a Pool) -> Self {
        Self { pool, caller: thread::current().id(), helped: AtomicUsize::new(0) }
    }

    fn walk(&self, tree: &Tree) -> u64 {
        match tree {
            &Leaf { steps, is_wanted } => {
                if is_wanted && thread::current().id() != self.caller {
                    self.helped.fetch_add(1, Relaxed);
                }
                (0..steps).fold(0, |sum, _| std::hint::black_box(sum + 1))
            }
            Tree::Fork(halves) => {
                let (a, b) = self.pool.join(|| self.walk(&halves[0]), || self.walk(&halves[1]));
                a + b
            }
        }
    }
}

fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).build().expect("a pool of a few threads")
}

#[test]
fn each_leaf_is_run_once_in_trees_of_all_shapes() {
    let times = if cfg!(miri) { 1 } else { 5 };
    for workers in 1..=4 {
        // In one pool, because what it has learnt of one shape it believes of the next.
        let pool = pool(workers);
        for (name, tree) in &shapes() {
            for _ in 0..times {
                assert_eq!(Walk::new(&pool).walk(tree), count(tree), "{name}, {workers} workers");
            }
        }
    }
}

#[test]
fn others_get_a_part_of_trees_of_all_shapes() {
    if cfg!(miri) {
        return;
    }
    for (name, tree) in &shapes() {
        let pool = pool(2);
        let walk = Walk::new(&pool);
        let start = Instant::now();
        // The system may keep the helper from running for as long as a walk takes.
        while walk.helped.load(Relaxed) == 0 {
            walk.walk(tree);
            assert!(start.elapsed() < Duration::from_secs(20), "{name}: nobody helps");
        }
    }
}
