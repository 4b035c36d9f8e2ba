//! Lines of the protocols that the models must not let go.
//!
//! Each entry weakens one place of one file, given by its exact text, which the build script finds once or fails: an
//! entry cannot outlive its line. The test `models` expects the scenario to refute the result, and by that objection.

// The build script reads this file too, and neither it nor the library needs all of it.
#![allow(dead_code, unreachable_pub)]

use File::{Model, Protocol};
use Objection::{Assertion, Deadlock, Race};

/// One weakened place.
pub(crate) struct Weakening {
    /// Where it is.
    pub(crate) file: File,
    /// What the file lacks without it.
    pub(crate) lacks: &'static str,
    pub(crate) line: &'static str,
    pub(crate) instead: &'static str,
    /// How the name of the scenario begins that refutes it. Up to the colon it is the model's.
    pub(crate) scenario: &'static str,
    pub(crate) objection: Objection,
}

/// Whose line is weakened, and the name of its file.
#[derive(Clone, Copy)]
pub(crate) enum File {
    /// The protocol's.
    Protocol(&'static str),
    /// Its users', whose part the model plays: what the protocol asks of them.
    Model(&'static str),
}

/// What a model says when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// Everybody sleeps.
    Deadlock,
    /// Two threads use a cell with nothing to order them.
    Race,
    /// The scenario's or the protocol's own check.
    Assertion,
}

impl Weakening {
    pub(crate) fn name(&self) -> String {
        let (Protocol(file) | Model(file)) = self.file;
        format!("{file} without {}", self.lacks)
    }

    pub(crate) fn model(&self) -> &'static str {
        self.scenario.split(':').next().unwrap_or_default()
    }
}

pub(crate) const WEAKENINGS: &[Weakening] = &[
    // The bed.
    Weakening {
        file: Protocol("sleep"),
        lacks: "SLEEP, the waiter's fence",
        line: "        fence(Ordering::SeqCst);\n        Announced { epoch }",
        instead: "        Announced { epoch }",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "SLEEP, the notifier's fence",
        line: "        fence(Ordering::SeqCst);\n        // ORDERING: Relaxed; the exchange below",
        instead: "        // ORDERING: Relaxed; the exchange below",
        scenario: "sleep: one waiter, one notifier [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("sleep"),
        lacks: "SLEEP, the fence of who asks for sleepers",
        line: "        fence(Ordering::SeqCst);\n        // ORDERING: Relaxed; the fence above",
        instead: "        // ORDERING: Relaxed; the fence above",
        scenario: "idle: one helper, one loop [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("sleep"),
        lacks: "the second look",
        line: "if self.try_take() {\n                return self.bed.stay_up(announced);",
        instead: "if false {\n                return self.bed.stay_up(announced);",
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
    // The latch.
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the release",
        line: "self.word.fetch_sub(1, Release);",
        instead: "self.word.fetch_sub(1, Relaxed);",
        scenario: "latch: two arrive, one sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the acquire of who spins",
        line: "if self.word.load(Acquire) == 0 {",
        instead: "if self.word.load(Relaxed) == 0 {",
        scenario: "latch: one arrives, one spins and sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the acquire of who comes last",
        line: "self.word.fetch_or(WAITING, Acquire)",
        instead: "self.word.fetch_or(WAITING, Relaxed)",
        scenario: "latch: one arrives, one sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "ARRIVAL, the acquire of the woken",
        line: "word = self.word.load(Acquire);",
        instead: "word = self.word.load(Relaxed);",
        scenario: "latch: two arrive, one sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("latch"),
        lacks: "the wake",
        line: "futex::wake(&self.word, 1);",
        instead: "",
        scenario: "latch: two arrive, one sleeps [strong",
        objection: Deadlock,
    },
    // The loop board.
    Weakening {
        file: Protocol("loop_board"),
        lacks: "POST, the release",
        line: "self.line.word.store(word, Release);",
        instead: "self.line.word.store(word, Relaxed);",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "POST, the acquire",
        line: "compare_exchange_weak(word, word + ENTERED, Acquire, Relaxed)",
        instead: "compare_exchange_weak(word, word + ENTERED, Relaxed, Relaxed)",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the release",
        line: "self.line.word.fetch_sub(ENTERED, Release);",
        instead: "self.line.word.fetch_sub(ENTERED, Relaxed);",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the acquire of those who left before",
        line: "fetch_and(!POSTED, Acquire)",
        instead: "fetch_and(!POSTED, Relaxed)",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the acquire of who is about to sleep",
        line: "self.line.word.fetch_or(WAITING, Acquire)",
        instead: "self.line.word.fetch_or(WAITING, Relaxed)",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "LEAVE, the acquire of the woken",
        line: "word = self.line.word.load(Acquire);",
        instead: "word = self.line.word.load(Relaxed);",
        scenario: "loop_board: one helper, the caller sleeps [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "OWN, the release",
        line: "self.owner.store(0, Release);",
        instead: "self.owner.store(0, Relaxed);",
        scenario: "loop_board: two callers, one helper [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "OWN, the acquire",
        line: "compare_exchange(0, 1, Acquire, Relaxed)",
        instead: "compare_exchange(0, 1, Relaxed, Relaxed)",
        scenario: "loop_board: two callers, one helper [weak",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "the wait for those inside (L2)",
        line: "while entered(word) > 0 {",
        instead: "while false {",
        scenario: "loop_board: one helper, the caller sleeps [strong",
        objection: Race,
    },
    Weakening {
        file: Protocol("loop_board"),
        lacks: "the wake of the caller",
        line: "futex::wake(&self.line.word, 1);",
        instead: "",
        scenario: "loop_board: one helper, the caller sleeps [strong",
        objection: Deadlock,
    },
    // The shares.
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
    // The merge tree.
    Weakening {
        file: Protocol("merge_tree"),
        lacks: "MERGE, the release",
        line: "fetch_add(1, AcqRel)",
        instead: "fetch_add(1, Ordering::Acquire)",
        scenario: "merge_tree: three leaves, two workers",
        objection: Race,
    },
    Weakening {
        file: Protocol("merge_tree"),
        lacks: "MERGE, the acquire",
        line: "fetch_add(1, AcqRel)",
        instead: "fetch_add(1, Ordering::Release)",
        scenario: "merge_tree: three leaves, two workers",
        objection: Race,
    },
    // The costs.
    Weakening {
        file: Protocol("cost"),
        lacks: "the two halves in one word (C1)",
        line: "self.entries[kind.entry()].store(entry, Relaxed);",
        instead: "let half = self.entries[kind.entry()].load(Relaxed) & 0xffff_ffff; \
                  self.entries[kind.entry()].store(entry >> 32 << 32 | half, Relaxed); \
                  self.entries[kind.entry()].store(entry, Relaxed);",
        scenario: "cost: two kinds share an entry",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("cost"),
        lacks: "time spent and end in one word (C1)",
        line: "self.word.store(spent << 40 | end & CLOCK, Relaxed);",
        instead: "let spent_before = self.word.load(Relaxed) >> 40 << 40; \
                  self.word.store(spent_before | end & CLOCK, Relaxed); \
                  let end = self.word.load(Relaxed) & CLOCK; self.word.store(spent << 40 | end, Relaxed);",
        scenario: "cost: two callers share a streak",
        objection: Assertion,
    },
    // The homes.
    Weakening {
        file: Protocol("homes"),
        lacks: "the exchange (H1)",
        line: "Some(self.spare.swap(home, Relaxed))",
        instead: "let spare = self.spare.load(Relaxed); self.spare.store(home, Relaxed); Some(spare)",
        scenario: "homes: two helpers make way",
        objection: Assertion,
    },
    // The parking lot.
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
