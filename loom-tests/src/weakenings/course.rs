//! The course of a run.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("course"),
        lacks: "the exchange of who comes home",
        line: "self.word.fetch_sub(1, Relaxed) == ENDED + 1",
        instead: "{ let word = self.word.load(Relaxed); self.word.store(word - 1, Relaxed); word == ENDED + 1 }",
        scenario: "course: two come home while the source ends",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("course"),
        lacks: "the exchange of who ends",
        line: "self.word.fetch_or(ENDED, Relaxed) == 0",
        instead: "{ let word = self.word.load(Relaxed); self.word.store(word | ENDED, Relaxed); word == 0 }",
        scenario: "course: two come home while the source ends",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("course"),
        lacks: "the exchange of who stops",
        line: "!is_over(self.word.fetch_or(STOPPED, Relaxed))",
        instead: "{ let word = self.word.load(Relaxed); self.word.store(word | STOPPED, Relaxed); !is_over(word) }",
        scenario: "course: one comes home and two stop",
        objection: Assertion,
    },
];
