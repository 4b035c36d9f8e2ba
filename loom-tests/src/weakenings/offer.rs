//! The offer.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("offer"),
        lacks: "the exchange of who takes it (O1)",
        line: "self.taken.swap(1, Relaxed) == 0",
        instead: "{ self.taken.store(1, Relaxed); true }",
        scenario: "offer: two want it",
        objection: Race,
    },
    Weakening {
        file: Protocol("offer"),
        lacks: "the end of a vigil",
        line: "self.kept.store(0, Relaxed);",
        instead: "",
        scenario: "offer: a vigil is seen by who is told of it",
        objection: Assertion,
    },
];
