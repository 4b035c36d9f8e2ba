//! Slots that belong to whoever shows their ticket.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("escrow"),
        lacks: "a look at the ticket's generation",
        line: "if !seen.is_ready_in(ESCROW) || seen.generation() != generation {",
        instead: "if !seen.is_ready_in(ESCROW) {",
        scenario: "escrow: a ticket that is shown late",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("escrow"),
        lacks: "a look at how long it has been there",
        line: "Some(since) if since <= before => slot.try_take(number, seen, me),",
        instead: "Some(_) => slot.try_take(number, seen, me),",
        scenario: "escrow: reclaimed while it is deposited again",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("slot"),
        lacks: "PLACE, the acquire of who asks since when",
        line: "let seen = Word(self.word.load(Acquire));",
        instead: "let seen = Word(self.word.load(Relaxed));",
        scenario: "escrow: reclaimed while it is deposited again",
        objection: Assertion,
    },
];
