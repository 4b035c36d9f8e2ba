//! The costs.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("cost"),
        lacks: "the two halves in one word (C1)",
        line: "self.entries[kind.entry()].store(entry, Relaxed);",
        instead: "let half = self.entries[kind.entry()].load(Relaxed) & 0xffff_ffff; \
                  self.entries[kind.entry()].store(entry >> 32 << 32 | half, Relaxed); \
                  self.entries[kind.entry()].store(entry, Relaxed);",
        scenario: "cost: two kinds share an entry",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("cost"),
        lacks: "time spent and end in one word (C1)",
        line: "self.word.store(spent << 40 | end & CLOCK, Relaxed);",
        instead: "let spent_before = self.word.load(Relaxed) >> 40 << 40; \
                  self.word.store(spent_before | end & CLOCK, Relaxed); \
                  let end = self.word.load(Relaxed) & CLOCK; self.word.store(spent << 40 | end, Relaxed);",
        scenario: "cost: two callers share a streak",
        objection: Assertion,
    },
];
