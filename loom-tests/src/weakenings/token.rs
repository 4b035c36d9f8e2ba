//! The token.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("token"),
        lacks: "STOP, release",
        line: "compare_exchange(LOWERED, why as u32, Release, Acquire)",
        instead: "compare_exchange(LOWERED, why as u32, Ordering::Relaxed, Acquire)",
        scenario: "token: a parent is cancelled, two look",
        objection: Race,
    },
    Weakening {
        file: Protocol("token"),
        lacks: "STOP, acquire of who finds it raised",
        line: "compare_exchange(LOWERED, why as u32, Release, Acquire)",
        instead: "compare_exchange(LOWERED, why as u32, Release, Ordering::Relaxed)",
        scenario: "token: cancelled while the time is up",
        objection: Race,
    },
    Weakening {
        file: Protocol("token"),
        lacks: "STOP, acquire of who looks",
        line: "reason(self.0.load(Acquire))",
        instead: "reason(self.0.load(Ordering::Relaxed))",
        scenario: "token: a parent is cancelled, two look",
        objection: Race,
    },
    Weakening {
        file: Protocol("token"),
        lacks: "the exchange (T1)",
        line: "match self.0.compare_exchange(LOWERED, why as u32, Release, Acquire) {",
        instead: "let first = self.0.load(Acquire); self.0.store(why as u32, Release); \
                  match if first == LOWERED { Ok(first) } else { Err(first) } {",
        scenario: "token: cancelled, overdue, and one looks",
        objection: Assertion,
    },
];
