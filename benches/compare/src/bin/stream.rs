//! How many numbers a second go from one thread to another, in ringmill, in other libraries and by hand?
//!
//! Unit: million numbers of 8 bytes per second. CPUs: two, the writer on one and the reader on the other, both pinned.
//! Excluded: making the ring, and the first touch of its memory. Every number is looked at by the reader, in order.

use ringmill_compare::common::flow::rate;
use ringmill_compare::common::ours;
use ringmill_compare::common::raw::{blocks, lamport, sequence};
use ringmill_compare::common::{Table, setting};
use ringmill_compare::numbers::{
    Spin, disruptor_batches, disruptor_singles, ringfire_batches, ringfire_singles, rtrb_chunks, rtrb_singles,
};

fn main() {
    let count = setting("RINGMILL_BENCH_NUMBERS", 1 << 22) as u64;
    for capacity in [1024, 65_536] {
        Table::new(format!("numbers one at a time, capacity {capacity}, million per second"))
            .row("LIMIT sequence beside the number, by hand", rate(count, sequence::ring(capacity)))
            .row("two counters, by hand", rate(count, lamport::ring(capacity)))
            .row("ringmill, push and pop", rate(count, ours::singles(capacity)))
            .row("rtrb, bare spinning", rate(count, rtrb_singles(capacity, Spin::Bare)))
            .row("rtrb, spinning with PAUSE", rate(count, rtrb_singles(capacity, Spin::Paused)))
            .row("ringfire, lossless", rate(count, ringfire_singles(capacity)))
            .row("disruptor, publish and poll", rate(count, disruptor_singles(capacity)))
            .measure();
    }
    for capacity in [1024, 65_536] {
        let count = count * 4;
        Table::new(format!("batches of 64, capacity {capacity}, million numbers per second"))
            .row("LIMIT blocks of 64, by hand", rate(count, blocks::ring(capacity)))
            .row("ringmill, write and read", rate(count, ours::batches(capacity)))
            .row("rtrb, chunks", rate(count, rtrb_chunks(capacity)))
            .row("ringfire, push_batch and recv_batch", rate(count / 4, ringfire_batches(capacity)))
            .row("disruptor, batch_publish and poll", rate(count, disruptor_batches(capacity)))
            .measure();
    }
}
