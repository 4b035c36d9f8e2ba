//! The bridge.

use super::File::{Model, Protocol};
use super::Objection::Deadlock;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("bridge"),
        lacks: "the call behind the announcement (G1)",
        line: "            self.call_all();\n            let has_ticked",
        instead: "            let has_ticked",
        scenario: "bridge: one task",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("bridge"),
        lacks: "the passing on of a wake that is for no task (G2)",
        line: "                bed.notify(1);\n",
        instead: "",
        scenario: "bridge: a task that is dropped at once, and a thread",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("bridge"),
        lacks: "the bell for a task that comes (G3)",
        line: "            self.bell.notify_one();\n            drop(is_open);",
        instead: "            drop(is_open);",
        scenario: "bridge: one task",
        objection: Deadlock,
    },
    Weakening {
        file: Model("bridge"),
        lacks: "the passing on of a call that is not answered (G2)",
        line: "        if things.bridge.leave(&mut self.place) {\n            things.bed.notify(1);\n        }",
        instead: "        things.bridge.leave(&mut self.place);",
        scenario: "bridge: a task that is dropped later, and a thread",
        objection: Deadlock,
    },
];
