//! Merging neighbours in the shape that their number decides, before that number is known.
//!
//! Blocks of a power of two of leaves are merged as soon as both halves are there; at the end one block is left for
//! each bit of the number of leaves, and those are merged from the right. That is the shape of
//! `protocol/merge_tree.rs`, so a stream and a mapped file of the same bytes give the same bits. At most one value waits
//! for each leaf on its way and each doubling of their number.

use crate::sync::lock::Mutex;
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// Values of leaves and of blocks of them that wait for their neighbours.
#[derive(Debug)]
pub(super) struct Forest<T> {
    /// By the binary logarithm of a block's leaves, and its number among those of its size.
    blocks: Mutex<BTreeMap<(u32, u64), T>>,
}

impl<T> Forest<T> {
    pub(super) fn new() -> Self {
        Self { blocks: Mutex::new(BTreeMap::new()) }
    }

    /// Puts the value of a leaf in its place, once, and merges what is whole with it.
    pub(super) fn put(&self, leaf: u64, value: T, merge: impl Fn(T, T) -> T) {
        let (mut level, mut number, mut value) = (0, leaf, value);
        loop {
            let neighbour = {
                let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(neighbour) = blocks.remove(&(level, number ^ 1)) else {
                    blocks.insert((level, number), value);
                    return;
                };
                neighbour
            };
            value = if number & 1 == 1 { merge(neighbour, value) } else { merge(value, neighbour) };
            level += 1;
            number >>= 1;
        }
    }

    /// Merges all that is left; `None` if there was no leaf. Every leaf before the last must have been put.
    pub(super) fn into_root(self, merge: impl Fn(T, T) -> T) -> Option<T> {
        let blocks = self.blocks.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The smaller blocks are those further to the right.
        blocks.into_values().reduce(|right, left| merge(left, right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Pinning, Pool};
    use proptest::prelude::*;

    fn join(left: String, right: String) -> String {
        format!("({left}{right})")
    }

    proptest! {
        #[test]
        fn the_shape_is_that_of_a_loop_whose_length_is_known(
            order in (1..70_usize).prop_flat_map(|leaves| Just((0..leaves).collect::<Vec<_>>()).prop_shuffle()),
        ) {
            let forest = Forest::new();
            for &leaf in &order {
                forest.put(leaf as u64, format!("{leaf},"), join);
            }
            let pool = Pool::builder().workers(1).pinning(Pinning::Off).build().unwrap();
            let known = pool
                .map_reduce_range(0..order.len(), 1, |leaf| format!("{},", leaf.start), join)
                .unwrap();
            prop_assert_eq!(forest.into_root(join), Some(known));
        }
    }

    #[test]
    fn no_leaf_no_root() {
        assert_eq!(Forest::<u8>::new().into_root(|left, _| left), None);
    }
}
