//! The returns: every block comes home once, and whoever takes it has it to itself.
//!
//! Actors: threads that have used a block and put it on the stack, and the owner, which takes all, uses what it took, and
//! may give it away again, so that the same block comes to the top twice. Bound: three threads, three blocks.
//!
//! - Invariant: X1.
//! - FORBIDDEN: a block that is lost, or taken twice; a block or a link that is used by its taker while the one that put it
//!   still does (loom sees cells that race).
//! - ACCEPTABLE: an owner that finds nothing while another is about to put.

#![allow(unsafe_code)]

use std::ptr::{self, NonNull};

use loom::sync::Arc;
use loom::thread;

use super::protocol::returns::{Link, Returns};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("returns: two put, one takes", Some(3), two_put_one_takes),
        Scenario::new("returns: a block comes to the top twice", Some(3), comes_to_the_top_twice),
        Scenario::new("returns: two take", Some(3), two_take),
    ]
}

/// A block, with what its user writes.
#[repr(C)]
struct Block {
    link: Link,
    uses: Watched<u32>,
}

struct World {
    returns: Returns,
    blocks: [Block; 3],
}

// SAFETY: blocks are used by whoever has taken them, and loom watches it.
unsafe impl Send for World {}
// SAFETY: as above.
unsafe impl Sync for World {}

impl World {
    fn new() -> Arc<Self> {
        let block = |()| Block { link: Link::to(ptr::null_mut()), uses: Watched::new(0) };
        Arc::new(Self { returns: Returns::new(), blocks: [(); 3].map(block) })
    }

    /// Uses a block that is the caller's, and puts it on the stack.
    fn put(&self, block: usize) {
        let Block { link, uses } = &self.blocks[block];
        uses.set(uses.get() + 1);
        // SAFETY: the block lives as long as the world, and is the caller's.
        unsafe { self.returns.put(NonNull::from(link)) };
    }

    /// Takes all blocks, and uses them; returns which.
    fn take_all(&self) -> Vec<usize> {
        let mut taken = Vec::new();
        let mut next = self.returns.take_all();
        while !next.is_null() {
            let block = self.blocks.iter().position(|block| ptr::eq(&block.link, next)).unwrap();
            assert!(taken.len() < self.blocks.len(), "the chain is a circle");
            let Block { link, uses } = &self.blocks[block];
            uses.set(uses.get() + 1);
            next = link.next();
            taken.push(block);
        }
        taken
    }

    fn assert_all(&self, taken: impl IntoIterator<Item = usize>, all: &[usize]) {
        let mut taken: Vec<_> = taken.into_iter().chain(self.take_all()).collect();
        taken.sort_unstable();
        assert_eq!(taken, all, "each block is taken once");
    }
}

fn two_put_one_takes() {
    let world = World::new();
    let owner = thread::spawn({
        let world = world.clone();
        move || world.take_all()
    });
    let putter = thread::spawn({
        let world = world.clone();
        move || world.put(1)
    });
    world.put(0);
    putter.join().unwrap();
    world.assert_all(owner.join().unwrap(), &[0, 1]);
}

/// One is about to put a block on top of another; meanwhile that one is taken, used and comes back.
fn comes_to_the_top_twice() {
    let world = World::new();
    world.put(0);
    world.put(1);
    let putter = thread::spawn({
        let world = world.clone();
        move || world.put(2)
    });
    let mut taken = world.take_all();
    let again = taken.iter().position(|&block| block == 1).unwrap();
    world.put(taken.swap_remove(again));
    putter.join().unwrap();
    world.assert_all(taken, &[0, 1, 2]);
}

/// The stack of a thread that ends is another's next, and both may look for what came home.
fn two_take() {
    let world = World::new();
    let takers = [(); 2].map(|()| {
        let world = world.clone();
        thread::spawn(move || world.take_all())
    });
    world.put(0);
    let taken = takers.map(|taker| taker.join().unwrap());
    world.assert_all(taken.into_iter().flatten(), &[0]);
}
