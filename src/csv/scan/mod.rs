//! Marks: the positions of the few bytes that have a meaning, found by vector comparison.
//!
//! A reader of CSV has nothing to decide at most bytes. This module finds those where it may: delimiter, line ends,
//! and whatever else the dialect knows; or, where quotes take turns, only the delimiters and line ends outside them.
//! What a mark means is the reader's affair, so the answer is a plain list of positions and every instruction set can
//! be held to a loop over single bytes.
//!
//! Blocks of 64 bytes become one 64-bit mask, and masks become positions eight at a time, whether they are there or
//! not, because a store is cheaper than a branch that is guessed wrong.

mod any;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod count;
mod dense;
mod machine;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod quotes;
#[cfg(test)]
mod scalar;
mod swar;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use any::has_any;
pub(crate) use count::{Tally, count};
pub(crate) use dense::{Found, dense, is_dense};

use super::dialect::Dialect;
use crate::sys::prefetch;
use machine::{BLOCK, Job, Machine, on_best};
use quotes::Stance;
use std::ops::Range;

/// What the list must have room for beyond one entry for each byte: the overshoot of the last batch of stores.
pub(crate) const SLACK: usize = BLOCK;

/// Writes the positions of all bytes in a window that the dialect gives a meaning, and returns how many there are.
///
/// `marks` must have room for the window's length and [`SLACK`] entries; what lies behind the count is unspecified.
///
/// # Panics
///
/// If `marks` is too short or the window lies outside `bytes`.
pub(crate) fn all(dialect: &Dialect, bytes: &[u8], window: Range<usize>, marks: &mut [usize]) -> usize {
    assert!(marks.len() >= window.len() + SLACK, "no room for the marks");
    let base = window.start;
    let bytes = &bytes[window];
    let &Dialect { delimiter, quote, escape, comment, .. } = dialect;
    match (quote, escape, comment) {
        (None, _, None) => on_best(All { needles: [delimiter, b'\n', b'\r'], bytes, base, marks }),
        (Some(other), None, None) | (None, _, Some(other)) => {
            on_best(All { needles: [delimiter, b'\n', b'\r', other], bytes, base, marks })
        }
        (Some(quote), _, _) => {
            // What the dialect lacks is looked for as a second delimiter.
            let [escape, comment] = [escape, comment].map(|byte| byte.unwrap_or(delimiter));
            let needles = [delimiter, b'\n', b'\r', quote, escape, comment];
            on_best(All { needles, bytes, base, marks })
        }
    }
}

/// Writes the positions of the delimiters and line ends outside quotes, in a window that begins where a record may.
///
/// For a dialect in which [`Dialect::only_doubles`] is true. Returns how many marks there are.
///
/// # Panics
///
/// As [`all`].
pub(crate) fn outside_quotes(
    dialect: &Dialect,
    bytes: &[u8],
    window: Range<usize>,
    marks: &mut [usize],
) -> usize {
    assert!(marks.len() >= window.len() + SLACK, "no room for the marks");
    let base = window.start;
    on_best(OutsideQuotes { dialect, bytes: &bytes[window], base, marks })
}

/// The search of [`all`].
struct All<'b, const N: usize> {
    needles: [u8; N],
    bytes: &'b [u8],
    base: usize,
    marks: &'b mut [usize],
}

impl<const N: usize> Job for All<'_, N> {
    type Output = usize;

    #[inline(always)]
    fn run(self, machine: impl Machine) -> usize {
        let patterns = self.needles.map(|byte| machine.pattern(byte));
        let mut count = 0;
        each_block(self.bytes, |offset, block, real| {
            let mask = machine.mask(patterns, block) & real;
            count += flatten(mask, self.base + offset, &mut self.marks[count..]);
        });
        count
    }
}

/// The search of [`outside_quotes`].
struct OutsideQuotes<'b> {
    dialect: &'b Dialect,
    bytes: &'b [u8],
    base: usize,
    marks: &'b mut [usize],
}

impl Job for OutsideQuotes<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self, machine: impl Machine) -> usize {
        let quote = [self.dialect.quote.unwrap_or_default()].map(|byte| machine.pattern(byte));
        let separators = [self.dialect.delimiter, b'\n', b'\r'].map(|byte| machine.pattern(byte));
        let mut count = 0;
        let mut stance = Stance::MAY_OPEN;
        each_block(self.bytes, |offset, block, real| {
            let quotes = machine.mask(quote, block) & real;
            let separators = machine.mask(separators, block) & real;
            let (inside, behind) = stance.over(machine, quotes, separators);
            stance = behind;
            count += flatten(separators & !inside, self.base + offset, &mut self.marks[count..]);
        });
        count
    }
}

/// Calls `body` with each block of 64 bytes, its offset, and the mask of what is real in it: the last block is filled up
/// with zeros.
#[inline(always)]
fn each_block(bytes: &[u8], mut body: impl FnMut(usize, &[u8; BLOCK], u64)) {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut offset = 0;
    for block in blocks {
        body(offset, block, u64::MAX);
        offset += BLOCK;
    }
    if !rest.is_empty() {
        let (block, real) = padded(rest);
        body(offset, &block, real);
    }
}

/// How far ahead of a scan memory is asked for: the processor itself looks no farther than to the end of a page.
const AHEAD: usize = 2048;

/// Asks for what lies ahead of a block, in the window or behind it.
#[inline(always)]
fn ask_ahead(block: &[u8; BLOCK]) {
    prefetch::for_read(block.as_ptr().wrapping_add(AHEAD));
}

/// Fills a block up with zeros, and returns the mask of what is real in it.
#[inline(always)]
fn padded(rest: &[u8]) -> ([u8; BLOCK], u64) {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    (block, u64::MAX >> (BLOCK - rest.len()))
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
    use super::any::Any;
    use super::count::{Count, CountLines};
    use super::dense::Dense;
    use super::*;
    use proptest::prelude::*;

    /// Searches with one machine, and with the loop over single bytes, and compares.
    fn same<const N: usize>(
        machine: impl Machine,
        needles: [u8; N],
        bytes: &[u8],
    ) -> Result<(), TestCaseError> {
        let base = 1000;
        let mut marks = vec![usize::MAX; bytes.len() + SLACK];
        let count = machine.perform(All { needles, bytes, base, marks: &mut marks });
        prop_assert_eq!(&marks[..count], scalar::all(needles, bytes, base));
        prop_assert_eq!(machine.perform(Any { needles, bytes }), count > 0);
        let behind = marks[..count].last().map_or(0, |last| last + 1 - base);
        let later = Any { needles, bytes: &bytes[behind..] };
        prop_assert!(!machine.perform(later));
        Ok(())
    }

    /// The same for the search outside quotes.
    fn same_outside_quotes(machine: impl Machine, bytes: &[u8]) -> Result<(), TestCaseError> {
        let dialect = &Dialect::default();
        let mut marks = vec![usize::MAX; bytes.len() + SLACK];
        let count = machine.perform(OutsideQuotes { dialect, bytes, base: 0, marks: &mut marks });
        prop_assert_eq!(&marks[..count], scalar::outside_quotes(dialect, bytes));
        Ok(())
    }

    /// The same for the dense list.
    fn same_dense<const QUOTED: bool>(machine: impl Machine, window: &[u8]) -> Result<(), TestCaseError> {
        let dialect = Dialect { quote: QUOTED.then_some(b'"'), ..Dialect::default() };
        let mut places = vec![u32::MAX; window.len() + SLACK];
        let found =
            machine.perform(Dense::<QUOTED> { delimiter: b',', quote: b'"', window, places: &mut places });
        let (expected, marks) = scalar::dense(&dialect, window);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(&places[..found.marks], marks);
        Ok(())
    }

    /// The same for the counts of records.
    fn same_count(machine: impl Machine, bytes: &[u8]) -> Result<(), TestCaseError> {
        let tally = machine.perform(Count { delimiter: b',', quote: b'"', bytes });
        prop_assert_eq!(tally, scalar::count(&Dialect::default(), bytes));
        let lines = scalar::count(&Dialect { quote: None, ..Dialect::default() }, bytes);
        prop_assert_eq!(machine.perform(CountLines { bytes }), lines.from_outside.records);
        Ok(())
    }

    /// The same for parities and for the numbers of set bits.
    fn same_bits(machine: impl Machine, bits: u64) -> Result<(), TestCaseError> {
        prop_assert_eq!(machine.perform(Parities(bits)), scalar::parities(bits));
        for base in [0, 7, u32::MAX - 3] {
            let mut numbers = [0; BLOCK];
            let count = machine.perform(Numbers(bits, base, &mut numbers));
            prop_assert_eq!(&numbers[..count], scalar::numbers(bits, base));
        }
        Ok(())
    }

    struct Parities(u64);

    impl Job for Parities {
        type Output = u64;

        #[inline(always)]
        fn run(self, machine: impl Machine) -> u64 {
            machine.parities(self.0)
        }
    }

    struct Numbers<'n>(u64, u32, &'n mut [u32; BLOCK]);

    impl Job for Numbers<'_> {
        type Output = usize;

        #[inline(always)]
        fn run(self, machine: impl Machine) -> usize {
            machine.flatten(self.0, self.1, self.2)
        }
    }

    fn windows() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![proptest::sample::select(&b",;\n\r\"\\#\0\xff\x7f\x80"[..]), any::<u8>(),];
        proptest::collection::vec(byte, 0..700)
    }

    /// Fields of which most are quoted as they should be.
    fn quoted() -> impl Strategy<Value = Vec<u8>> {
        let field = prop_oneof![
            10 => "\"[a-z,\n]{0,30}(\"\"[a-z,\n]{0,9}){0,3}\"",
            10 => "[a-z]{0,9}",
            1 => "[a-z]{1,9}\"[a-z,\"]{0,9}",
        ];
        let end = prop_oneof![4 => Just(","), 1 => Just("\n"), 1 => Just("\r\n")];
        proptest::collection::vec((field, end), 0..30).prop_map(|fields| {
            fields.into_iter().map(|(field, end)| field + end).collect::<String>().into_bytes()
        })
    }

    fn agrees(machine: impl Machine, bytes: &[u8]) -> Result<(), TestCaseError> {
        same(machine, *b",\n\r", bytes)?;
        same(machine, *b"\xff\n\r\"\\#", bytes)?;
        same(machine, *b"\0\n\r\0\0\x80", bytes)?;
        same_outside_quotes(machine, bytes)?;
        same_dense::<true>(machine, bytes)?;
        same_dense::<false>(machine, bytes)?;
        same_count(machine, bytes)
    }

    /// Calls a function with each machine that this one is.
    macro_rules! each_machine {
        ($function:ident, $argument:expr) => {{
            $function(swar::Swar, $argument)?;
            #[cfg(target_arch = "x86_64")]
            {
                $function(x86::Sse2::FLOOR, $argument)?;
                x86::Avx2::detect().map_or(Ok(()), |avx2| $function(avx2, $argument))?;
                avx512::Avx512::detect().map_or(Ok(()), |avx512| $function(avx512, $argument))?;
            }
            #[cfg(target_arch = "aarch64")]
            $function(neon::Neon::FLOOR, $argument)?;
        }};
    }

    proptest! {
        #[test]
        fn every_machine_finds_what_the_scalar_loop_finds(bytes in windows()) {
            each_machine!(agrees, &bytes);
        }

        #[test]
        fn and_in_quoted_files(bytes in quoted()) {
            each_machine!(agrees, &bytes);
        }

        #[test]
        fn and_in_single_masks(bits in any::<u64>(), sparse in any::<[u64; 3]>()) {
            each_machine!(same_bits, bits);
            each_machine!(same_bits, sparse.iter().fold(bits, |all, some| all & some));
            each_machine!(same_bits, sparse.iter().fold(bits, |all, some| all | some));
        }
    }

    #[test]
    fn a_window_of_nothing_but_marks() {
        let bytes = [b','; 333];
        let mut marks = vec![0; bytes.len() + SLACK];
        let count = all(&Dialect::default(), &bytes, 10..333, &mut marks);
        assert_eq!(marks[..count], (10..333).collect::<Vec<_>>());
    }
}
