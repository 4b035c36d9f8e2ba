//! A worker's own table: from the keys of a block to the numbers of their groups.
//!
//! Numbers are dense and in the order in which keys came, so that what is measured of a group lies in plain arrays. A key
//! of up to sixteen bytes lies in its slot, one line of the cache, as length and head. The first loop over a block looks at
//! each key's home slot alone and branches on nothing that it finds: whoever is not there, is new, long, quoted or at the
//! end of the file, is noted and looked at in a second loop. So the processor guesses wrong for the few only, and has the
//! loads of many rows on their way at once.
//!
//! The table is small, because it is to stay in the cache: when it [`is_full`](Table::is_full) its owner moves all groups to
//! where those of all workers are (`partition.rs`) and clears it.

use super::head::{HEAD, Hashing, cut, head};
#[cfg(target_arch = "x86_64")]
use super::lanes;
use crate::csv::dialect::Dialect;
use crate::csv::field::value;
use std::ops::Range;

/// The number of groups at which a table is full. With the rows of one block it may have some more.
const FULL: usize = 32 << 10;
/// The bytes of keys at which it is full, too.
const FULL_TEXT: usize = 8 << 20;
/// The fewest slots.
const LEAST_SLOTS: usize = 1 << 10;
/// The length of the key in a free slot: none has it.
const FREE: u32 = u32::MAX;

/// A key of up to sixteen bytes and the number of its group. Half a line, so that none lies on two.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub(super) struct Slot {
    pub(super) head: [u64; 2],
    pub(super) len: u32,
    pub(super) number: u32,
}

const EMPTY: Slot = Slot { head: [0; 2], len: FREE, number: 0 };

/// A key, in the order in which they came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) hash: u64,
    /// Where the first record with this key starts, as a number that grows along the input.
    pub(super) first: u64,
    at: usize,
    len: usize,
}

/// The keys of some records: runs of `bytes`, by where they start and end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) starts: &'a [u32],
    pub(super) ends: &'a [u32],
    /// If they stand as in the file, the dialect that takes their quotes off.
    pub(super) dialect: Option<&'a Dialect>,
}

/// What the first loop over a block looks at.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) hashing: Hashing,
    pub(super) slots: &'a [Slot],
    pub(super) keys: Keys<'a>,
    /// The byte that a key must not begin with; more than a byte if there is none.
    pub(super) quote: u16,
}

impl Home<'_> {
    /// Looks at some rows, where `count` were missed so far; returns how many are then.
    #[inline(never)]
    fn look(self, rows: Range<usize>, numbers: &mut [u32], missed: &mut [u32], mut count: usize) -> usize {
        let Self { hashing, slots, keys, quote } = self;
        let mask = slots.len() - 1;
        let len = keys.starts.len();
        let (ends, numbers, missed) = (&keys.ends[..len], &mut numbers[..len], &mut missed[..len]);
        for row in rows {
            let start = keys.starts[row] as usize;
            let len = (ends[row] as usize).wrapping_sub(start);
            let mut hit = false;
            if let Some(window) = keys.bytes.get(start..).and_then(|rest| rest.first_chunk::<HEAD>()) {
                let head = cut(window, len);
                let slot = &slots[hashing.of_head(head) as usize & mask];
                let differ =
                    (slot.head[0] ^ head[0]) | (slot.head[1] ^ head[1]) | (u64::from(slot.len) ^ len as u64);
                hit = (differ == 0) & (u16::from(window[0]) != quote);
                numbers[row] = slot.number;
            }
            missed[count] = row as u32;
            count += usize::from(!hit);
        }
        count
    }
}

/// Numbers by key.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) hashing: Hashing,
    slots: Vec<Slot>,
    /// The numbers, from 1, of keys of more than sixteen bytes; 0 is free.
    long: Vec<u32>,
    long_keys: usize,
    keys: Vec<Key>,
    text: Vec<u8>,
    missed: Vec<u32>,
    #[cfg(target_arch = "x86_64")]
    lanes: Option<lanes::Lanes>,
}

impl Table {
    pub(super) fn new(hashing: Hashing) -> Self {
        Self {
            hashing,
            slots: vec![EMPTY; LEAST_SLOTS],
            long: Vec::new(),
            long_keys: 0,
            keys: Vec::new(),
            text: Vec::new(),
            missed: Vec::new(),
            #[cfg(target_arch = "x86_64")]
            lanes: lanes::Lanes::detect(),
        }
    }

    /// Returns how many groups there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns whether the table should be cleared before the next block.
    pub(super) fn is_full(&self) -> bool {
        self.keys.len() >= FULL || self.text.len() >= FULL_TEXT
    }

    /// Returns the keys in the order of their numbers.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Returns the bytes of a key.
    pub(super) fn text(&self, key: &Key) -> &[u8] {
        &self.text[key.at..key.at + key.len]
    }

    /// Forgets all groups.
    pub(super) fn clear(&mut self) {
        self.slots.fill(EMPTY);
        self.long.fill(0);
        self.long_keys = 0;
        self.keys.clear();
        self.text.clear();
    }

    /// Finds the number of each key, and gives one to each that is new. `first` tells where the record of a row starts.
    pub(super) fn number_all(
        &mut self,
        keys: Keys<'_>,
        numbers: &mut Vec<u32>,
        first: impl Fn(usize) -> u64,
    ) {
        let rows = keys.starts.len();
        numbers.resize(rows, 0);
        let mut missed = std::mem::take(&mut self.missed);
        // Eight at once are written, if only the first of them is kept.
        missed.resize(rows + 8, 0);
        let count = self.look_at_home(keys, numbers, &mut missed);
        for &row in &missed[..count] {
            let row = row as usize;
            let raw = &keys.bytes[keys.starts[row] as usize..keys.ends[row] as usize];
            let first = || first(row);
            numbers[row] = match keys.dialect {
                Some(dialect) => self.number(&value(raw, dialect), first),
                None => self.number(raw, first),
            };
        }
        self.missed = missed;
    }

    /// Takes the numbers of the keys that lie in their home slots, and lists the rows of those that do not in `missed`; returns
    /// how many these are.
    fn look_at_home(&self, keys: Keys<'_>, numbers: &mut [u32], missed: &mut [u32]) -> usize {
        // No byte, if no key can be quoted.
        let quote = keys.dialect.and_then(|dialect| dialect.quote).map_or(u16::MAX, u16::from);
        let home = Home { hashing: self.hashing, slots: &self.slots, keys, quote };
        #[cfg(target_arch = "x86_64")]
        if let Some(lanes) = self.lanes {
            let count = lanes.look_at_home(home, numbers, missed);
            let rows = keys.starts.len();
            return home.look(rows - rows % lanes::ROWS..rows, numbers, missed, count);
        }
        home.look(0..keys.starts.len(), numbers, missed, 0)
    }

    /// Finds the number of a key, or gives it one.
    pub(super) fn number(&mut self, key: &[u8], first: impl FnOnce() -> u64) -> u32 {
        if key.len() > HEAD {
            return self.long_number(key, first);
        }
        let head = head(key);
        let hash = self.hashing.of_head(head);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &self.slots[at];
            if slot.len == FREE {
                break;
            }
            if slot.head == head && slot.len as usize == key.len() {
                return slot.number;
            }
            at = (at + 1) & mask;
        }
        let number = self.add(key, hash, first);
        self.slots[at] = Slot { head, len: key.len() as u32, number };
        if (self.keys.len() - self.long_keys) * sparsity(self.slots.len()) > self.slots.len() {
            self.spread();
        }
        number
    }

    fn long_number(&mut self, key: &[u8], first: impl FnOnce() -> u64) -> u32 {
        if 2 * (self.long_keys + 1) > self.long.len() {
            self.spread_long();
        }
        let hash = self.hashing.of_key(key);
        let mask = self.long.len() - 1;
        let mut at = hash as usize & mask;
        while self.long[at] != 0 {
            let number = self.long[at] - 1;
            let known = &self.keys[number as usize];
            if known.hash == hash && self.text(known) == key {
                return number;
            }
            at = (at + 1) & mask;
        }
        let number = self.add(key, hash, first);
        self.long[at] = number + 1;
        self.long_keys += 1;
        number
    }

    fn add(&mut self, key: &[u8], hash: u64, first: impl FnOnce() -> u64) -> u32 {
        let number = self.keys.len() as u32;
        self.keys.push(Key { hash, first: first(), at: self.text.len(), len: key.len() });
        self.text.extend_from_slice(key);
        number
    }

    /// Doubles the slots.
    fn spread(&mut self) {
        let slots = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; slots]);
        for slot in old.into_iter().filter(|slot| slot.len != FREE) {
            let mut at = self.hashing.of_head(slot.head) as usize & (slots - 1);
            while self.slots[at].len != FREE {
                at = (at + 1) & (slots - 1);
            }
            self.slots[at] = slot;
        }
    }

    fn spread_long(&mut self) {
        let slots = (self.long.len() * 2).max(64);
        self.long.clear();
        self.long.resize(slots, 0);
        for (number, key) in (1..).zip(&self.keys).filter(|(_, key)| key.len > HEAD) {
            let mut at = key.hash as usize & (slots - 1);
            while self.long[at] != 0 {
                at = (at + 1) & (slots - 1);
            }
            self.long[at] = number;
        }
    }
}

/// How many slots a table has for each key, at least. A slot that is never looked at costs no cache, so few keys have many
/// of them and nearly all lie at home.
fn sparsity(slots: usize) -> usize {
    match slots {
        0..=0x1fff => 16,
        0x2000..=0xffff => 8,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(proptest::sample::select(&b"a\0"[..]), 0..20),
            proptest::collection::vec(any::<u8>(), 0..3),
            proptest::collection::vec(proptest::sample::select(&b"ab"[..]), 14..40),
            "\"[a-c]{0,20}(\"\"[a-c]{0,2})?\"".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_a_map(keys in proptest::collection::vec(key(), 0..400), cut in 0..400_usize, quoted: bool, plain: bool) {
            let dialect = Dialect::default();
            let mut table = Table::new(Hashing::new());
            #[cfg(target_arch = "x86_64")]
            if plain {
                table.lanes = None;
            }
            let (mut map, mut order) = (HashMap::new(), Vec::new());
            let (mut numbers, mut expected) = (Vec::new(), Vec::new());
            let blocks = keys.split_at(cut.min(keys.len()));
            for (base, block) in [(0, blocks.0), (blocks.0.len(), blocks.1)] {
                let (mut bytes, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
                for key in block {
                    starts.push(bytes.len() as u32);
                    bytes.extend_from_slice(key);
                    ends.push(bytes.len() as u32);
                    bytes.push(b',');
                }
                let dialect = quoted.then_some(&dialect);
                table.number_all(Keys { bytes: &bytes, starts: &starts, ends: &ends, dialect }, &mut numbers, |row| (base + row) as u64);
                expected.clear();
                for (row, key) in block.iter().enumerate() {
                    let key = dialect.map_or(key.clone(), |dialect| value(key, dialect).into_owned());
                    expected.push(*map.entry(key.clone()).or_insert_with(|| {
                        order.push((key, (base + row) as u64));
                        order.len() as u32 - 1
                    }));
                }
                prop_assert_eq!(&numbers, &expected);
            }
            let known: Vec<_> = table.keys().iter().map(|key| (table.text(key).to_vec(), key.first)).collect();
            prop_assert_eq!(known, order);
            table.clear();
            prop_assert_eq!((table.len(), table.number(b"new", || 0)), (0, 0));
        }
    }

    #[test]
    fn a_table_grows_and_is_full() {
        let mut table = Table::new(Hashing::new());
        for round in 0..2 {
            for n in 0..FULL as u32 {
                assert_eq!(table.is_full() || round == 1, round == 1);
                let key = if n % 2 == 0 { n.to_string() } else { format!("{n:030}") };
                assert_eq!(table.number(key.as_bytes(), || 0), n);
            }
        }
        assert!(table.is_full());
    }
}
