//! A ring's queues and those who sleep at them.

use super::File::Model;
use super::Objection::Deadlock;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Model("hand_over"),
        lacks: "the look for sleepers behind the listing",
        line: "        self.queue(number).push(held, ME, Time::First, u64::MAX)?;\n        self.wakers[usize::from(number)].notify(1);",
        instead: "        self.wakers[usize::from(number)].notify(1);\n        self.queue(number).push(held, ME, Time::First, u64::MAX)?;",
        scenario: "hand_over: one sends, one sleeps [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("hand_over"),
        lacks: "the call of who closes",
        line: "self.wakers[usize::from(FULL)].notify(u32::MAX);",
        instead: "",
        scenario: "hand_over: closed while two sleep [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("hand_over"),
        lacks: "the second look of who sleeps",
        line: "if let Some(found) = attempt() {\n                wakers.stay_up(announced);",
        instead: "if let Some(found) = None {\n                wakers.stay_up(announced);",
        scenario: "hand_over: one sends, one sleeps [strong",
        objection: Deadlock,
    },
];
