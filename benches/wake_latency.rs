//! How long does a thread take to answer another?
//!
//! Unit: ns for a number to go to the other thread and come back; the median, and what 99 of a hundred are below. CPUs:
//! two, a thread pinned on each, or one that both are pinned on. "Asleep": the asker looks at the clock for 200 us before
//! each trip. Excluded: making the ways there and back. LIMIT is a word that is the number, and where
//! somebody may sleep a number and a word on one line.

#[path = "common/mod.rs"]
mod common;

fn main() {
    common::answers::spinning(|table, _| table);
    common::answers::blocking(|table, _| table);
}
