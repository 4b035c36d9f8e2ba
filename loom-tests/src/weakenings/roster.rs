//! The roster, its book and its rooms.

use super::File::Protocol;
use super::Objection::{Assertion, Deadlock};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("roster"),
        lacks: "R1, the wake that is passed on",
        line: "            bed.notify(1);\n",
        instead: "",
        scenario: "roster: shrink against submit, closely",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("rooms"),
        lacks: "R2, the second look at the limit",
        line: "room.is_closed() || is_on_duty() || is_called()",
        instead: "room.is_closed() || is_called()",
        scenario: "roster: grow [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("rooms"),
        lacks: "the second look for a call",
        line: "room.is_closed() || is_on_duty() || is_called()",
        instead: "room.is_closed() || is_on_duty()",
        scenario: "roster: a call for one who stands by [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("rooms"),
        lacks: "R2, the look into the rooms",
        line: "            room.notify(1);\n",
        instead: "            let _ = room;\n",
        scenario: "roster: grow [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("roster"),
        lacks: "the end for those who stand by",
        line: "        self.rooms.close();\n",
        instead: "",
        scenario: "roster: shrink against submit [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("roster"),
        lacks: "the muster's hold",
        line: "        if book.musters == 0 {\n",
        instead: "        if book.musters < 2 {\n",
        scenario: "roster: a muster holds the number",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("roster"),
        lacks: "the place of the blocked",
        line: "            book.blocked += 1;\n            self.post_limit(&book);\n",
        instead: "            book.blocked += 1;\n",
        scenario: "roster: one blocks, another takes its place [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("book"),
        lacks: "R3, the life that is over",
        line: "record.state == State::Taken && record.life == life",
        instead: "record.state == State::Taken",
        scenario: "roster: two find one thread dead",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("book"),
        lacks: "R4, the end",
        line: "        self.has_ended = true;\n",
        instead: "",
        scenario: "roster: dead or ended",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("book"),
        lacks: "the successor of the dead",
        line: "Successor::Hire(record.take(number))",
        instead: "Successor::Nobody",
        scenario: "roster: a thread dies, another goes on [strong",
        objection: Assertion,
    },
];
