//! The newest value.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("latest"),
        lacks: "VALUE, the release",
        line: "self.word.fetch_xor(filler.newest ^ filler.filled, AcqRel)",
        instead: "self.word.fetch_xor(filler.newest ^ filler.filled, Acquire)",
        scenario: "latest: one reader",
        objection: Race,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "BACK, the acquire",
        line: "self.word.fetch_xor(filler.newest ^ filler.filled, AcqRel)",
        instead: "self.word.fetch_xor(filler.newest ^ filler.filled, Release)",
        scenario: "latest: one reader",
        objection: Race,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "VALUE, the acquire",
        line: "compare_exchange_weak(word, held, AcqRel, Relaxed)",
        instead: "compare_exchange_weak(word, held, Release, Relaxed)",
        scenario: "latest: one reader",
        objection: Race,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "BACK, the release",
        line: "compare_exchange_weak(word, held, AcqRel, Relaxed)",
        instead: "compare_exchange_weak(word, held, Acquire, Relaxed)",
        scenario: "latest: one reader",
        objection: Race,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "the exchange that compares",
        line: "match self.word.compare_exchange_weak(word, held, AcqRel, Relaxed) {",
        instead: "match Ok::<u64, u64>(self.word.swap(held, AcqRel)) {",
        scenario: "latest: one reader",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "the look at what readers hold",
        line: "buffer != filler.newest && !is_held(buffer)",
        instead: "buffer != filler.newest",
        scenario: "latest: one reader",
        objection: Race,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "the second spare buffer",
        line: "readers + 2",
        instead: "readers + 1",
        scenario: "latest: one reader",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "BACK, the release of who leaves",
        line: "self.word.fetch_or(NONE << shift(holder.reader), Release);",
        instead: "self.word.fetch_or(NONE << shift(holder.reader), Relaxed);",
        scenario: "latest: a reader leaves",
        objection: Race,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "LAST, the release",
        line: "self.ended.store(true, Release);",
        instead: "self.ended.store(true, Relaxed);",
        scenario: "latest: the end",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("latest"),
        lacks: "LAST, the acquire",
        line: "self.ended.load(Acquire)",
        instead: "self.ended.load(Relaxed)",
        scenario: "latest: the end",
        objection: Assertion,
    },
];
