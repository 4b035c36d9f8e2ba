//! Quotes, 64 bytes at a time: what lies inside them.
//!
//! In most files quotes simply take turns: one opens, the next closes. A doubled quote closes and opens again, which
//! comes to the same. So the bytes inside quotes are those with an odd number of quotes before them, and the parities
//! of 64 bytes are six shifts. It is exact as long as every quote that opens stands where a quote may open: behind a
//! delimiter, a line end or a quote. A block in which one does not (a quote in the middle of a field, a letter) is
//! *odd*: its quotes are looked at one by one, and those that are letters count for nothing.
//!
//! For dialects with a quote that is doubled, without escapes and comments.

use super::ask_ahead;
use super::machine::{BLOCK, Job, Machine, on_best};
use super::swar::Swar;
use crate::csv::dialect::{Dialect, State};

/// Where a walk stands between two bytes, as far as the bytes behind can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stance {
    /// All bits set inside quotes, none outside.
    inside: u64,
    /// 1 if a quote would open here, else 0.
    may_open: u64,
}

impl Stance {
    pub(crate) const MAY_OPEN: Self = Self { inside: 0, may_open: 1 };
    const UNQUOTED: Self = Self { inside: 0, may_open: 0 };
    pub(super) const QUOTED: Self = Self { inside: u64::MAX, may_open: 0 };

    fn of(state: State) -> Self {
        match state {
            State::Quoted => Self::QUOTED,
            State::Unquoted => Self::UNQUOTED,
            // A quote behind the closing one is the second of a pair, and the field goes on.
            _ => Self::MAY_OPEN,
        }
    }

    pub(super) fn is_inside(self) -> bool {
        self.inside != 0
    }

    /// Returns the state, given the byte before.
    fn state(self, dialect: &Dialect, before: u8) -> State {
        match self {
            Self { inside: u64::MAX, .. } => State::Quoted,
            Self { may_open: 1, .. } if Some(before) == dialect.quote => State::QuoteInQuoted,
            Self { may_open: 1, .. } => dialect.after(before),
            _ => State::Unquoted,
        }
    }

    /// Moves over a block: which of its bytes are inside quotes or open them, and the stance behind it.
    #[inline(always)]
    pub(super) fn over(self, machine: impl Machine, quotes: u64, separators: u64) -> (u64, Self) {
        if quotes == 0 {
            return (self.inside, self.over_plain(separators >> 63));
        }
        let inside = machine.parities(quotes) ^ self.inside;
        let openable = separators | quotes;
        let opening = quotes & inside;
        if opening & !(openable << 1 | self.may_open) != 0 {
            return self.over_odd(quotes, separators);
        }
        (inside, Self::behind(inside, openable))
    }

    /// Moves over bytes without quotes, behind which a quote would open if they are outside quotes.
    #[inline(always)]
    pub(super) fn over_plain(self, may_open: u64) -> Self {
        Self { may_open: may_open & !self.inside, ..self }
    }

    /// Moves over a block quote by quote: those that are letters count for nothing.
    #[cold]
    fn over_odd(self, quotes: u64, separators: u64) -> (u64, Self) {
        let (mut rest, mut real) = (quotes, 0);
        let mut open = self.inside != 0;
        while rest != 0 {
            let quote = rest & rest.wrapping_neg();
            rest ^= quote;
            // Outside, a quote right behind one that is no letter is behind one that closed: it is doubled.
            if open || quote & ((separators | real) << 1 | self.may_open) != 0 {
                open = !open;
                real |= quote;
            }
        }
        let inside = Swar.parities(real) ^ self.inside;
        (inside, Self::behind(inside, separators | real))
    }

    /// Returns the stance behind a block, by its last byte.
    #[inline(always)]
    fn behind(inside: u64, openable: u64) -> Self {
        let last = inside >> 63;
        Self { inside: last.wrapping_neg(), may_open: openable >> 63 & !last }
    }

    /// Moves over bytes one at a time.
    fn step_over(self, dialect: &Dialect, bytes: &[u8]) -> Self {
        let state = match self {
            Self { inside: u64::MAX, .. } => State::Quoted,
            Self { may_open: 1, .. } => State::FieldStart,
            _ => State::Unquoted,
        };
        Self::of(bytes.iter().fold(state, |state, &byte| dialect.step(state, byte)))
    }
}

/// Walks over bytes, at least one, from each state, and returns where each walk ends.
///
/// For a dialect in which [`Dialect::only_doubles`] is true; nothing is promised for the states that it cannot be in.
pub(crate) fn walk(dialect: &Dialect, bytes: &[u8]) -> [State; 7] {
    let ends = on_best(Walk { dialect, bytes });
    let last = bytes[bytes.len() - 1];
    State::ALL.map(|state| {
        let stance = Stance::of(state);
        let walk = STARTS.iter().position(|start| *start == stance).unwrap_or(0);
        ends[walk].state(dialect, last)
    })
}

/// Every stance there is.
const STARTS: [Stance; 3] = [Stance::MAY_OPEN, Stance::UNQUOTED, Stance::QUOTED];

/// The walks from every stance, side by side.
struct Walk<'b> {
    dialect: &'b Dialect,
    bytes: &'b [u8],
}

impl Job for Walk<'_> {
    type Output = [Stance; 3];

    #[inline(always)]
    fn run(self, machine: impl Machine) -> [Stance; 3] {
        let dialect = self.dialect;
        let quote = [dialect.quote.unwrap_or_default()].map(|byte| machine.pattern(byte));
        let separators = [dialect.delimiter, b'\n', b'\r'].map(|byte| machine.pattern(byte));
        let (blocks, rest) = self.bytes.as_chunks::<BLOCK>();
        let mut walks = STARTS;
        for block in blocks {
            ask_ahead(block);
            let quotes = machine.mask(quote, block);
            let separators = machine.mask(separators, block);
            walks = together(walks, |walk| walk.over(machine, quotes, separators).1);
        }
        together(walks, |walk| walk.step_over(dialect, rest))
    }
}

/// Moves all walks, and those that have met only once.
#[inline(always)]
fn together(walks: [Stance; 3], step: impl Fn(Stance) -> Stance) -> [Stance; 3] {
    let [a, b, c] = walks;
    let first = step(a);
    let second = if b == a { first } else { step(b) };
    let third = match c {
        _ if c == a => first,
        _ if c == b => second,
        _ => step(c),
    };
    [first, second, third]
}
