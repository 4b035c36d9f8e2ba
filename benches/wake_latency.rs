//! How long does a thread take to answer another?
//!
//! Unit: ns for a number to go to the other thread and come back; the median, and what 99 of a hundred are below. CPUs:
//! two, a thread pinned on each, or one that both are pinned on. "Asleep": the asker looks at the clock for 200 us before
//! each trip. Excluded: making the ways there and back. LIMIT is a word that is the number, and where
//! somebody may sleep a number and a word on one line.

#[path = "common/mod.rs"]
mod common;

use common::Table;
use common::ping_pong::{Conditions, ping_pong, sides};
use common::raw::atomics;
use common::raw::word::{Wait, way};

fn main() {
    let raw = |wait, how| move || ping_pong(how, sides(|| way(wait)));
    let columns = ["median", "99 of 100"];
    Table::with_columns("there and back, both spin, ns", &columns)
        .row_of("LIMIT atomics by hand, a line each way", || ping_pong(Conditions::HOT, atomics::sides(2)))
        .row_of("atomics by hand, one line both ways", || ping_pong(Conditions::HOT, atomics::sides(1)))
        .measure();
    for (title, how) in [
        ("there and back, blocking, hot, ns", Conditions::HOT),
        ("there and back, blocking, after 200 us, ns", Conditions::ASLEEP),
        ("there and back, blocking, both on one CPU, ns", Conditions::ONE_CPU),
    ] {
        Table::with_columns(title, &columns)
            .row_of("LIMIT futex after 4000 loads, by hand", raw(Wait::SleepsAfter(4000), how))
            .row_of("futex at once, by hand", raw(Wait::Sleeps, how))
            .measure();
    }
}
