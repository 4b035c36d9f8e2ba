//! The stream.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the acquire from a stage",
        line: "Some(stage) => self.passed[stage].load(Acquire),",
        instead: "Some(stage) => self.passed[stage].load(Relaxed),",
        scenario: "stream: two stages and a lane",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "the end behind the count",
        line: "self.front.publish(writer.count | ENDED);",
        instead: "self.front.publish((writer.count - 1) | ENDED);",
        scenario: "stream: the end",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the release of a stage",
        line: "self.passed[stage.upstream].store(stage.count, Release);",
        instead: "self.passed[stage.upstream].store(stage.count, Relaxed);",
        scenario: "stream: two stages and a lane",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the release of a stage's end",
        line: "self.passed[stage.upstream].store(stage.count | ENDED, Release);",
        instead: "self.passed[stage.upstream].store(stage.count | ENDED, Relaxed);",
        scenario: "stream: a stage ends",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "the last stage's part in the floor",
        line: "let (floor, lanes) = self.lanes.floor(last & !ENDED);",
        instead: "let (floor, lanes) = self.lanes.floor(writer.count);",
        scenario: "stream: a stage and nobody behind it",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "the count as the least limit",
        line: "writer.limit = (floor + self.capacity).max(writer.count);",
        instead: "writer.limit = floor + self.capacity;",
        scenario: "stream: a lane joins while the producer runs on",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("party"),
        lacks: "the elements before the end",
        line: "self.ended && self.known == self.count",
        instead: "self.ended || self.known == self.count",
        scenario: "stream: the end",
        objection: Assertion,
    },
];
