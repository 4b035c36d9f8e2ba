//! What does it cost to hand a buffer to another thread and get it back in ringmill, and what in other libraries?
//!
//! The rows of `benches/hand_over.rs`, with the rivals between. Units, CPUs and what is excluded: as there. Channels that
//! move a buffer have a second one for the way back; disruptor and thingbuf fill and read their slots in place.

use ringmill_compare::buffers::{Crossbeam, Disruptor, Kanal, Returned, Rtrb, ThingChannel, ThingQueue};
use ringmill_compare::common::Table;
use ringmill_compare::common::hand_over::{SLOTS, bare, crowded, gigabytes};
use ringmill_compare::common::ours::Buffers;
use ringmill_compare::common::raw::slots::{Private, Slots, Stuck::Spins};

use crossbeam_queue::ArrayQueue;
use ringmill::ring::Waiting;

/// Values in a buffer of 64 KiB.
const LEN: usize = 16_384;

fn main() {
    for (size, len) in [("64 KiB", LEN), ("1 MiB", 16 * LEN)] {
        let bytes = len * 4;
        let (eight, two) = (Slots::new(SLOTS, len, Spins), Slots::new(2, len, Spins));
        let (ring, bounded) = (Buffers::usual(len), Buffers::bounded(len));
        let ring_of_two = Buffers::new(2, len, Waiting::default());
        let (crossbeam, kanal) = (Returned::<Crossbeam>::new(len), Returned::<Kanal>::new(len));
        let (rtrb, disruptor) = (Rtrb::new(len), Disruptor::new(len));
        let (blocking, spinning) = (ThingChannel::new(len), ThingQueue::new(len));
        Table::new(format!("buffers of {size}, filled and added up, GB/s"))
            .row("LIMIT 8 shared slots by hand", gigabytes(&eight, bytes))
            .row("2 shared slots by hand", gigabytes(&two, bytes))
            .row("ringmill", gigabytes(&ring, bytes))
            .row("ringmill, queue of at most 1", gigabytes(&bounded, bytes))
            .row("ringmill, 2 buffers", gigabytes(&ring_of_two, bytes))
            .row("rtrb and a ring back", gigabytes(&rtrb, bytes))
            .row("disruptor, in place", gigabytes(&disruptor, bytes))
            .row("thingbuf send_ref, blocking", gigabytes(&blocking, bytes))
            .row("thingbuf push_ref, spinning", gigabytes(&spinning, bytes))
            .row("crossbeam-channel and one back", gigabytes(&crossbeam, bytes))
            .row("kanal and one back", gigabytes(&kanal, bytes))
            .measure();
    }

    let slots = Slots::new(SLOTS, LEN, Spins);
    let (ring, latency) = (Buffers::usual(LEN), Buffers::new(SLOTS, LEN, Waiting::Latency));
    let (crossbeam, kanal) = (Returned::<Crossbeam>::new(LEN), Returned::<Kanal>::new(LEN));
    let (rtrb, disruptor) = (Rtrb::new(LEN), Disruptor::new(LEN));
    let (blocking, spinning) = (ThingChannel::new(LEN), ThingQueue::new(LEN));
    Table::new("bare hand-over, 64 bytes touched of 64 KiB, ns")
        .row("LIMIT 8 shared slots by hand", bare(&slots))
        .row("ringmill", bare(&ring))
        .row("ringmill, Waiting::Latency", bare(&latency))
        .row("ringmill, all on one thread", ring.alone())
        .row("rtrb and a ring back", bare(&rtrb))
        .row("disruptor, in place", bare(&disruptor))
        .row("thingbuf send_ref, blocking", bare(&blocking))
        .row("thingbuf push_ref, spinning", bare(&spinning))
        .row("crossbeam-channel and one back", bare(&crossbeam))
        .row("kanal and one back", bare(&kanal))
        .measure();

    let slots = Private::new(SLOTS, LEN);
    let queues = Returned::<ArrayQueue<_>>::new(LEN);
    Table::new("bare hand-over, 2 producers and 2 consumers on 2 CPUs, ns")
        .row("LIMIT 4 slots for each pair, by hand", crowded(&slots))
        .row("ringmill", crowded(&ring))
        .row("ringmill, Waiting::Latency", crowded(&latency))
        .row("crossbeam ArrayQueue and one back, snoozing", crowded(&queues))
        .row("crossbeam-channel and one back", crowded(&crossbeam))
        .row("kanal and one back", crowded(&kanal))
        .measure();
}
