//! The end of a process's part in a ring that others go on with.

use super::File::{Model, Protocol};
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("departure"),
        lacks: "the bit that decides who counts",
        line: "self.out[word].fetch_or(bit, Relaxed) & bit == 0",
        instead: "{ let before = self.out[word].load(Relaxed); self.out[word].store(before | bit, Relaxed); before & bit == 0 }",
        scenario: "departure: one gives away",
        objection: Assertion,
    },
    Weakening {
        file: Model("departure"),
        lacks: "a look at who holds the slot",
        line: "if !words.word().is_held_by(ME) && self.count_out(slot) {",
        instead: "if self.count_out(slot) {",
        scenario: "departure: one gives away",
        objection: Race,
    },
    Weakening {
        file: Protocol("retirement"),
        lacks: "END, the leaver's fence",
        line: "self.fences.heavy();",
        instead: "",
        scenario: "departure: one gives away",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("retirement"),
        lacks: "END, the holder's fence, where a process leaves",
        line: "self.fences.light();",
        instead: "",
        scenario: "departure: one gives away",
        objection: Assertion,
    },
];
