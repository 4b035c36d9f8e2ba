//! The parking lot.

use super::File::{Model, Protocol};
use super::Objection::{Assertion, Deadlock, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("parking"),
        lacks: "the lock around the look",
        line: "        let mut queue = self.bucket(address);\n        if !is_expected() {\n            return Parked::Changed;\n        }\n",
        instead: "        if !is_expected() {\n            return Parked::Changed;\n        }\n        let mut queue = self.bucket(address);\n",
        scenario: "parking: one waits, one calls",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("parking"),
        lacks: "the bell",
        line: "                waiter.bell.notify_one();\n",
        instead: "",
        scenario: "parking: one waits, one calls",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("parking"),
        lacks: "a look at the address",
        line: "waiter.address == address && called < count",
        instead: "called < count",
        scenario: "parking: two wait at two addresses",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("parking"),
        lacks: "a look at who is called",
        line: "waiter.bell, &bell)) else {",
        instead: "waiter.bell, &bell)).filter(|_| false) else {",
        scenario: "parking: one waits, one calls",
        objection: Race,
    },
    Weakening {
        file: Model("parking"),
        lacks: "a change before the call",
        line: "    place.change(0);\n    let called = place.lot.notify(0, usize::MAX);\n",
        instead: "    let called = place.lot.notify(0, usize::MAX);\n    place.change(0);\n",
        scenario: "parking: one waits, one calls",
        objection: Deadlock,
    },
];
