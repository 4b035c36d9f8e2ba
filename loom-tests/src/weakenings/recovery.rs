//! Recovery.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("recovery"),
        lacks: "the slots that the dead held",
        line: "if seen.is_held() {",
        instead: "if seen.is_held() && false {",
        scenario: "recovery: a receiver dies",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "the listing of what the dead posted",
        line: "} else if seen.is_ready() && !self.is_listed(number, seen.queue()) {",
        instead: "} else if false {",
        scenario: "recovery: a sender dies",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "N4, the look whether it is listed",
        line: "} else if seen.is_ready() && !self.is_listed(number, seen.queue()) {",
        instead: "} else if seen.is_ready() {",
        scenario: "recovery: what is listed stays in its turn",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "N3, the question whose slot it is",
        line: "if seen.owner() != dead {",
        instead: "if false {",
        scenario: "recovery: a sender dies beside another",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "N5, the slots before the number",
        line: "let recovered = self.recover(&sweep);",
        instead: "let dead = sweep.dead; participants.free(sweep); let mut recovered = Recovered::default(); for number in 0..self.slots.len() as u32 { self.recover_slot(number, dead, &mut recovered); } struct Gone { dead: Owner } let sweep = Gone { dead }; let participants = Nobody; struct Nobody; impl Nobody { fn free(self, _: Gone) {} }",
        scenario: "recovery: the number is had next",
        objection: Race,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "the mark of what comes again",
        line: "_ => self.push(held, queue, Time::Again, sent_again, set_aside),",
        instead: "_ => self.push(held, queue, Time::First, sent_again, set_aside),",
        scenario: "recovery: a receiver dies",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "the mark of what came again before",
        line: "let time = if held.is_retry() { Time::Again } else { Time::First };",
        instead: "let time = Time::First;",
        scenario: "recovery: a sweeper dies",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("recovery"),
        lacks: "the look whether the dead had begun to change it",
        line: "Dirty::SetAside if held.is_dirty() => self.set_aside(held, set_aside),",
        instead: "",
        scenario: "recovery: a receiver dies, to set aside",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("slot"),
        lacks: "what the dead had begun, when it is adopted",
        line: "let flags = seen.0 & (DIRTY | RETRY);",
        instead: "let flags = seen.0 & RETRY;",
        scenario: "recovery: a receiver dies, to set aside",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("slot"),
        lacks: "the place forgotten before a post, for a sweeper",
        line: "self.listed_at.store(UNLISTED, Relaxed);",
        instead: "",
        scenario: "recovery: a slot that went round",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("slot"),
        lacks: "the note of a change before the change",
        line: "self.word.store(held.word.0, Relaxed);",
        instead: "",
        scenario: "recovery: a receiver dies, to set aside",
        objection: Assertion,
    },
];
