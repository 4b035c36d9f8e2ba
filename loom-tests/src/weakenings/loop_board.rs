//! The loop board.

use super::File::Protocol;
use super::Objection::{Deadlock, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("loop_board"),
        lacks: "POST, the release",
        line: "self.line.word.store(word, Release);",
        instead: "self.line.word.store(word, Relaxed);",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "POST, the acquire",
        line: "compare_exchange_weak(word, word + ENTERED, Acquire, Relaxed)",
        instead: "compare_exchange_weak(word, word + ENTERED, Relaxed, Relaxed)",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the release",
        line: "self.line.word.fetch_sub(ENTERED, Release);",
        instead: "self.line.word.fetch_sub(ENTERED, Relaxed);",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the acquire of those who left before",
        line: "fetch_and(!POSTED, Acquire)",
        instead: "fetch_and(!POSTED, Relaxed)",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the acquire of who is about to sleep",
        line: "self.line.word.fetch_or(WAITING, Acquire)",
        instead: "self.line.word.fetch_or(WAITING, Relaxed)",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the acquire of the woken",
        line: "word = self.line.word.load(Acquire);",
        instead: "word = self.line.word.load(Relaxed);",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "OWN, the release",
        line: "self.owner.store(0, Release);",
        instead: "self.owner.store(0, Relaxed);",
        scenario: "loop_board: two callers, one helper [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "OWN, the acquire",
        line: "compare_exchange(0, 1, Acquire, Relaxed)",
        instead: "compare_exchange(0, 1, Relaxed, Relaxed)",
        scenario: "loop_board: two callers, one helper [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "the wait for those inside (L2)",
        line: "while entered(word) > 0 {",
        instead: "while false {",
        scenario: "loop_board: one helper, the caller sleeps [strong",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "the wake of the caller",
        line: "futex::wake(&self.line.word, 1);",
        instead: "",
        scenario: "loop_board: one helper, the caller sleeps [strong",
        objection: Deadlock,
    },
];
