//! Look-back.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("look_back"),
        lacks: "the passages between",
        line: "return between.apply((word & STATE) as u8);",
        instead: "return (word & STATE) as u8;",
        scenario: "look_back: four runs, two workers",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("look_back"),
        lacks: "the order of passages",
        line: "between = passage.then(between);",
        instead: "between = between.then(passage);",
        scenario: "look_back: four runs, two workers",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("look_back"),
        lacks: "the passage that another owes",
        line: "self.passage(word).unwrap_or_else(|| self.found(before, &mut find));",
        instead: "self.passage(word).unwrap_or_else(Passage::identity);",
        scenario: "look_back: one stops at the first run",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("look_back"),
        lacks: "the state behind the run, not before it",
        line: "self.settle(run, own.apply(entry));",
        instead: "self.settle(run, entry);",
        scenario: "look_back: four runs, two workers",
        objection: Assertion,
    },
];
