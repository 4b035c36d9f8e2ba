//! Records counted without marks, and without knowing whether the run begins inside quotes.
//!
//! A record starts where a line has ended outside quotes and a byte follows that ends no line. A run that begins behind
//! a line end can be entered in two ways only, outside quotes or inside, so both are walked at once. Where quotes take
//! turns one walk is outside wherever the other is inside; once a quote is a letter for one of them they are soon in the
//! same state, and one walk is left.
//!
//! For dialects in which quotes, if there are any, are doubled and nothing else is special.

use super::dense::is_dense;
use super::machine::{BLOCK, Job, Machine, on_best};
use super::quotes::Stance;
use super::{ask_ahead, padded};
use crate::csv::dialect::Dialect;

/// What a walk over a run of bytes came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    /// How many records start in the run.
    pub(crate) records: u64,
    /// Whether the run ends inside quotes.
    pub(crate) inside: bool,
}

/// What a run holds, for both ways to enter it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) from_outside: Walked,
    pub(crate) from_inside: Walked,
}

impl Tally {
    /// A run of no bytes.
    pub(crate) const EMPTY: Self = Self {
        from_outside: Walked { records: 0, inside: false },
        from_inside: Walked { records: 0, inside: true },
    };

    /// Returns what the run came to, entered as it was.
    pub(crate) fn entered(&self, inside: bool) -> Walked {
        if inside { self.from_inside } else { self.from_outside }
    }
}

/// Counts the records that start in a run that begins behind a line end, or where the file does.
pub(crate) fn count(dialect: &Dialect, bytes: &[u8]) -> Tally {
    debug_assert!(is_dense(dialect));
    match dialect.quote {
        Some(quote) => on_best(Count { delimiter: dialect.delimiter, quote, bytes }),
        None => {
            let records = on_best(CountLines { bytes });
            Tally { from_outside: Walked { records, inside: false }, ..Tally::EMPTY }
        }
    }
}

/// The count of [`count`] where there are quotes.
pub(super) struct Count<'b> {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
    pub(super) bytes: &'b [u8],
}

impl Job for Count<'_> {
    type Output = Tally;

    #[inline(always)]
    fn run(self, machine: impl Machine) -> Tally {
        let Self { delimiter, quote, bytes } = self;
        let patterns = [delimiter, b'\n', b'\r', quote].map(|byte| machine.pattern(byte));
        let (mut outside, mut inside) = (Walk::OUTSIDE, Walk::INSIDE);
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let (groups, others) = blocks.as_chunks::<GROUP>();
        let mut met = None;
        for (index, group) in groups.iter().enumerate() {
            if let Some(plain) = Plain::of(machine, patterns, group) {
                outside.over_plain(plain);
                inside.over_plain(plain);
                continue;
            }
            for block in group {
                let masks = Masks::of(machine, patterns, block, u64::MAX);
                outside.over(machine, masks);
                inside.over(machine, masks);
            }
            if outside.stance == inside.stance && outside.may_start == inside.may_start {
                met = Some(index + 1);
                break;
            }
        }
        let ahead = outside.records.wrapping_sub(inside.records);
        for group in met.map_or(&[][..], |met| &groups[met..]) {
            match Plain::of(machine, patterns, group) {
                Some(plain) => outside.over_plain(plain),
                None => group
                    .iter()
                    .for_each(|block| outside.over(machine, Masks::of(machine, patterns, block, u64::MAX))),
            }
        }
        for block in others {
            let masks = Masks::of(machine, patterns, block, u64::MAX);
            outside.over(machine, masks);
            inside.over(machine, masks);
        }
        if !rest.is_empty() {
            let (block, real) = padded(rest);
            let masks = Masks::of(machine, patterns, &block, real);
            outside.over(machine, masks);
            inside.over(machine, masks);
        }
        if met.is_some() {
            inside = Walk { records: outside.records.wrapping_sub(ahead), ..outside };
        }
        Tally { from_outside: outside.walked(), from_inside: inside.walked() }
    }
}

/// Where the bytes of a block are that a count looks at.
#[derive(Clone, Copy)]
struct Masks {
    lines: u64,
    separators: u64,
    quotes: u64,
    real: u64,
}

impl Masks {
    #[inline(always)]
    fn of<M: Machine>(machine: M, patterns: [M::Pattern; 4], block: &[u8; BLOCK], real: u64) -> Self {
        let [delimiter, feed, ret, quote] = patterns;
        let lines = machine.mask([feed, ret], block) & real;
        let separators = machine.mask([delimiter], block) & real | lines;
        Self { lines, separators, quotes: machine.mask([quote], block) & real, real }
    }
}

/// Blocks that are looked at together, in case that none of them has a quote.
const GROUP: usize = 4;

/// What a group without quotes holds.
#[derive(Clone, Copy)]
struct Plain {
    /// Bytes behind a line end that end none.
    starts: u64,
    /// 1 if the first byte ends no line, else 0.
    first_starts: u64,
    /// 1 if the last byte ends a line, else 0.
    ends_line: u64,
    /// 1 if a quote would open behind it, outside quotes, else 0.
    may_open: u64,
}

impl Plain {
    /// `None` if there is a quote.
    #[inline(always)]
    fn of<M: Machine>(machine: M, patterns: [M::Pattern; 4], group: &[[u8; BLOCK]; GROUP]) -> Option<Self> {
        let [delimiter, feed, ret, quote] = patterns;
        group.iter().for_each(ask_ahead);
        let quotes = group.iter().fold(0, |quotes, block| quotes | machine.mask([quote], block));
        if quotes != 0 {
            return None;
        }
        let lines = group.each_ref().map(|block| machine.mask([feed, ret], block));
        let (mut starts, mut before) = (0, 0);
        for lines in lines {
            starts += u64::from(((lines << 1 | before) & !lines).count_ones());
            before = lines >> 63;
        }
        let may_open = machine.mask([delimiter], &group[GROUP - 1]) >> 63 | before;
        Some(Self { starts, first_starts: !lines[0] & 1, ends_line: before, may_open })
    }
}

/// One of the two walks.
#[derive(Clone, Copy)]
struct Walk {
    stance: Stance,
    /// 1 if the byte before ended a line outside quotes, else 0.
    may_start: u64,
    records: u64,
}

impl Walk {
    const OUTSIDE: Self = Self { stance: Stance::MAY_OPEN, may_start: 1, records: 0 };
    const INSIDE: Self = Self { stance: Stance::QUOTED, may_start: 0, records: 0 };

    #[inline(always)]
    fn over(&mut self, machine: impl Machine, masks: Masks) {
        let (inside, behind) = self.stance.over(machine, masks.quotes, masks.separators);
        self.stance = behind;
        let ends = masks.lines & !inside;
        let starts = (ends << 1 | self.may_start) & !masks.lines & masks.real;
        self.may_start = ends >> 63;
        self.records += u64::from(starts.count_ones());
    }

    #[inline(always)]
    fn over_plain(&mut self, plain: Plain) {
        let outside = u64::from(!self.stance.is_inside());
        self.records += outside * (plain.starts + (self.may_start & plain.first_starts));
        self.may_start = outside & plain.ends_line;
        self.stance = self.stance.over_plain(plain.may_open);
    }

    fn walked(self) -> Walked {
        Walked { records: self.records, inside: self.stance.is_inside() }
    }
}

/// The count of [`count`] where there are no quotes.
pub(super) struct CountLines<'b> {
    pub(super) bytes: &'b [u8],
}

impl Job for CountLines<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self, machine: impl Machine) -> u64 {
        let line_ends = [b'\n', b'\r'].map(|byte| machine.pattern(byte));
        let (mut records, mut may_start) = (0, 1);
        let (blocks, rest) = self.bytes.as_chunks::<BLOCK>();
        let mut over = |block: &[u8; BLOCK], real: u64| {
            let lines = machine.mask(line_ends, block);
            records += u64::from(((lines << 1 | may_start) & !lines & real).count_ones());
            may_start = lines >> 63;
        };
        for block in blocks {
            ask_ahead(block);
            over(block, u64::MAX);
        }
        if !rest.is_empty() {
            let (block, real) = padded(rest);
            over(&block, real);
        }
        records
    }
}
