//! A ring of blocks of 64 numbers, told block by block; each side remembers how far it last saw the other.
//!
//! - B1: the writer touches block `k` of the ring only while `written - read < blocks` for the block number that falls
//!   on `k`, the reader only while that number is below `written`: never both.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use crate::common::flow::{Drain, Feed, Seen, count_from};

/// Numbers in a block.
pub const BLOCK: usize = 64;

#[repr(align(128))]
struct Block(UnsafeCell<[u64; BLOCK]>);

struct Shared {
    blocks: Box<[Block]>,
    written: CachePadded<AtomicU64>,
    read: CachePadded<AtomicU64>,
}

// SAFETY: the cells are all that keeps it from being shared, and no two threads touch one at once (B1).
unsafe impl Sync for Shared {}

impl Shared {
    #[inline(always)]
    fn block(&self, position: u64) -> *mut [u64; BLOCK] {
        self.blocks[position as usize & (self.blocks.len() - 1)].0.get()
    }
}

/// Makes a ring of `capacity` numbers, a power of two of at least two blocks.
pub fn ring(capacity: usize) -> (impl Feed, impl Drain) {
    let blocks = capacity / BLOCK;
    assert!(capacity.is_power_of_two() && blocks >= 2);
    let shared = Arc::new(Shared {
        blocks: (0..blocks).map(|_| Block(UnsafeCell::new([0; BLOCK]))).collect(),
        written: CachePadded::default(),
        read: CachePadded::default(),
    });
    (Writer(Arc::clone(&shared)), Reader(shared))
}

struct Writer(Arc<Shared>);

impl Feed for Writer {
    fn feed(&mut self, numbers: Range<u64>) {
        let capacity = self.0.blocks.len() as u64;
        let mut read = 0;
        for position in numbers.start / BLOCK as u64..numbers.end / BLOCK as u64 {
            while position - read >= capacity {
                read = self.0.read.load(Ordering::Acquire);
            }
            // SAFETY: valid, as it lies in a box that `self` keeps; unaliased, as the reader is past the block that lay
            // here before and not yet told of this one (B1).
            let block = unsafe { &mut *self.0.block(position) };
            count_from(position * BLOCK as u64, block);
            self.0.written.store(position + 1, Ordering::Release);
        }
    }
}

struct Reader(Arc<Shared>);

impl Drain for Reader {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        let start = self.0.read.load(Ordering::Relaxed);
        let mut written = start;
        for position in start..start + count / BLOCK as u64 {
            while position == written {
                written = self.0.written.load(Ordering::Acquire);
            }
            // SAFETY: valid, as it lies in a box that `self` keeps; the writer has told of it and does not touch it
            // until told that it was read, below (B1).
            seen.many(unsafe { &*self.0.block(position) });
            self.0.read.store(position + 1, Ordering::Release);
        }
    }
}
