//! What does it cost to hand a buffer to another thread and to get it back?
//!
//! Units: GB of payload per second, filled by one thread and added up by the other; ns for the bare hand-over, which
//! touches one cache line of each buffer. CPUs: two, the producer on one and the consumer on the other, both pinned; or
//! two of each, one producer and one consumer on each CPU. Excluded: making the ring, and the first touch of its memory.
//! LIMIT is shared slots by hand: buffers in a row, each with a word that says whether it is full.

#[path = "common/mod.rs"]
mod common;

use common::Table;
use common::hand_over::{SLOTS, bare, crowded, gigabytes};
use common::ours::Buffers;
use common::raw::slots::{Private, Slots, Stuck::Spins};
use ringmill::ring::Waiting;

/// Values in a buffer of 64 KiB.
const LEN: usize = 16_384;

fn main() {
    for (size, len) in [("64 KiB", LEN), ("1 MiB", 16 * LEN)] {
        let (eight, two) = (Slots::new(SLOTS, len, Spins), Slots::new(2, len, Spins));
        let (ring, bounded) = (Buffers::usual(len), Buffers::bounded(len));
        let ring_of_two = Buffers::new(2, len, Waiting::default());
        Table::new(format!("buffers of {size}, filled and added up, GB/s"))
            .row("LIMIT 8 shared slots by hand", gigabytes(&eight, len * 4))
            .row("2 shared slots by hand", gigabytes(&two, len * 4))
            .row("ringmill", gigabytes(&ring, len * 4))
            .row("ringmill, queue of at most 1", gigabytes(&bounded, len * 4))
            .row("ringmill, 2 buffers", gigabytes(&ring_of_two, len * 4))
            .measure();
    }

    let slots = Slots::new(SLOTS, LEN, Spins);
    let (ring, latency) = (Buffers::usual(LEN), Buffers::new(SLOTS, LEN, Waiting::Latency));
    Table::new("bare hand-over, 64 bytes touched of 64 KiB, ns")
        .row("LIMIT 8 shared slots by hand", bare(&slots))
        .row("ringmill", bare(&ring))
        .row("ringmill, Waiting::Latency", bare(&latency))
        .row("ringmill, all on one thread", ring.alone())
        .measure();

    let slots = Private::new(SLOTS, LEN);
    Table::new("bare hand-over, 2 producers and 2 consumers on 2 CPUs, ns")
        .row("LIMIT 4 slots for each pair, by hand", crowded(&slots))
        .row("ringmill", crowded(&ring))
        .row("ringmill, Waiting::Latency", crowded(&latency))
        .measure();
}
