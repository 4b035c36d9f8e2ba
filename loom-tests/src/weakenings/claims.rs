//! Claims in order.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("claims"),
        lacks: "the one step that claims",
        line: "let piece = self.next.fetch_add(1, Relaxed);",
        instead: "let piece = self.next.load(Relaxed); self.next.store(piece + 1, Relaxed);",
        scenario: "claims: three pieces, two workers",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("claims"),
        lacks: "the nearest of two ends",
        line: "self.end.fetch_min(piece + 1, Relaxed);",
        instead: "self.end.store(piece + 1, Relaxed);",
        scenario: "claims: two of four pieces fail",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("claims"),
        lacks: "the piece that fails itself",
        line: "self.end.fetch_min(piece + 1, Relaxed);",
        instead: "self.end.fetch_min(piece, Relaxed);",
        scenario: "claims: two of four pieces fail",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("claims"),
        lacks: "the look at the end",
        line: "self.is_wanted(piece).then_some(piece)",
        instead: "(piece < 4).then_some(piece)",
        scenario: "claims: a panic ends it",
        objection: Assertion,
    },
];
