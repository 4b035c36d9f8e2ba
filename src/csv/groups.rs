//! Values by key: the table behind a group-by.
//!
//! A general map hashes a key of any length byte by byte and compares it in a call. Keys in files are short, and they
//! lie in a mapped file, where sixteen bytes can be loaded whatever the key's length: masked to that length they are
//! its *head*. A head is hashed with one multiplication and compared in two words; only what is longer is compared
//! further. Entries lie in the order in which their keys first came, so that iteration is deterministic; a table of
//! slots, each an entry's number beside half of its hash, leads to them.

use super::column::Column;
use super::error::CsvError;
use super::record::Record;
use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Bytes of a key that are compared as words.
const HEAD: usize = 16;
/// Up to so many slots, 64 KiB of them, are kept sparse.
const SPARSE_SLOTS: usize = 8192;
/// Masks for the first 0 to 8 bytes of a word.
const MASKS: [u64; 9] = {
    let mut masks = [u64::MAX; 9];
    let mut bytes = 0;
    while bytes < 8 {
        masks[bytes] = (1 << (8 * bytes)) - 1;
        bytes += 1;
    }
    masks
};

/// Values by the content of a field, for grouping records; keys stay slices of the file.
///
/// Made to be the accumulator of [`Pool::fold_records`](crate::pool::Pool::fold_records), one for each chunk. Hashes
/// are seeded anew for each table, so a file cannot be written to make keys collide. Iteration is in the order in
/// which the keys first came, in the file's order when tables are merged by a fold.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("weather.csv");
/// # std::fs::write(&path, "station,degrees\nOslo,-3.5\nRoma,18.5\nOslo,1.5\n")?;
/// use ringmill::csv::{CsvFile, Groups};
/// use ringmill::Pool;
///
/// let file = CsvFile::open(&path)?;
/// let (station, degrees) = (file.column("station")?, file.column("degrees")?);
/// let sums = Pool::new()?.fold_records(
///     &file,
///     Groups::new,
///     |sums, record| {
///         *sums.of_record(record, station, || 0.0)? += record.f64(degrees)?;
///         Ok(())
///     },
///     |left, right| left.merge(right, |sum, other| *sum += other),
/// )?;
/// assert_eq!(sums.get(b"Oslo"), Some(&-2.0));
/// let sums: Vec<_> = sums.iter().collect();
/// assert_eq!(sums, [(&b"Oslo"[..], &-2.0), (b"Roma", &18.5)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Groups<'f, V> {
    entries: Vec<Entry<'f, V>>,
    slots: Vec<Slot>,
    seed: [u64; 2],
}

#[derive(Clone, Debug)]
struct Entry<'f, V> {
    head: [u64; 2],
    key: Cow<'f, [u8]>,
    value: V,
}

/// The upper half of a hash beside the number of an entry, from 1; 0 is a free slot.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    tag: u32,
    number: u32,
}

impl<V> Default for Groups<'_, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'f, V> Groups<'f, V> {
    /// Makes an empty table; it allocates when the first key comes.
    ///
    /// # Examples
    ///
    /// See [`Groups`].
    pub fn new() -> Self {
        let random = RandomState::new();
        let seed = [1, 2].map(|lane| {
            let mut hasher = random.build_hasher();
            hasher.write_u64(lane);
            hasher.finish()
        });
        Self { entries: Vec::new(), slots: Vec::new(), seed }
    }

    /// Returns how many keys there are.
    ///
    /// # Examples
    ///
    /// See [`Groups::merge`].
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no keys.
    ///
    /// # Examples
    ///
    /// See [`Groups::merge`].
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the value of the group that a record belongs to by one of its fields; a new one is made by `default`.
    ///
    /// # Errors
    ///
    /// If the record has no such field.
    ///
    /// # Examples
    ///
    /// See [`Groups`].
    #[inline]
    pub fn of_record(
        &mut self,
        record: &Record<'f>,
        column: impl Into<Column>,
        default: impl FnOnce() -> V,
    ) -> Result<&mut V, CsvError> {
        let column = column.into();
        let number = match record.plain_key(column) {
            Some((key, words)) => {
                let head = mask(words, key.len());
                self.find(key, head).unwrap_or_else(|slot| self.add(slot, Cow::Borrowed(key), head, default))
            }
            None => self.number(record.bytes(column)?, default),
        };
        Ok(&mut self.entries[number].value)
    }

    /// Returns the value of a key; a new one is made by `default`.
    ///
    /// # Examples
    ///
    /// See [`Groups::merge`].
    pub fn of_key(&mut self, key: impl Into<Cow<'f, [u8]>>, default: impl FnOnce() -> V) -> &mut V {
        let number = self.number(key.into(), default);
        &mut self.entries[number].value
    }

    /// Returns the value of a key that does not lie in the file; it is copied when it is new.
    ///
    /// # Examples
    ///
    /// See [`Groups::merge`].
    pub fn of_copied_key(&mut self, key: &[u8], default: impl FnOnce() -> V) -> &mut V {
        let head = head(key);
        let number = match self.find(key, head) {
            Ok(number) => number,
            Err(slot) => self.add(slot, Cow::Owned(key.to_vec()), head, default),
        };
        &mut self.entries[number].value
    }

    /// Returns the value of a key that has come before.
    ///
    /// # Examples
    ///
    /// See [`Groups`].
    pub fn get(&self, key: &[u8]) -> Option<&V> {
        let number = self.find(key, head(key)).ok()?;
        Some(&self.entries[number].value)
    }

    /// Takes in the groups of another table; `join` adds the value of a key that both have.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::csv::Groups;
    ///
    /// let (mut left, mut right) = (Groups::new(), Groups::new());
    /// *left.of_key(b"Oslo", || 0) += 1;
    /// *right.of_key(b"Roma", || 0) += 1;
    /// *right.of_copied_key(String::from("Oslo").as_bytes(), || 0) += 1;
    /// let both = left.merge(right, |count, other| *count += other);
    /// assert_eq!((both.len(), both.is_empty()), (2, false));
    /// let both: Vec<_> = both.into_entries().collect();
    /// assert_eq!(both, [(b"Oslo"[..].into(), 2), (b"Roma"[..].into(), 1)]);
    /// ```
    pub fn merge(mut self, other: Self, mut join: impl FnMut(&mut V, V)) -> Self {
        for Entry { head, key, value } in other.entries {
            match self.find(&key, head) {
                Ok(number) => join(&mut self.entries[number].value, value),
                Err(slot) => {
                    self.add(slot, key, head, || value);
                }
            }
        }
        self
    }

    /// Goes over keys and values, in the order in which the keys first came.
    ///
    /// # Examples
    ///
    /// See [`Groups`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &V)> {
        self.entries.iter().map(|entry| (&*entry.key, &entry.value))
    }

    /// Gives up keys and values, in the order in which the keys first came.
    ///
    /// # Examples
    ///
    /// See [`Groups::merge`].
    pub fn into_entries(self) -> impl ExactSizeIterator<Item = (Cow<'f, [u8]>, V)> {
        self.entries.into_iter().map(|entry| (entry.key, entry.value))
    }

    fn number(&mut self, key: Cow<'f, [u8]>, default: impl FnOnce() -> V) -> usize {
        let head = head(&key);
        self.find(&key, head).unwrap_or_else(|slot| self.add(slot, key, head, default))
    }

    /// Finds the number of a key's entry, or else the hash under which it is to be added.
    #[inline]
    fn find(&self, key: &[u8], head: [u64; 2]) -> Result<usize, u64> {
        let hash = self.hash(key, head);
        if self.slots.is_empty() {
            return Err(hash);
        }
        let mut at = hash as usize & (self.slots.len() - 1);
        loop {
            let Slot { tag, number } = self.slots[at];
            if number == 0 {
                return Err(hash);
            }
            if tag == (hash >> 32) as u32 {
                let entry = &self.entries[number as usize - 1];
                let same_rest = || key.len() <= HEAD || entry.key[HEAD..] == key[HEAD..];
                if entry.head == head && entry.key.len() == key.len() && same_rest() {
                    return Ok(number as usize - 1);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds an entry that [`find`](Self::find) did not find, and returns its number.
    #[cold]
    fn add(&mut self, hash: u64, key: Cow<'f, [u8]>, head: [u64; 2], default: impl FnOnce() -> V) -> usize {
        self.entries.push(Entry { head, key, value: default() });
        if self.entries.len() > most_entries(self.slots.len()) {
            self.grow();
        } else {
            self.list(hash, self.entries.len() as u32);
        }
        self.entries.len() - 1
    }

    /// Doubles the slots and lists all entries anew.
    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(slots, Slot::default());
        for index in 0..self.entries.len() {
            let hash = self.hash(&self.entries[index].key, self.entries[index].head);
            self.list(hash, index as u32 + 1);
        }
    }

    fn list(&mut self, hash: u64, number: u32) {
        let mut at = hash as usize & (self.slots.len() - 1);
        while self.slots[at].number != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = Slot { tag: (hash >> 32) as u32, number };
    }

    #[inline]
    fn hash(&self, key: &[u8], head: [u64; 2]) -> u64 {
        let mut hash = folded(head[0] ^ self.seed[0], head[1] ^ self.seed[1]);
        if key.len() > HEAD {
            for rest in key[HEAD..].chunks(8) {
                let mut word = [0; 8];
                word[..rest.len()].copy_from_slice(rest);
                hash = folded(u64::from_le_bytes(word) ^ hash, self.seed[1]);
            }
        }
        hash
    }
}

/// How many entries a table takes before it grows. A small table is sparse, so that the first slot looked at is nearly
/// always the right one, which spares a wrong guess for each record; a large one is dense to stay in the cache.
fn most_entries(slots: usize) -> usize {
    if slots <= SPARSE_SLOTS { slots / 8 } else { slots / 4 * 3 }
}

/// The two halves of a product, one on the other: a mix in which every bit of both factors tells.
#[inline]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

/// Cuts the sixteen bytes that lie where a key does down to the key.
#[inline]
fn mask(words: [u64; 2], len: usize) -> [u64; 2] {
    [words[0] & MASKS[len.min(8)], words[1] & MASKS[len.saturating_sub(8).min(8)]]
}

/// Returns the head of a key of which no more is at hand than itself.
fn head(key: &[u8]) -> [u64; 2] {
    let mut bytes = [0; HEAD];
    let len = key.len().min(HEAD);
    bytes[..len].copy_from_slice(&key[..len]);
    words(&bytes)
}

/// Loads sixteen bytes as two words.
#[inline]
pub(super) fn words(bytes: &[u8; HEAD]) -> [u64; 2] {
    let (halves, _) = bytes.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn keys() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let key = prop_oneof![
            proptest::collection::vec(proptest::sample::select(&b"a\0"[..]), 0..20),
            proptest::collection::vec(any::<u8>(), 0..3),
            proptest::collection::vec(any::<u8>(), 14..40),
        ];
        proptest::collection::vec(key, 0..300)
    }

    proptest! {
        #[test]
        fn counts_like_a_tree(keys in keys(), cut in 0..300_usize) {
            let (left, right) = keys.split_at(cut.min(keys.len()));
            let [left, right] = [left, right].map(|keys| {
                let mut groups = Groups::new();
                for key in keys {
                    *groups.of_key(key, || 0) += 1;
                }
                groups
            });
            let groups = left.merge(right, |count, more| *count += more);
            let mut tree = BTreeMap::new();
            let mut order = Vec::new();
            for key in &keys {
                *tree.entry(&key[..]).or_insert_with(|| { order.push(&key[..]); 0 }) += 1;
            }
            prop_assert_eq!(groups.iter().map(|(key, _)| key).collect::<Vec<_>>(), order);
            prop_assert_eq!(groups.iter().map(|(key, count)| (key, *count)).collect::<BTreeMap<_, _>>(), tree.clone());
            for (key, count) in tree {
                prop_assert_eq!(groups.get(key), Some(&count));
            }
            prop_assert_eq!(groups.get(b"a key that never came"), None);
        }

        #[test]
        fn a_masked_head_is_the_keys_own(key in proptest::collection::vec(any::<u8>(), 0..30), behind in any::<[u8; 16]>()) {
            let bytes = [&key[..], &behind].concat();
            prop_assert_eq!(mask(words(bytes.first_chunk().unwrap()), key.len()), head(&key));
        }
    }
}
