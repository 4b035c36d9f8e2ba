//! The roll.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[Weakening {
    file: Protocol("roll"),
    lacks: "the exchange of who counts",
    line: "self.skipped.fetch_add(1, Relaxed);",
    instead: "self.skipped.store(self.skipped.load(Relaxed) + 1, Relaxed);",
    scenario: "roll: two report",
    objection: Assertion,
}];
