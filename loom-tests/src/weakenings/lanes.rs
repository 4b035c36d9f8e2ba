//! The lanes of a stream.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("lanes"),
        lacks: "JOIN, the lane's fence",
        line: "        fence(Ordering::SeqCst);\n        let begin = published();",
        instead: "        let begin = published();",
        scenario: "lanes: one joins",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "JOIN, the producer's fence",
        line: "        fence(Ordering::SeqCst);\n        // ORDERING: GATE, acquire side, for",
        instead: "        // ORDERING: GATE, acquire side, for",
        scenario: "lanes: one joins",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "the second look of a lane that joins",
        line: "let begin = published();",
        instead: "let begin = self.cursors[index].load(Relaxed);",
        scenario: "lanes: one joins",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "GATE, the release",
        line: "self.cursors[index].store(cursor, Release);",
        instead: "self.cursors[index].store(cursor, Relaxed);",
        scenario: "lanes: one reads and releases",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "GATE, the acquire",
        line: "self.cursors[index].load(Acquire)",
        instead: "self.cursors[index].load(Relaxed)",
        scenario: "lanes: one reads and releases",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "GATE, the release of who leaves",
        line: "self.joined.fetch_and(!(1 << index), Release);",
        instead: "self.joined.fetch_and(!(1 << index), Relaxed);",
        scenario: "lanes: one leaves",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "GATE, the acquire from who left",
        line: "let joined = self.joined.load(Acquire);",
        instead: "let joined = self.joined.load(Relaxed);",
        scenario: "lanes: one leaves",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "SEAT, the release",
        line: "self.taken.fetch_and(!(1 << index), Release);",
        instead: "self.taken.fetch_and(!(1 << index), Relaxed);",
        scenario: "lanes: one leaves and another takes its seat",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "SEAT, the acquire",
        line: "taken | 1 << index, Acquire, Relaxed)",
        instead: "taken | 1 << index, Relaxed, Relaxed)",
        scenario: "lanes: one leaves and another takes its seat",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "the release of the cursor in the seat of another",
        line: "self.cursors[index].store(published(), Release);",
        instead: "self.cursors[index].store(published(), Relaxed);",
        scenario: "lanes: one leaves and another takes its seat",
        objection: Race,
    },
    Weakening {
        file: Protocol("lanes"),
        lacks: "the exchange that takes a seat",
        line: "match self.taken.compare_exchange_weak(taken, taken | 1 << index, Acquire, Relaxed) {",
        instead: "match Ok::<u64, u64>(self.taken.fetch_or(1 << index, Acquire)) {",
        scenario: "lanes: two take seats",
        objection: Assertion,
    },
];
