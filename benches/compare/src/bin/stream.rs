//! How many numbers a second go from one thread to another, in ringmill, in other libraries and by hand?
//!
//! Unit: million numbers of 8 bytes per second. CPUs: two, the writer on one and the reader on the other, both pinned.
//! Excluded: making the ring. Every number is looked at by the reader, in order. The first row is the LIMIT.

use ringmill_compare::common::flow::rate;
use ringmill_compare::common::raw::{blocks, lamport, sequence};
use ringmill_compare::common::{Table, setting};

fn main() {
    let count = setting("RINGMILL_BENCH_NUMBERS", 4_000_000) as u64;
    for capacity in [1024, 65_536] {
        Table::new(format!("numbers one at a time, capacity {capacity}, million per second"))
            .row("LIMIT sequence beside the number, by hand", || rate(count, sequence::ring(capacity)))
            .row("two counters, by hand", || rate(count, lamport::ring(capacity)))
            .measure();
    }
    for capacity in [1024, 65_536] {
        let count = count * 4;
        Table::new(format!("batches of 64, capacity {capacity}, million numbers per second"))
            .row("LIMIT blocks of 64, by hand", || rate(count, blocks::ring(capacity)))
            .measure();
    }
}
