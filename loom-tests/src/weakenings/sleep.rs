//! The bed.

use super::File::{Model, Protocol};
use super::Objection::{Assertion, Deadlock};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("sleep"),
        lacks: "SLEEP, the waiter's fence",
        line: "        self.fences.heavy();\n        Announced { epoch }",
        instead: "        Announced { epoch }",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "SLEEP, the notifier's fence",
        line: "        self.fences.light();\n        // ORDERING: Relaxed; the exchange below",
        instead: "        // ORDERING: Relaxed; the exchange below",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "SLEEP, the fence of who asks for sleepers",
        line: "        self.fences.light();\n        // ORDERING: Relaxed; the fence above",
        instead: "        // ORDERING: Relaxed; the fence above",
        scenario: "idle: one helper, one loop [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("sleep"),
        lacks: "the second look",
        line: "if self.try_take() {\n                self.bed.stay_up(announced);",
        instead: "if false {\n                self.bed.stay_up(announced);",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("sleep"),
        lacks: "the order of publishing and notifying",
        line: "        self.jobs.fetch_add(jobs, Relaxed);\n        self.bed.notify(jobs);",
        instead: "        self.bed.notify(jobs);\n        self.jobs.fetch_add(jobs, Relaxed);",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "the step of the epoch",
        line: "self.epoch.fetch_add(1, Relaxed);",
        instead: "",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "a wake for each that was counted",
        line: "futex::wake(&self.epoch, count);",
        instead: "futex::wake(&self.epoch, 1);",
        scenario: "sleep: one call for two [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "the arrival of the woken",
        line: "if waking(state) > 0 { WAKING } else { 0 }",
        instead: "0",
        scenario: "sleep: two waiters, two jobs [strong",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "the count of those who are being woken",
        line: "let count = wanted.min(sleepers(state) - waking(state));",
        instead: "let count = wanted.min(sleepers(state));",
        scenario: "sleep: two notifiers, one waiter [strong",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "the notification of a close",
        line: "self.notify(u32::MAX);",
        instead: "",
        scenario: "idle: one helper, one loop [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("idle"),
        lacks: "the question to loops that look like seen ones",
        line: "if self.bed.is_closed() || self.is_wanted() {",
        instead: "if self.bed.is_closed() || self.finds_new(seen) {",
        scenario: "idle: one helper, a generation that came round [strong",
        objection: Deadlock,
    },
];
