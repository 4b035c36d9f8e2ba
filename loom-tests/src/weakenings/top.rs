//! The top of the free slots.

use super::File::{Model, Protocol};
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("top"),
        lacks: "TOP, the release",
        line: "self.0.swap(slot, AcqRel)",
        instead: "self.0.swap(slot, Acquire)",
        scenario: "top: one puts, two take",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("top"),
        lacks: "TOP, the acquire of who puts another out",
        line: "self.0.swap(slot, AcqRel)",
        instead: "self.0.swap(slot, Ordering::Release)",
        scenario: "top: two put, one takes",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("top"),
        lacks: "TOP, the acquire of who takes",
        line: "self.0.swap(NOBODY, Acquire)",
        instead: "self.0.swap(NOBODY, Relaxed)",
        scenario: "top: one puts, two take",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("top"),
        lacks: "the exchange of who takes (T1)",
        line: "Some(self.0.swap(NOBODY, Acquire))",
        instead: "Some({ let slot = self.0.load(Acquire); self.0.store(NOBODY, Relaxed); slot })",
        scenario: "top: one puts, two take",
        objection: Assertion,
    },
    Weakening {
        file: Model("top"),
        lacks: "a slot that stays posted when it is put out",
        line: "let _listed = free.give(second);",
        instead: "if let Some(before) = free.give(second) { let held = free.hold(before); free.give(held); }",
        scenario: "top: put out at the ring's end",
        objection: Assertion,
    },
];
