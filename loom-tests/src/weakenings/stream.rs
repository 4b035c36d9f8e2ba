//! The stream.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the release",
        line: "self.published[0].store(writer.count, Release);",
        instead: "self.published[0].store(writer.count, Relaxed);",
        scenario: "stream: one lane, going round",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the acquire",
        line: "let published = self.published[follower.upstream].load(Acquire);",
        instead: "let published = self.published[follower.upstream].load(Relaxed);",
        scenario: "stream: one lane, going round",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the release of the end",
        line: "self.published[0].store(writer.count | ENDED, Release);",
        instead: "self.published[0].store(writer.count | ENDED, Relaxed);",
        scenario: "stream: the end",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the release of a stage",
        line: "self.published[stage.upstream + 1].store(stage.count, Release);",
        instead: "self.published[stage.upstream + 1].store(stage.count, Relaxed);",
        scenario: "stream: two stages and a lane",
        objection: Race,
    },
    Weakening {
        file: Protocol("stream"),
        lacks: "PUBLISH, the release of a stage's end",
        line: "self.published[stage.upstream + 1].store(stage.count | ENDED, Release);",
        instead: "self.published[stage.upstream + 1].store(stage.count | ENDED, Relaxed);",
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
        file: Protocol("stream"),
        lacks: "the elements before the end",
        line: "self.ended && self.known == self.count",
        instead: "self.ended || self.known == self.count",
        scenario: "stream: the end",
        objection: Assertion,
    },
];
