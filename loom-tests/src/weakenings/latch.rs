//! The latch.

use super::File::Protocol;
use super::Objection::{Deadlock, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the release",
        line: "self.word.fetch_sub(1, Release);",
        instead: "self.word.fetch_sub(1, Relaxed);",
        scenario: "latch: two arrive, one sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the acquire of who spins",
        line: "if self.word.load(Acquire) == 0 {",
        instead: "if self.word.load(Relaxed) == 0 {",
        scenario: "latch: one arrives, one spins and sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the acquire of who comes last",
        line: "self.word.fetch_or(WAITING, Acquire)",
        instead: "self.word.fetch_or(WAITING, Relaxed)",
        scenario: "latch: one arrives, one sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the acquire of the woken",
        line: "word = self.word.load(Acquire);",
        instead: "word = self.word.load(Relaxed);",
        scenario: "latch: two arrive, one sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "the wake",
        line: "futex::wake(&self.word, 1);",
        instead: "",
        scenario: "latch: two arrive, one sleeps [strong",
        objection: Deadlock,
    },
];
