//! The stock.

use super::File::{Model, Protocol};
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("stock"),
        lacks: "the count of what is put aside (T2)",
        line: "lots.push_back(lot);\n        // ORDERING: Relaxed; the lot itself is STOCK's, by the lock. Whoever may sleep fences, and looks again (T2).\n        self.count.store(lots.len() as u32, Relaxed);",
        instead: "lots.push_back(lot);",
        scenario: "stock: a job of a job, one helper [strong",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("stock"),
        lacks: "EMPTY, the release",
        line: "self.count.store(lots.len() as u32, Release);",
        instead: "self.count.store(lots.len() as u32, Relaxed);",
        scenario: "stock: a job of a job, one helper [strong",
        objection: Race,
    },
    Weakening {
        file: Protocol("stock"),
        lacks: "EMPTY, the acquire",
        line: "self.count.load(Acquire) == 0",
        instead: "self.count.load(Relaxed) == 0",
        scenario: "stock: a job of a job, one helper [strong",
        objection: Race,
    },
    Weakening {
        file: Model("stock"),
        lacks: "the order of the opener's two looks (T3)",
        line: "self.work(Which::Newest);\n            if self.board.is_deserted(&owned) {",
        instead: "let is_deserted = self.board.is_deserted(&owned);\n            self.work(Which::Newest);\n            if is_deserted {",
        scenario: "stock: a job of a job, one helper [strong",
        objection: Race,
    },
    Weakening {
        file: Model("stock"),
        lacks: "the last look of who leaves (T3)",
        line: "self.work(Which::Oldest);\n            self.board.leave(entered);",
        instead: "if let Some(job) = self.stock.take(Which::Oldest) { self.run(job); }\n            self.board.leave(entered);",
        scenario: "stock: a job of a job, one helper [strong",
        objection: Assertion,
    },
];
