//! Groups of all workers: tables of compact rows, one for each part of the hashes.
//!
//! A row is a few bytes in front of its key, one after the other in one text: no pointer, no gap, nothing copied when a
//! table grows. The index is an array of where rows start, a little less than full, with six bits of the hash beside, so
//! that most rows that are looked at are the right ones. It is rebuilt from the text alone, from front to back.
//!
//! ```text
//! index   [ where / 4: 26 bits | tag: 6 bits ]            free: 0
//! text    .... [number: 3][first: 8][len: 1, or 255 and 8][key][up to 3 zeros] ....
//! ```

use super::head::Hashing;
use super::store::grow;
use crate::sys::prefetch;

/// A row starts at a multiple of this.
const UNIT: usize = 4;
const WHERE_BITS: u32 = 26;
const WHERE: u32 = (1 << WHERE_BITS) - 1;
/// A length that says that the length follows.
const LONG: u8 = u8::MAX;
/// More numbers than there is room for rows.
const NUMBER_BYTES: usize = 3;
const FIRST_BYTES: usize = 8;
/// Bytes in front of a short key.
const HEADER: usize = NUMBER_BYTES + FIRST_BYTES + 1;
const LEAST_INDEX: usize = 16;

/// Tells that a table has no room for one more key: its rows take 256 MiB.
#[derive(Debug)]
pub(super) struct Overfull;

/// The groups whose hashes are in one part of all.
#[derive(Debug, Default)]
pub(super) struct Partition {
    index: Vec<u32>,
    text: Vec<u8>,
    len: usize,
}

/// One row: a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) number: u32,
    /// Where the first record of the group starts.
    pub(super) first: u64,
    pub(super) key: &'a [u8],
}

impl Partition {
    /// Returns how many groups there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.index.capacity() * size_of::<u32>() + self.text.capacity()
    }

    /// Asks for where a key is looked for first.
    #[inline]
    pub(super) fn ask_for_home(&self, hash: u64) {
        if let Some(entry) = self.index.get(home(hash, self.index.len())) {
            prefetch::for_read(entry);
        }
    }

    /// Asks for the row that is found there.
    #[inline]
    pub(super) fn ask_for_row(&self, hash: u64) {
        if let Some(&entry) = self.index.get(home(hash, self.index.len()))
            && let Some(row) = self.text.get((entry & WHERE) as usize * UNIT)
        {
            prefetch::for_read(row);
        }
    }

    /// Finds the number of a key, or gives it the next one; the first record is whichever comes first.
    pub(super) fn number(
        &mut self,
        hashing: &Hashing,
        hash: u64,
        key: &[u8],
        first: u64,
    ) -> Result<u32, Overfull> {
        // Four in five at most.
        if 5 * (self.len + 1) > 4 * self.index.len() {
            self.grow(hashing);
        }
        let mut at = home(hash, self.index.len());
        loop {
            let entry = self.index[at];
            if entry == 0 {
                break;
            }
            if entry >> WHERE_BITS == tag(hash) {
                let place = (entry & WHERE) as usize * UNIT;
                let (row, _) = self.row(place);
                if row.key == key {
                    let number = row.number;
                    if first < row.first {
                        let from = place + NUMBER_BYTES;
                        self.text[from..from + FIRST_BYTES].copy_from_slice(&first.to_le_bytes());
                    }
                    return Ok(number);
                }
            }
            at = if at + 1 == self.index.len() { 0 } else { at + 1 };
        }
        let place = self.text.len() / UNIT;
        let place = u32::try_from(place).ok().filter(|&place| place <= WHERE).ok_or(Overfull)?;
        let number = u32::try_from(self.len).map_err(|_| Overfull)?;
        self.index[at] = place | tag(hash) << WHERE_BITS;
        self.push(Row { number, first, key });
        self.len += 1;
        Ok(number)
    }

    fn push(&mut self, row: Row<'_>) {
        let bytes = HEADER + 8 + row.key.len() + UNIT;
        grow(&mut self.text, bytes);
        let len = u8::try_from(row.key.len()).unwrap_or(LONG);
        let mut header = [len; HEADER];
        header[..NUMBER_BYTES].copy_from_slice(&row.number.to_le_bytes()[..NUMBER_BYTES]);
        header[NUMBER_BYTES..HEADER - 1].copy_from_slice(&row.first.to_le_bytes());
        self.text.extend_from_slice(&header);
        if len == LONG {
            self.text.extend_from_slice(&(row.key.len() as u64).to_le_bytes());
        }
        self.text.extend_from_slice(row.key);
        let padding = self.text.len().next_multiple_of(UNIT) - self.text.len();
        self.text.extend_from_slice(&[0; UNIT][..padding]);
    }

    /// Reads the row at a place, and where the next one is.
    #[inline]
    fn row(&self, place: usize) -> (Row<'_>, usize) {
        let rest = &self.text[place..];
        // All there: rows are written whole.
        let header: &[u8; HEADER] = rest.first_chunk().unwrap_or(&[0; HEADER]);
        let [n0, n1, n2, f0, f1, f2, f3, f4, f5, f6, f7, len] = *header;
        let number = u32::from_le_bytes([n0, n1, n2, 0]);
        let first = u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]);
        let (len, start) = match len {
            LONG => {
                let len = rest.get(HEADER..).and_then(|rest| rest.first_chunk()).unwrap_or(&[0; 8]);
                (u64::from_le_bytes(*len) as usize, HEADER + 8)
            }
            len => (usize::from(len), HEADER),
        };
        let key = &rest[start..start + len];
        (Row { number, first, key }, (place + start + len).next_multiple_of(UNIT))
    }

    /// Returns the rows in the order of their numbers.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows_and_places().map(|(row, _)| row)
    }

    /// Returns the rows in the order of their numbers, and where each starts.
    pub(super) fn rows_and_places(&self) -> impl Iterator<Item = (Row<'_>, u32)> {
        let mut place = UNIT;
        std::iter::from_fn(move || {
            if place >= self.text.len() {
                return None;
            }
            let (row, next) = self.row(place);
            let here = (place / UNIT) as u32;
            place = next;
            Some((row, here))
        })
    }

    /// Returns the row at a place that [`rows_and_places`](Self::rows_and_places) gave.
    pub(super) fn row_at(&self, place: u32) -> Row<'_> {
        self.row(place as usize * UNIT).0
    }

    /// Finds the row of a key.
    pub(super) fn find(&self, hash: u64, key: &[u8]) -> Option<Row<'_>> {
        if self.index.is_empty() {
            return None;
        }
        let mut at = home(hash, self.index.len());
        loop {
            let entry = self.index[at];
            if entry == 0 {
                return None;
            }
            if entry >> WHERE_BITS == tag(hash) {
                let row = self.row_at(entry & WHERE);
                if row.key == key {
                    return Some(row);
                }
            }
            at = if at + 1 == self.index.len() { 0 } else { at + 1 };
        }
    }

    /// Makes the index larger by a quarter and lists all rows anew.
    fn grow(&mut self, hashing: &Hashing) {
        if self.text.is_empty() {
            // No row is at place 0, which is free in the index.
            self.text.resize(UNIT, 0);
        }
        let entries = (self.index.len() + self.index.len() / 4).max(LEAST_INDEX);
        // The old one goes first, so that they are never side by side.
        self.index = Vec::new();
        let mut index = vec![0; entries];
        for (row, place) in self.rows_and_places() {
            let hash = hashing.of_key(row.key);
            let mut at = home(hash, entries);
            while index[at] != 0 {
                at = if at + 1 == entries { 0 } else { at + 1 };
            }
            index[at] = place | tag(hash) << WHERE_BITS;
        }
        self.index = index;
    }
}

/// Where a key is looked for first: the lower half of its hash, as a part of the index.
fn home(hash: u64, entries: usize) -> usize {
    ((u64::from(hash as u32) * entries as u64) >> 32) as usize
}

/// Six bits of a hash that tell neither its partition nor where it is at home.
fn tag(hash: u64) -> u32 {
    (hash >> 40) as u32 & 63
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn numbers_and_firsts_are_those_of_a_map(keys in proptest::collection::vec(("[a-d]{0,4}|[a-b]{250,260}", 0..1000_u64), 0..300)) {
            let hashing = Hashing::new();
            let mut partition = Partition::default();
            let mut expected: Vec<(Vec<u8>, u64)> = Vec::new();
            for (key, first) in &keys {
                let key = key.as_bytes();
                let number = match expected.iter().position(|(known, _)| known == key) {
                    Some(number) => number,
                    None => {
                        expected.push((key.to_vec(), *first));
                        expected.len() - 1
                    }
                };
                expected[number].1 = expected[number].1.min(*first);
                let found = partition.number(&hashing, hashing.of_key(key), key, *first).unwrap();
                prop_assert_eq!(found as usize, number);
            }
            prop_assert_eq!(partition.len(), expected.len());
            let rows: Vec<_> = partition.rows().map(|row| (row.number as usize, row.key.to_vec(), row.first)).collect();
            let expected: Vec<_> = expected.into_iter().enumerate().map(|(number, (key, first))| (number, key, first)).collect();
            for (_, key, first) in &expected {
                let row = partition.find(hashing.of_key(key), key).unwrap();
                prop_assert_eq!((row.key, row.first), (&key[..], *first));
            }
            prop_assert_eq!(rows, expected);
            prop_assert_eq!(partition.find(hashing.of_key(b"another"), b"another"), None);
        }
    }

    /// What ten million keys take in all partitions, in small: less than twice their own bytes beside them.
    #[test]
    fn many_keys_take_less_than_three_times_their_bytes() {
        let (hashing, mut partition) = (Hashing::new(), Partition::default());
        let keys = if cfg!(miri) { 500 } else { 50_000 };
        for n in 0..keys {
            let key = format!("user-{n:015}");
            assert!(partition.number(&hashing, hashing.of_key(key.as_bytes()), key.as_bytes(), n).is_ok());
            let counts = partition.len() * size_of::<u64>();
            assert!(
                n < 100 || partition.bytes() + counts < 3 * 20 * partition.len(),
                "{n}: {}",
                partition.bytes()
            );
        }
    }
}
