//! The commitment.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("commitment"),
        lacks: "GROWN, the release",
        line: "self.bytes.fetch_max(bytes, Release);",
        instead: "self.bytes.fetch_max(bytes, Ordering::Relaxed);",
        scenario: "commitment: two raise it, one reads",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("commitment"),
        lacks: "GROWN, the acquire",
        line: "self.bytes.load(Acquire)",
        instead: "self.bytes.load(Ordering::Relaxed)",
        scenario: "commitment: two raise it, one reads",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("commitment"),
        lacks: "E1: the larger number stays",
        line: "self.bytes.fetch_max(bytes, Release);",
        instead: "self.bytes.store(bytes, Release);",
        scenario: "commitment: two raise it, one reads",
        objection: Assertion,
    },
];
