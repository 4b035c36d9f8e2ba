//! The end of a ring, and the words by which threads say that they are still there.

use super::File::{Model, Protocol};
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("retirement"),
        lacks: "END, the announcer's fence",
        line: "self.fences.heavy();",
        instead: "",
        scenario: "retirement: one gives back",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("retirement"),
        lacks: "END, the holder's fence",
        line: "self.fences.light();",
        instead: "",
        scenario: "retirement: one gives back",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("hazard"),
        lacks: "the word of who enters",
        line: "self.at.store(place, Relaxed);",
        instead: "",
        scenario: "retirement: one gives back",
        objection: Race,
    },
    Weakening {
        file: Protocol("hazard"),
        lacks: "GONE, the release of who leaves",
        line: "self.at.store(NOWHERE, Release);",
        instead: "self.at.store(NOWHERE, Relaxed);",
        scenario: "retirement: one gives back",
        objection: Race,
    },
    Weakening {
        file: Protocol("hazard"),
        lacks: "GONE, the acquire of who frees",
        line: "hazard.at.load(Acquire) == place",
        instead: "hazard.at.load(Relaxed) == place",
        scenario: "retirement: one gives back",
        objection: Race,
    },
    Weakening {
        file: Protocol("hazard"),
        lacks: "the exchange of who takes a hazard",
        line: "hazard.taken.compare_exchange(0, 1, Acquire, Relaxed).is_ok()",
        instead: "{ hazard.taken.store(1, Relaxed); true }",
        scenario: "retirement: two give back",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("hazard"),
        lacks: "TAKEN, the acquire of who takes",
        line: "hazard.taken.load(Relaxed) == 0 && hazard.taken.compare_exchange(0, 1, Acquire, Relaxed).is_ok()",
        instead: "hazard.taken.load(Relaxed) == 0 && hazard.taken.compare_exchange(0, 1, Relaxed, Relaxed).is_ok()",
        scenario: "retirement: a hazard changes hands",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("hazard"),
        lacks: "TAKEN, the release of who gives back",
        line: "self.0[own.0].taken.store(0, Release);",
        instead: "self.0[own.0].taken.store(0, Relaxed);",
        scenario: "retirement: a hazard changes hands",
        objection: Assertion,
    },
    Weakening {
        file: Model("retirement"),
        lacks: "the word before the slot is given away",
        line: "self.hazards.of(own).enter(HERE)",
        instead: "self.hazards.of(own).enter(HERE + 1)",
        scenario: "retirement: one gives back",
        objection: Race,
    },
    Weakening {
        file: Protocol("retirement"),
        lacks: "CLAIM, the release",
        line: "if self.claims.fetch_sub(1, Release) != 1 {",
        instead: "if self.claims.fetch_sub(1, Relaxed) != 1 {",
        scenario: "retirement: one gives back, counted",
        objection: Race,
    },
    Weakening {
        file: Protocol("retirement"),
        lacks: "CLAIM, the acquire",
        line: "        fence(Acquire);\n        true",
        instead: "        true",
        scenario: "retirement: one gives back, counted",
        objection: Race,
    },
];
