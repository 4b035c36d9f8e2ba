//! The line of a stream's producer.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("front"),
        lacks: "PUBLISH, the release",
        line: "self.published.store(count, Release);",
        instead: "self.published.store(count, Relaxed);",
        scenario: "front: elements are read",
        objection: Race,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "PUBLISH, the acquire",
        line: "self.published.load(Acquire)",
        instead: "self.published.load(Relaxed)",
        scenario: "front: elements are read",
        objection: Race,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "ECHO, the release",
        line: "echo.bits.store(bits, Release);",
        instead: "echo.bits.store(bits, Relaxed);",
        scenario: "front: the last element is heard",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "ECHO, the acquire",
        line: "echo.bits.load(Acquire)",
        instead: "echo.bits.load(Relaxed)",
        scenario: "front: the last element is heard",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "the second look at the count",
        line: "(self.published.load(Relaxed) == number + 1).then_some(bits)",
        instead: "Some(bits)",
        scenario: "front: the last element is heard",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "the second echo",
        line: "        let echo = &self.echoes[number as usize & 1];\n        // ORDERING: ECHO, release",
        instead: "        let echo = &self.echoes[1];\n        // ORDERING: ECHO, release",
        scenario: "front: the last element is heard",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "the number of an echo",
        line: "if echo.number.load(Relaxed) != number + 1 {",
        instead: "if false {",
        scenario: "front: a batch is not heard",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "OVERWRITE, the producer's fence",
        line: "fence(Release);",
        instead: "",
        scenario: "front: pushed elements are observed",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "OVERWRITE, the observer's fence",
        line: "fence(Acquire);",
        instead: "",
        scenario: "front: pushed elements are observed",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "the push that may be under way",
        line: "let written_next = (self.published.load(Relaxed) & !ENDED) + 1;",
        instead: "let written_next = self.published.load(Relaxed) & !ENDED;",
        scenario: "front: pushed elements are observed",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("front"),
        lacks: "the claim that may be under way",
        line: "written_next.max(claimed).saturating_sub(capacity)",
        instead: "written_next.max(claimed.min(written_next)).saturating_sub(capacity)",
        scenario: "front: a batch is observed",
        objection: Assertion,
    },
];
