//! The last events of one writer.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("journal"),
        lacks: "OVERWRITTEN, release side of the first word",
        line: "entry.first.store(first, Release);",
        instead: "entry.first.store(first, Relaxed);",
        scenario: "journal: three events through a ring of one",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("journal"),
        lacks: "OVERWRITTEN, release side of the second word",
        line: "entry.second.store(second, Release);",
        instead: "entry.second.store(second, Relaxed);",
        scenario: "journal: three events through a ring of one",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("journal"),
        lacks: "OVERWRITTEN, acquire side",
        line: "[entry.first.load(Acquire), entry.second.load(Acquire)]",
        instead: "[entry.first.load(Relaxed), entry.second.load(Relaxed)]",
        scenario: "journal: three events through a ring of one",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("journal"),
        lacks: "the look at what has begun",
        line: "let begun = self.begun.load(Relaxed);",
        instead: "let begun = end;",
        scenario: "journal: three events through a ring of one",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("journal"),
        lacks: "WRITTEN, release side",
        line: "self.written.store(number + 1, Release);",
        instead: "self.written.store(number + 1, Relaxed);",
        scenario: "journal: two events into a ring of two",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("journal"),
        lacks: "WRITTEN, acquire side",
        line: "let end = self.written.load(Acquire);",
        instead: "let end = self.written.load(Relaxed);",
        scenario: "journal: two events into a ring of two",
        objection: Assertion,
    },
];
