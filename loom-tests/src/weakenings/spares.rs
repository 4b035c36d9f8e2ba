//! The spares.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("spares"),
        lacks: "SPARE, the release",
        line: "fetch_or(1 << (number % u64::BITS), Release);",
        instead: "fetch_or(1 << (number % u64::BITS), Relaxed);",
        scenario: "spares: two take and put back",
        objection: Race,
    },
    Weakening {
        file: Protocol("spares"),
        lacks: "SPARE, the acquire",
        line: "let before = word.fetch_and(!bit, Acquire);",
        instead: "let before = word.fetch_and(!bit, Relaxed);",
        scenario: "spares: two take and put back",
        objection: Race,
    },
    Weakening {
        file: Protocol("spares"),
        lacks: "a look at who cleared the bit",
        line: "if before & bit != 0 {",
        instead: "if true {",
        scenario: "spares: two take and put back",
        objection: Race,
    },
    Weakening {
        file: Protocol("spares"),
        lacks: "the exchange of who puts back",
        line: "self.words[(number / u64::BITS) as usize].fetch_or(1 << (number % u64::BITS), Release);",
        instead: "let word = &self.words[(number / u64::BITS) as usize]; word.store(word.load(Relaxed) | 1 << (number % u64::BITS), Release);",
        scenario: "spares: two take and put back",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("spares"),
        lacks: "the exchange of who adopts",
        line: "let number = self.adopted.fetch_add(1, Relaxed);",
        instead: "let number = self.adopted.load(Relaxed); self.adopted.store(number + 1, Relaxed);",
        scenario: "spares: two adopt and one takes",
        objection: Race,
    },
];
