//! The permits to spin.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("spinners"),
        lacks: "the exchange",
        line: "match self.now.compare_exchange_weak(now, now + 1, Relaxed, Relaxed) {",
        instead: "match Ok::<u32, u32>(self.now.fetch_add(1, Relaxed)) {",
        scenario: "spinners: three threads, one permit",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("spinners"),
        lacks: "the return of a permit",
        line: "        self.now.fetch_sub(1, Relaxed);\n",
        instead: "",
        scenario: "spinners: three threads, two permits",
        objection: Assertion,
    },
];
