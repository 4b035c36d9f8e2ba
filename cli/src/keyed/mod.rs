//! Values found by a key of bytes: the table behind `group` and behind the count of distinct values.
//!
//! Keys stay where they lie, in the mapped file; the table holds slices. Beside each slice lie its first sixteen
//! bytes, and for most keys that is all of it, so finding one never leaves the table.

mod head;

use std::borrow::Cow;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

pub(crate) use head::Head;

/// Values by key; keys live as long as `'f`, the file they were read from.
#[derive(Debug)]
pub(crate) struct Keyed<'f, V> {
    table: HashTable<Slot<'f, V>>,
    hashing: Hashing,
}

#[derive(Debug)]
struct Slot<'f, V> {
    head: Head,
    key: Cow<'f, [u8]>,
    value: V,
}

impl<V> Slot<'_, V> {
    #[inline]
    fn holds(&self, head: Head, key: &[u8]) -> bool {
        self.head == head && (head.is_whole() || *self.key == *key)
    }
}

/// How keys are hashed: drawn once for a run, so that no file can be made to collide on purpose.
#[derive(Clone, Debug)]
pub(crate) struct Hashing {
    seeds: [u64; 2],
    long: RandomState,
}

impl Default for Hashing {
    fn default() -> Self {
        let long = RandomState::default();
        Self { seeds: [long.hash_one(0), long.hash_one(1)], long }
    }
}

impl Hashing {
    /// One multiplication for a key that is no more than its head: all 128 bits of the product, folded.
    #[inline]
    fn hash(&self, head: Head, key: &[u8]) -> u64 {
        if !head.is_whole() {
            return self.long.hash_one(key);
        }
        let first = u128::from(head.first ^ self.seeds[0]);
        let second = u128::from(head.second ^ self.seeds[1] ^ head.len as u64);
        let product = first * second;
        product as u64 ^ (product >> 64) as u64
    }
}

impl<'f, V> Keyed<'f, V> {
    pub(crate) fn new(hashing: &Hashing) -> Self {
        Self { table: HashTable::new(), hashing: hashing.clone() }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn clear(&mut self) {
        self.table = HashTable::new();
    }

    /// Calls `update` with the value of a key with this head, a new one if there is none; only then is the key asked
    /// for as one to keep.
    #[inline]
    pub(crate) fn update<R>(
        &mut self,
        head: Head,
        key: &[u8],
        keep: impl FnOnce() -> Cow<'f, [u8]>,
        new: impl FnOnce() -> V,
        update: impl FnOnce(&mut V) -> R,
    ) -> R {
        let hash = self.hashing.hash(head, key);
        if let Some(slot) = self.table.find_mut(hash, |slot| slot.holds(head, key)) {
            return update(&mut slot.value);
        }
        update(self.insert(hash, Slot { head, key: keep(), value: new() }))
    }

    #[cold]
    fn insert(&mut self, hash: u64, slot: Slot<'f, V>) -> &mut V {
        let hashing = &self.hashing;
        let slot = self.table.insert_unique(hash, slot, |slot| hashing.hash(slot.head, &slot.key));
        &mut slot.into_mut().value
    }

    /// Takes in all of `later`; values of a key in both are joined, the earlier first.
    pub(crate) fn merge(&mut self, later: Self, mut join: impl FnMut(&mut V, V)) {
        if self.table.is_empty() {
            *self = later;
            return;
        }
        let hashing = &self.hashing;
        for slot in later.table {
            let hash = hashing.hash(slot.head, &slot.key);
            let found = self.table.entry(
                hash,
                |known| known.holds(slot.head, &slot.key),
                |known| hashing.hash(known.head, &known.key),
            );
            match found {
                Entry::Occupied(mut known) => join(&mut known.get_mut().value, slot.value),
                Entry::Vacant(free) => drop(free.insert(slot)),
            }
        }
    }
}

#[cfg(test)]
impl<'f, V> Keyed<'f, V> {
    /// All keys and their values, in no particular order.
    fn into_pairs(self) -> impl Iterator<Item = (Cow<'f, [u8]>, V)> {
        self.table.into_iter().map(|slot| (slot.key, slot.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn count<'f>(keys: &[&'f str], hashing: &Hashing) -> Keyed<'f, u32> {
        let mut counts = Keyed::new(hashing);
        for key in keys {
            let head = Head::of(key.as_bytes());
            counts.update(head, key.as_bytes(), || Cow::Borrowed(key.as_bytes()), || 0, |count| *count += 1);
        }
        counts
    }

    #[test]
    fn parts_joined_equal_the_whole() {
        let hashing = Hashing::default();
        let long = "a key of more than sixteen bytes, and another".split(", ");
        let keys: Vec<&str> =
            ["", "a", "b", "a", "ab", "a", "sixteen bytes ok"].into_iter().chain(long).collect();
        let pairs = |counts: Keyed<'_, u32>| {
            counts.into_pairs().map(|(key, n)| (key.into_owned(), n)).collect::<BTreeMap<_, _>>()
        };
        let whole = pairs(count(&keys, &hashing));
        assert_eq!(whole[&b"a"[..]], 3);
        assert_eq!(whole.len(), 7);
        for cut in 0..=keys.len() {
            let mut joined = count(&keys[..cut], &hashing);
            joined.merge(count(&keys[cut..], &hashing), |left, right| *left += right);
            assert_eq!(pairs(joined), whole);
        }
    }

    #[test]
    fn long_keys_that_agree_at_both_ends_differ() {
        let hashing = Hashing::default();
        let keys = ["beginning-one-the-end", "beginning-two-the-end"];
        assert_eq!(count(&keys, &hashing).len(), 2);
    }
}
