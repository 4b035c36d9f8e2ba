//! Marks: the positions of the few bytes that have a meaning, found by vector comparison.
//!
//! A reader of CSV has nothing to decide at most bytes. This module finds those where it may: delimiter, line ends,
//! and whatever else the dialect knows. What a mark means is the reader's affair, so the answer is a plain list of
//! positions and every instruction set can be held to the same three-line loop, [`scalar::marks`].
//!
//! Blocks of 64 bytes become one 64-bit mask, and masks become positions eight at a time, whether they are there or
//! not, because a store is cheaper than a branch that is guessed wrong.

#[cfg(test)]
mod scalar;
#[cfg(any(test, not(target_arch = "x86_64")))]
mod swar;
#[cfg(target_arch = "x86_64")]
mod x86;

use super::dialect::Dialect;

/// Bytes in a block, bits in its mask.
const BLOCK: usize = 64;
/// What the list must have room for beyond one entry for each byte: the overshoot of the last batch of stores.
pub(crate) const SLACK: usize = BLOCK;

/// The bytes to look for: at most six.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needles {
    bytes: [u8; 6],
    len: usize,
}

impl Needles {
    pub(crate) fn of(dialect: &Dialect) -> Self {
        // Unused places repeat the delimiter, so that a longer search than needed finds the same.
        let mut needles = Self { bytes: [dialect.delimiter; 6], len: 1 };
        let others = [Some(b'\n'), Some(b'\r'), dialect.quote, dialect.escape, dialect.comment];
        for byte in others.into_iter().flatten() {
            needles.bytes[needles.len] = byte;
            needles.len += 1;
        }
        needles
    }
}

/// Writes the positions of all needles in `bytes[from..to]` to `marks` and returns how many there are.
///
/// `marks` must have room for `to - from + SLACK` entries; what lies behind the count is unspecified.
///
/// # Panics
///
/// If `marks` is too short or the range lies outside `bytes`.
#[inline]
pub(crate) fn marks(needles: &Needles, bytes: &[u8], from: usize, to: usize, marks: &mut [usize]) -> usize {
    assert!(marks.len() >= to - from + SLACK, "no room for the marks");
    let window = &bytes[from..to];
    let [a, b, c, d, ..] = needles.bytes;
    match needles.len {
        3 => by_machine([a, b, c], window, from, marks),
        4 => by_machine([a, b, c, d], window, from, marks),
        _ => by_machine(needles.bytes, window, from, marks),
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn by_machine<const N: usize>(needles: [u8; N], window: &[u8], base: usize, marks: &mut [usize]) -> usize {
    x86::marks(needles, window, base, marks)
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn by_machine<const N: usize>(needles: [u8; N], window: &[u8], base: usize, marks: &mut [usize]) -> usize {
    swar::marks(needles, window, base, marks)
}

/// Runs over a window in blocks: each is turned into a mask by `mask_of`, the masks into positions.
///
/// Inlined into a function of each instruction set, so that the closure is compiled for that set.
#[inline(always)]
fn in_blocks(
    window: &[u8],
    base: usize,
    marks: &mut [usize],
    mask_of: impl Fn(&[u8; BLOCK]) -> u64,
) -> usize {
    let mut count = 0;
    let mut at = base;
    let (blocks, rest) = window.as_chunks::<BLOCK>();
    for block in blocks {
        count += flatten(mask_of(block), at, &mut marks[count..]);
        at += BLOCK;
    }
    if !rest.is_empty() {
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        let real = u64::MAX >> (BLOCK - rest.len());
        count += flatten(mask_of(&block) & real, at, &mut marks[count..]);
    }
    count
}

/// Writes the positions of the set bits, `base` added, and returns how many there are.
#[inline(always)]
fn flatten(mut mask: u64, base: usize, marks: &mut [usize]) -> usize {
    let count = mask.count_ones() as usize;
    let (batches, _) = marks.as_chunks_mut();
    mask = write_batch(mask, base, &mut batches[0]);
    if count > 8 {
        mask = write_batch(mask, base, &mut batches[1]);
        for batch in &mut batches[2..count.div_ceil(8).max(2)] {
            mask = write_batch(mask, base, batch);
        }
    }
    count
}

/// Writes the positions of the eight lowest set bits and returns the others.
#[inline(always)]
fn write_batch(mut mask: u64, base: usize, batch: &mut [usize; 8]) -> u64 {
    for mark in batch {
        *mark = base + mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs `found` and the scalar loop over the same window and compares.
    fn same<const N: usize>(
        found: impl Fn([u8; N], &[u8], usize, &mut [usize]) -> usize,
        needles: [u8; N],
        bytes: &[u8],
    ) -> Result<(), TestCaseError> {
        let mut marks = vec![usize::MAX; bytes.len() + SLACK];
        let mut expected = marks.clone();
        let count = found(needles, bytes, 1000, &mut marks);
        let expected_count = scalar::marks(needles, bytes, 1000, &mut expected);
        prop_assert_eq!(&marks[..count], &expected[..expected_count]);
        Ok(())
    }

    fn windows() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![proptest::sample::select(&b",;\n\r\"\\#\0\xff\x7f\x80"[..]), any::<u8>(),];
        proptest::collection::vec(byte, 0..300)
    }

    proptest! {
        #[test]
        fn the_chosen_code_finds_what_the_scalar_loop_finds(bytes in windows()) {
            same(by_machine, *b",\n\r", &bytes)?;
            same(by_machine, *b";\n\r\"", &bytes)?;
            same(by_machine, *b"\xff\n\r\"\\#", &bytes)?;
            same(by_machine, *b"\0\n\r\0\0\x80", &bytes)?;
        }

        #[test]
        fn the_portable_code_does(bytes in windows()) {
            same(swar::marks, *b"\0\n\r\"", &bytes)?;
            same(swar::marks, *b"\xff\n\r\"\\#", &bytes)?;
        }

        #[cfg(target_arch = "x86_64")]
        #[test]
        fn the_floor_of_this_machine_does(bytes in windows()) {
            same(x86::marks_floor, *b"\0\n\r\"", &bytes)?;
            same(x86::marks_floor, *b"\xff\n\r\"\\#", &bytes)?;
        }
    }

    #[test]
    fn a_window_of_nothing_but_marks() {
        let bytes = [b','; 333];
        let dialect = Dialect::default();
        let mut found = vec![0; bytes.len() + SLACK];
        let count = marks(&Needles::of(&dialect), &bytes, 10, 333, &mut found);
        assert_eq!(found[..count], (10..333).collect::<Vec<_>>());
    }
}
