//! The marks of a window as a dense list, for readers that take a window as a table.
//!
//! Beside the list goes what tells a table from anything else without a look at each mark: how many of the marks end
//! lines, and whether `\r` and `\n` come in pairs. If every `width`-th mark ends a line, and no more marks do, all the
//! others are delimiters.
//!
//! For dialects in which quotes, if there are any, are doubled and nothing else is special.

use super::machine::{BLOCK, Job, Machine, on_best};
use super::quotes::Stance;
use super::{SLACK, ask_ahead, padded};
use crate::csv::dialect::Dialect;

/// What a window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Delimiters and line ends outside quotes.
    pub(crate) marks: usize,
    /// Of these, `\n` and `\r`.
    pub(crate) lines: usize,
    /// Of these, `\r`.
    pub(crate) returns: usize,
    /// Whether each `\n` stands behind a `\r`, and each `\r` before a `\n` or at the window's end.
    pub(crate) paired: bool,
}

/// Finds the delimiters and line ends outside quotes, in a window that begins where a record may, and writes the places
/// *behind* them, from the window's start.
///
/// What lies behind the marks is unspecified.
///
/// # Panics
///
/// If `places` is not longer than the window by [`SLACK`], or the window is 4 GiB long.
pub(crate) fn dense(dialect: &Dialect, window: &[u8], places: &mut [u32]) -> Found {
    debug_assert!(is_dense(dialect));
    match dialect.quote {
        Some(quote) => on_best(Dense::<true> { delimiter: dialect.delimiter, quote, window, places }),
        None => on_best(Dense::<false> { delimiter: dialect.delimiter, quote: 0, window, places }),
    }
}

/// Returns whether the marks of a dialect can be found by [`dense`].
pub(crate) fn is_dense(dialect: &Dialect) -> bool {
    dialect.only_doubles() || (dialect.quote.is_none() && dialect.comment.is_none())
}

/// The search of [`dense`].
pub(super) struct Dense<'b, const QUOTED: bool> {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
    pub(super) window: &'b [u8],
    pub(super) places: &'b mut [u32],
}

impl<const QUOTED: bool> Job for Dense<'_, QUOTED> {
    type Output = Found;

    #[inline(always)]
    fn run(self, machine: impl Machine) -> Found {
        let Self { delimiter, quote, window, places } = self;
        assert!(places.len() >= window.len() + SLACK, "no room for the marks");
        assert!(u32::try_from(window.len() + SLACK).is_ok(), "a window is short");
        let patterns = [delimiter, b'\n', b'\r', quote].map(|byte| machine.pattern(byte));
        let mut search = Search::<_, QUOTED> {
            machine,
            patterns,
            stance: Stance::MAY_OPEN,
            found: Found { marks: 0, lines: 0, returns: 0, paired: true },
            before: 0,
            unpaired: 0,
        };
        let (blocks, rest) = window.as_chunks::<BLOCK>();
        let mut offset = 0;
        for block in blocks {
            ask_ahead(block);
            search.over(offset, block, u64::MAX, places);
            offset += BLOCK as u32;
        }
        if !rest.is_empty() {
            let (block, real) = padded(rest);
            search.over(offset, &block, real, places);
        }
        Found { paired: search.unpaired == 0, ..search.found }
    }
}

/// How far a search is.
struct Search<M: Machine, const QUOTED: bool> {
    machine: M,
    /// Delimiter, `\n`, `\r` and quote.
    patterns: [M::Pattern; 4],
    stance: Stance,
    found: Found,
    /// 1 if the byte before was a `\r`, else 0.
    before: u64,
    /// Line ends that break the pairs.
    unpaired: u64,
}

impl<M: Machine, const QUOTED: bool> Search<M, QUOTED> {
    /// Searches a block of which only some bytes are real.
    #[inline(always)]
    fn over(&mut self, offset: u32, block: &[u8; BLOCK], real: u64, places: &mut [u32]) {
        let (machine, [delimiter, feed, ret, quote]) = (self.machine, self.patterns);
        let [delimiters, mut feeds, mut rets] =
            [delimiter, feed, ret].map(|pattern| machine.mask([pattern], block) & real);
        let mut marks = delimiters | feeds | rets;
        if QUOTED {
            let quotes = machine.mask([quote], block) & real;
            let (inside, behind) = self.stance.over(machine, quotes, marks);
            self.stance = behind;
            [marks, feeds, rets] = [marks, feeds, rets].map(|mask| mask & !inside);
        }
        self.unpaired |= ((rets << 1 | self.before) ^ feeds) & real;
        self.before = rets >> 63;
        self.found.lines += (feeds | rets).count_ones() as usize;
        self.found.returns += rets.count_ones() as usize;
        // There is room for each byte up to this block, and for a whole block more.
        if let Some(numbers) = places[self.found.marks..].first_chunk_mut() {
            self.found.marks += machine.flatten(marks, offset + 1, numbers);
        }
    }
}
