//! Whereabouts.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("whereabouts"),
        lacks: "the note that a place was left",
        line: "thread.places.store(thread.places.load(Relaxed) & !(1 << place), Relaxed);",
        instead: "let _ = (thread, place);",
        scenario: "whereabouts: one is gone",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("whereabouts"),
        lacks: "the other places of who enters one",
        line: "thread.places.load(Relaxed) | 1 << place",
        instead: "1 << place",
        scenario: "whereabouts: one is gone",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("whereabouts"),
        lacks: "the end of the stint (V2)",
        line: "thread.stint.load(Relaxed).wrapping_add(1) & 0xffff",
        instead: "thread.stint.load(Relaxed)",
        scenario: "whereabouts: one is gone",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("whereabouts"),
        lacks: "the clean start of the successor (V1)",
        line: "thread.places.store(0, Relaxed);",
        instead: "",
        scenario: "whereabouts: one is gone",
        objection: Assertion,
    },
];
