//! Counts that one writes and others read.

use super::File::{Model, Protocol};
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("tally"),
        lacks: "SEAL, release side",
        line: "self.word.store(before.wrapping_add(1), Release);",
        instead: "self.word.store(before.wrapping_add(1), Relaxed);",
        scenario: "tally: two snapshots while a worker counts",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "SEAL, release side of several",
        line: "self.word.fetch_add(1, Release);",
        instead: "self.word.fetch_add(1, Relaxed);",
        scenario: "tally: a snapshot while two share a count",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "SEAL, acquire side",
        line: "self.word.load(Acquire)",
        instead: "self.word.load(Relaxed)",
        scenario: "tally: two snapshots while a worker counts",
        objection: Assertion,
    },
    Weakening {
        file: Model("tally"),
        lacks: "the ended ones first",
        line: "(ended, self.nanoseconds.get())",
        instead: "let nanoseconds = self.nanoseconds.get(); (ended.max(self.ended.sealed()), nanoseconds)",
        scenario: "tally: two snapshots while a worker counts",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "the exchange of a shared count",
        line: "self.word.fetch_add(more, Relaxed);",
        instead: "self.add(more);",
        scenario: "tally: two add to one count",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "TURN, acquire side",
        line: "!self.taken.swap(true, Acquire)",
        instead: "!self.taken.swap(true, Relaxed)",
        scenario: "tally: two count by turns",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "TURN, release side",
        line: "self.taken.store(false, Release);",
        instead: "self.taken.store(false, Relaxed);",
        scenario: "tally: two count by turns",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "the exchange that takes a turn",
        line: "!self.taken.swap(true, Acquire)",
        instead: "if self.taken.load(Acquire) { false } else { self.taken.store(true, Relaxed); true }",
        scenario: "tally: two count by turns",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "the exchange of a shared peak",
        line: "self.word.fetch_max(height, Relaxed);",
        instead: "self.word.store(height, Relaxed);",
        scenario: "tally: two raise a peak that is taken",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("tally"),
        lacks: "the exchange that takes a peak",
        line: "self.word.swap(0, Relaxed)",
        instead: "let peak = self.get(); self.word.store(0, Relaxed); peak",
        scenario: "tally: two raise a peak that is taken",
        objection: Assertion,
    },
];
