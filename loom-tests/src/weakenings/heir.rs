//! Heirs.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("heir"),
        lacks: "V1, the lifeline",
        line: "if !may_be_dead || !lifelines.try_hold(number) {",
        instead: "if !may_be_dead {",
        scenario: "heir: nobody dies",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("heir"),
        lacks: "V2, the exchange",
        line: "if !record.exchange(seen, ours, Relaxed) {",
        instead: "record.word.store(ours.0, Ordering::Release);\n        if false {",
        scenario: "heir: one inherits while another sweeps",
        objection: Race,
    },
    Weakening {
        file: Protocol("heir"),
        lacks: "V3, the question about a sweeper",
        line: "State::Sweeping(by) => by == number || lifelines.is_cut(by),",
        instead: "State::Sweeping(_) => true,",
        scenario: "heir: one inherits while another sweeps",
        objection: Race,
    },
    Weakening {
        file: Protocol("heir"),
        lacks: "V4, the end of what a dead sweeper swept",
        line: "participants.leave_to_others(sweep.dead);",
        instead: "",
        scenario: "heir: of a sweeper",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("participant"),
        lacks: "the number itself left out, of an heir",
        line: ".filter(|&number| number != dead)",
        instead: "",
        scenario: "heir: one dies, one comes",
        objection: Assertion,
    },
];
