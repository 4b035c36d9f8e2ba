//! The shares.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("shares"),
        lacks: "the exchange of a thief",
        line: "if self.shares[victim].compare_exchange(word, pack(&(start..middle)), Relaxed, Relaxed).is_err() {",
        instead: "self.shares[victim].store(pack(&(start..middle)), Relaxed); if false {",
        scenario: "shares: two take and steal",
        objection: Race,
    },
    Weakening {
        file: Protocol("shares"),
        lacks: "the exchange of a share's owner",
        line: "share.compare_exchange_weak(word, pack(&(start + count..end)), Relaxed, Relaxed)",
        instead: "Ok::<_, u64>(share.store(pack(&(start + count..end)), Relaxed))",
        scenario: "shares: two take and steal",
        objection: Race,
    },
    Weakening {
        file: Protocol("shares"),
        lacks: "the exchange of who takes a whole share",
        line: "unpack(self.shares[worker].swap(0, Relaxed))",
        instead: "{ let word = self.shares[worker].load(Relaxed); self.shares[worker].store(0, Relaxed); unpack(word) }",
        scenario: "shares: one takes its whole share",
        objection: Race,
    },
    Weakening {
        file: Protocol("shares"),
        lacks: "the look at the cancellation",
        line: "if self.cancelled.load(Relaxed) != 0 {\n            return 0..0;",
        instead: "if false {",
        scenario: "shares: one cancels",
        objection: Assertion,
    },
];
