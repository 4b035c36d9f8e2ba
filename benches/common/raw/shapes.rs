//! Trees of work whose large halves lie in different places, and the same work by one thread.

use std::hint::black_box;

/// A tree of work.
pub enum Tree {
    /// So many steps of work, some 0.3 ns each.
    Leaf(u32),
    /// Two halves.
    Fork(Box<[Tree; 2]>),
}

use Tree::Leaf;

impl Tree {
    fn fork(left: Self, right: Self) -> Self {
        Self::Fork(Box::new([left, right]))
    }

    /// `2^levels` leaves.
    fn balanced(levels: u32, steps: u32) -> Self {
        let half = || Self::balanced(levels - 1, steps);
        if levels == 0 { Leaf(steps) } else { Self::fork(half(), half()) }
    }

    /// `leaves` cut in two at random places. Each is a leaf of up to twice `steps`.
    fn random(leaves: u32, steps: u32, random: &mut Random) -> Self {
        if leaves == 1 {
            return Leaf(random.below(2 * steps));
        }
        let left = 1 + random.below(leaves - 1);
        Self::fork(Self::random(left, steps, random), Self::random(leaves - left, steps, random))
    }

    /// `leaf` on one side of each of `length` forks, and all the rest on the other; `end` at the end of it.
    fn spine(side: Side, length: u32, leaf: impl Fn() -> Self, end: Self) -> Self {
        (0..length).fold(end, |rest, _| match side {
            Side::Left => Self::fork(rest, leaf()),
            Side::Right => Self::fork(leaf(), rest),
        })
    }

    /// Does the work by plain recursion; returns how many steps it was.
    pub fn run(&self) -> u64 {
        match self {
            Leaf(steps) => work(*steps),
            Self::Fork(halves) => halves[0].run() + halves[1].run(),
        }
    }

    /// Counts the steps.
    fn steps(&self) -> u64 {
        match self {
            &Leaf(steps) => steps.into(),
            Self::Fork(halves) => halves[0].steps() + halves[1].steps(),
        }
    }
}

/// Where the rest of a spine lies.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// Does some steps of work; returns how many.
#[inline(never)]
pub fn work(steps: u32) -> u64 {
    (0..steps).fold(0, |sum, _| black_box(sum + 1))
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        ((high * u64::from(end)) >> 32) as u32
    }
}

/// A tree with a name, and how many steps it has.
pub struct Shape {
    pub name: &'static str,
    pub tree: Tree,
    pub steps: u64,
}

/// All shapes.
pub fn shapes() -> Vec<Shape> {
    use Side::{Left, Right};
    let fine = || Tree::balanced(17, 2);
    [
        ("balanced, leaves of a few ns", Tree::balanced(19, 2)),
        ("balanced, leaves of 10 us", Tree::balanced(8, 30_000)),
        ("random, leaves of a few ns", Tree::random(1 << 19, 2, &mut Random(1))),
        ("random, leaves of 1 us", Tree::random(1 << 12, 3000, &mut Random(2))),
        ("spine to the right, leaves of 10 us", Tree::spine(Right, 300, || Leaf(30_000), Leaf(1))),
        ("spine to the left, leaves of 10 us", Tree::spine(Left, 300, || Leaf(30_000), Leaf(1))),
        ("spine to the right, trees of 6 us", Tree::spine(Right, 300, || Tree::balanced(10, 2), Leaf(1))),
        ("spine to the left, trees of 6 us", Tree::spine(Left, 300, || Tree::balanced(10, 2), Leaf(1))),
        ("spine to the right, all at its end", Tree::spine(Right, 1000, || Leaf(1), fine())),
        ("spine to the left, all at its end", Tree::spine(Left, 1000, || Leaf(1), fine())),
        ("spine to the left, leaves of 10 us, a fine tree at its end", {
            Tree::spine(Left, 150, || Leaf(30_000), fine())
        }),
    ]
    .into_iter()
    .map(|(name, tree)| Shape { name, steps: tree.steps(), tree })
    .collect()
}
