//! The lane.

use super::File::Protocol;
use super::Objection::{Assertion, Race};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("lane"),
        lacks: "FILLED, the release",
        line: "cell.turn.swap(tail.wrapping_add(1), Release);",
        instead: "cell.turn.swap(tail.wrapping_add(1), Relaxed);",
        scenario: "lane: one pushes, one pops, a lap and a half",
        objection: Race,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "FILLED, the acquire",
        line: "let ahead = cell.turn.load(Acquire).wrapping_sub(head.wrapping_add(1)) as i64;",
        instead: "let ahead = cell.turn.load(Relaxed).wrapping_sub(head.wrapping_add(1)) as i64;",
        scenario: "lane: one pushes, one pops, a lap and a half",
        objection: Race,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "EMPTIED, the release",
        line: "cell.turn.store(head.wrapping_add(self.cells.len() as u64), Release);",
        instead: "cell.turn.store(head.wrapping_add(self.cells.len() as u64), Relaxed);",
        scenario: "lane: one pushes, one pops, a lap and a half",
        objection: Race,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "EMPTIED, the acquire",
        line: "let ahead = cell.turn.load(Acquire).wrapping_sub(tail) as i64;",
        instead: "let ahead = cell.turn.load(Relaxed).wrapping_sub(tail) as i64;",
        scenario: "lane: one pushes, one pops, a lap and a half",
        objection: Race,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the exchange of who pushes (N1)",
        line: "match self.tail.compare_exchange_weak(tail, tail.wrapping_add(1), Relaxed, Relaxed) {",
        instead: "match { self.tail.store(tail.wrapping_add(1), Relaxed); Ok::<u64, u64>(tail) } {",
        scenario: "lane: two push, two pop",
        objection: Race,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the exchange of who pops (N1)",
        line: "match self.head.compare_exchange_weak(head, head.wrapping_add(1), Relaxed, Relaxed) {",
        instead: "match { self.head.store(head.wrapping_add(1), Relaxed); Ok::<u64, u64>(head) } {",
        scenario: "lane: two pop, one value",
        objection: Race,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the way on of a popper that is late",
        line: "if ahead < 0 && now == head {\n                    return None;",
        instead: "if true {\n                    return None;",
        scenario: "lane: two pop, two values",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the way on of a pusher that is late",
        line: "if ahead < 0 && now == tail {\n                    return Err(value);",
        instead: "if true {\n                    return Err(value);",
        scenario: "lane: two push, two pop",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the value of one that looks late",
        line: "wrapping_sub(head.wrapping_add(1)) as i64 >= 0",
        instead: "wrapping_sub(head.wrapping_add(1)) as i64 == 0",
        scenario: "lane: one looks while one pops",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the second cell (N2)",
        line: "capacity.max(2).next_power_of_two()",
        instead: "capacity.max(1).next_power_of_two()",
        scenario: "lane: the smallest",
        objection: Assertion,
    },
    Weakening {
        file: Protocol("lane"),
        lacks: "the end of what is left in it",
        line: "while self.pop().is_some() {}",
        instead: "",
        scenario: "lane: dropped with values",
        objection: Assertion,
    },
];
