//! The returns.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("returns"),
        lacks: "HOME, the release",
        line: "compare_exchange_weak(top, block.as_ptr(), Release, Relaxed)",
        instead: "compare_exchange_weak(top, block.as_ptr(), Relaxed, Relaxed)",
        scenario: "returns: two put, one takes",
        objection: Race,
    },
    Weakening {
        file: Protocol("returns"),
        lacks: "HOME, the acquire",
        line: "self.top.swap(ptr::null_mut(), Acquire)",
        instead: "self.top.swap(ptr::null_mut(), Relaxed)",
        scenario: "returns: two put, one takes",
        objection: Race,
    },
    Weakening {
        file: Protocol("returns"),
        lacks: "the exchange of who puts",
        line: "match self.top.compare_exchange_weak(top, block.as_ptr(), Release, Relaxed) {",
        instead: "match { self.top.store(block.as_ptr(), Release); Ok::<*mut Link, *mut Link>(top) } {",
        scenario: "returns: two put, one takes",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("returns"),
        lacks: "the newer link of who was late",
        line: "Err(now) => top = now,",
        instead: "Err(now) => { if self.top.compare_exchange(now, block.as_ptr(), Release, Relaxed).is_ok() { return; } top = now; }",
        scenario: "returns: two put, one takes",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("returns"),
        lacks: "the exchange of who takes (X1)",
        line: "self.top.swap(ptr::null_mut(), Acquire)",
        instead: "{ let top = self.top.load(Acquire); self.top.store(ptr::null_mut(), Relaxed); top }",
        scenario: "returns: two put, one takes",
        objection: Assertion,
    },
];
