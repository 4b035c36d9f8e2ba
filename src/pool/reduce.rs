//! Reductions of a fixed shape: the same bits at any number of workers.
//!
//! The data is cut into leaves by its length alone, each leaf is mapped, and the results are merged in the order of
//! `protocol/merge_tree.rs`. One worker walks the very same tree by recursion.

#![allow(unsafe_code)]

use std::ops::Range;

use super::cancel::current;
use super::chunks::{Chunks, Source, piece_len};
use super::current::inside_job;
use super::cut::Cut;
use super::error::LoopError;
use super::handle::Pool;
use super::slots::{Slot, Slots};
use crate::protocol::merge_tree::{Block, MergeTree};

/// At most this many leaves in a reduction whose leaves are not the caller's choice.
const LEAVES: usize = 256;

/// Leaves whose results fit on the stack; beyond, one allocation holds them.
const ON_STACK: usize = 32;

/// Maps and merges a block of `leaves` leaves, a power of two, on this thread.
fn alone<R>(first: u32, leaves: u32, total: u32, map: &impl Fn(u32) -> R, reduce: &impl Fn(R, R) -> R) -> R {
    if leaves == 1 {
        return map(first);
    }
    let half = leaves / 2;
    let left = alone(first, half, total, map, reduce);
    match first + half < total {
        true => reduce(left, alone(first + half, half, total, map, reduce)),
        false => left,
    }
}

impl Pool {
    /// Maps chunks that cover `data` and reduces the results to one, in a shape that only the length decides.
    ///
    /// The result is the same to the bit at any number of workers, floating point included. `map` gets at least one
    /// chunk: of empty data, the empty one.
    ///
    /// # Errors
    ///
    /// As [`for_each_chunk`](Self::for_each_chunk).
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `map` or `reduce`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// let readings: Vec<f32> = (0..100_000).map(|i| (i % 1000) as f32).collect();
    /// let one = Pool::builder().workers(1).build()?;
    /// let three = Pool::builder().workers(3).build()?;
    /// let sum = |pool: &Pool| pool.map_reduce(&readings, |chunk| chunk.iter().sum::<f32>(), |a, b| a + b);
    /// assert_eq!(sum(&one)?.to_bits(), sum(&three)?.to_bits());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map_reduce<D: Chunks, R: Send>(
        &self,
        data: D,
        map: impl Fn(D::Chunk) -> R + Sync,
        reduce: impl Fn(R, R) -> R + Sync,
    ) -> Result<R, LoopError> {
        let source = data.into_source();
        let elements = source.elements()?;
        let leaf = 2 * piece_len(source.element_bytes());
        let cut = Cut::new(elements, leaf * elements.div_ceil(leaf).div_ceil(LEAVES).max(1));
        let chunk = |leaf| {
            // SAFETY: within the elements, as the cut's ranges are; no other leaf has any of them, and each runs once.
            unsafe { source.chunk(cut.elements(leaf..leaf + 1)) }
        };
        let result = self.reduce_leaves(cut.pieces(), |leaf| map(chunk(leaf)), reduce)?;
        source.verify()?;
        Ok(result)
    }

    /// Maps pieces of `range`, each `grain` long but the last, and reduces the results to one, in a shape that only the
    /// length and the grain decide. `map` is called at least once: for an empty range, with it. Each piece's result has
    /// a place until it is merged, so choose a grain that leaves some thousands of pieces; beyond 2^31 of them the grain
    /// is doubled.
    ///
    /// # Errors
    ///
    /// [`LoopError::Forked`] before anything ran; [`LoopError::Stopped`] when the [`Token`](super::Token) under which the
    /// caller works is stopped before all is done, with the results so far dropped.
    ///
    /// # Panics
    ///
    /// If `grain` is 0. Goes on with the first panic of `map` or `reduce`.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let sum = pool.map_reduce_range(1..101, 10, |range| range.sum::<usize>(), |a, b| a + b)?;
    /// assert_eq!(sum, 5050);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map_reduce_range<R: Send>(
        &self,
        range: Range<usize>,
        grain: usize,
        map: impl Fn(Range<usize>) -> R + Sync,
        reduce: impl Fn(R, R) -> R + Sync,
    ) -> Result<R, LoopError> {
        assert!(grain > 0, "a grain has at least one index");
        let cut = Cut::new(range.len(), grain);
        let start = range.start;
        self.reduce_leaves(
            cut.pieces(),
            |leaf| {
                let Range { start: from, end } = cut.elements(leaf..leaf + 1);
                map(start + from..start + end)
            },
            reduce,
        )
    }

    /// Maps the leaves `0..leaves`, at least one, and reduces their results in the tree's order.
    pub(crate) fn reduce_leaves<R, M, F>(&self, leaves: u32, map: M, reduce: F) -> Result<R, LoopError>
    where
        R: Send,
        M: Fn(u32) -> R + Sync,
        F: Fn(R, R) -> R + Sync,
    {
        let leaves = leaves.max(1);
        if self.crew().is_forked() {
            return Err(LoopError::Forked);
        }
        // Alone the tree is walked by recursion, which no token stops.
        if current(|heeded| heeded.is_none()) && (leaves == 1 || self.workers() == 1) {
            if leaves > 1 {
                self.crew().call_for_look();
            }
            let width = leaves.checked_next_power_of_two().unwrap_or(1 << 31);
            return Ok(inside_job(|| alone(0, width, leaves, &map, &reduce)));
        }
        if leaves as usize <= ON_STACK {
            let slots: [Slot<R>; ON_STACK] = std::array::from_fn(|_| Slot::new());
            self.climb(&slots[..leaves as usize], &map, &reduce)
        } else {
            let slots: Vec<Slot<R>> = (0..leaves).map(|_| Slot::new()).collect();
            self.climb(&slots, &map, &reduce)
        }
    }

    fn climb<R, M, F>(&self, slots: &[Slot<R>], map: &M, reduce: &F) -> Result<R, LoopError>
    where
        R: Send,
        M: Fn(u32) -> R + Sync,
        F: Fn(R, R) -> R + Sync,
    {
        let (leaves, tree) = (Slots::new(slots), MergeTree::new(slots));
        let total = slots.len() as u32;
        // By value: what the helpers read of this stack should be few lines.
        self.crew().run(total, u32::MAX, &move |_, range: Range<u32>| {
            for block in Block::cut(range.start as usize..range.end as usize) {
                let Block { first_leaf, leaves: width } = block;
                let result = alone(first_leaf as u32, width as u32, total, map, reduce);
                // SAFETY: the block's leaves are ours to run, once, and so are their slots until it climbs.
                unsafe { leaves.put(first_leaf, result) };
                let mut climb = tree.climb(block);
                while let Some(merge) = climb.next_merge() {
                    // SAFETY: we are the second to arrive, so both blocks' slots are ours (M1).
                    unsafe { leaves.merge(merge, reduce) };
                }
            }
        })?;
        // SAFETY: the loop is over, so nobody else is here.
        match unsafe { leaves.take(0) } {
            Some(root) => Ok(root),
            // Every leaf has run and no panic was resumed, so the last merge has put the root there.
            None => unreachable!("a finished tree has a root"),
        }
    }
}
