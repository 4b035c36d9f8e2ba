//! How many numbers a second go through a stream, one at a time, in batches and through stages; and what pays for it?
//!
//! Unit: million numbers of 8 bytes per second, and ns for one number to go to another thread and come back. CPUs: two,
//! the writer on one and the reader on the other, both pinned; stages run on the reader's. Excluded: making the ring.
//! Every number is looked at by the reader, in order. The first row of each table is its LIMIT.

#[path = "common/mod.rs"]
mod common;

use std::hint::black_box;
use std::ops::Range;

use common::cpus::{Party, together};
use common::flow::{Drain, Seen, count_from, rate};
use common::ping_pong::{Conditions, Receives, ping_pong, sides};
use common::raw::counters::{self, Aids};
use common::raw::{atomics, blocks, lamport, sequence};
use common::{Table, ours, setting};
use ringmill::ring::Stream;
use ringmill::ring::stream::Stage;

/// The aids of the counters by hand, one after the other.
const AIDS: [(&str, Aids); 5] = [
    ("counters remembered", Aids { reader_pauses: 0, few: 0, writer_rounds: 0, echo: false }),
    ("and a head start for the writer", Aids { reader_pauses: 8, few: 256, writer_rounds: 0, echo: false }),
    ("and one round for the reader", Aids { reader_pauses: 8, few: 256, writer_rounds: 1, echo: false }),
    ("and four rounds", Aids { reader_pauses: 8, few: 256, writer_rounds: 4, echo: false }),
    ("and an echo", Aids { reader_pauses: 8, few: 256, writer_rounds: 4, echo: true }),
];

fn main() {
    let count = setting("RINGMILL_BENCH_NUMBERS", 1 << 22) as u64;
    for capacity in [1024, 65_536] {
        let mut table = Table::new(format!("one at a time, capacity {capacity}, million per second"))
            .row("LIMIT sequence beside the number, by hand", rate(count, sequence::ring(capacity)))
            .row("two counters, by hand", rate(count, lamport::ring(capacity)));
        for (name, aids) in AIDS {
            table = table.row(format!("  {name}"), rate(count, counters::ring(capacity, aids)));
        }
        table.row("ringmill, push and pop", rate(count, ours::singles(capacity))).measure();
    }
    let mut table = Table::new("to a slow reader, one at a time, capacity 1024, million per second");
    for (name, aids) in AIDS {
        let (writer, reader) = counters::ring(1024, aids);
        table = table.row(name, rate(count / 4, (writer, Slow(reader))));
    }
    table.measure();
    for capacity in [1024, 65_536] {
        Table::new(format!("batches of 64, capacity {capacity}, million numbers per second"))
            .row("LIMIT blocks of 64, by hand", rate(count * 4, blocks::ring(capacity)))
            .row("ringmill, write and read", rate(count * 4, ours::batches(capacity)))
            .measure();
    }
    for capacity in [1024, 65_536] {
        Table::new(format!("in place through stages, capacity {capacity}, million numbers per second"))
            .row("LIMIT one stage", staged::<1>(capacity, count, capacity))
            .row("three stages", staged::<3>(capacity, count, capacity))
            .row("one stage, at most 64 at a time", staged::<1>(capacity, count, BATCH))
            .row("three stages, at most 64 at a time", staged::<3>(capacity, count, BATCH))
            .measure();
    }
    let mut table = Table::with_columns("one number there and back, ns", &["median", "99 of 100 below"])
        .row_of("LIMIT two words, by hand", || ping_pong(Conditions::HOT, atomics::sides(2)));
    for (name, aids) in AIDS {
        table = table.row_of(name, move || ping_pong(Conditions::HOT, sides(|| counters::ring(64, aids))));
    }
    table
        .row_of("ringmill", || ping_pong(Conditions::HOT, sides(|| ours::stream(Default::default()))))
        .measure();
}

/// A reader that does something with each number.
struct Slow<R>(R);

impl<R: Receives> Drain for Slow<R> {
    fn drain(&mut self, count: u64, seen: &mut Seen) {
        for _ in 0..count {
            let number = self.0.receive();
            (0..20).for_each(|_| {
                black_box(number);
            });
            seen.one(number);
        }
    }
}

/// Numbers in a batch of the producer.
const BATCH: usize = 64;

/// Returns how to take samples of a stream whose stages add one to each number, `most` at a time, all on the reader's CPU.
fn staged<const K: usize>(capacity: usize, count: u64, most: usize) -> impl FnMut() -> f64 {
    move || {
        let built = Stream::<u64>::builder().capacity(capacity).stages::<K>().build();
        let (mut producer, mut stages, mut consumer) = built.expect("it is small");
        let mut wrong = 0;
        let seconds = together([
            Party::on(0, move || {
                let numbers: Range<u64> = 0..count;
                for first in numbers.step_by(BATCH) {
                    let mut batch = producer.write(BATCH).expect("the other party reads");
                    count_from(first, &mut batch);
                    batch.commit_all();
                }
            }),
            Party::on(1, || {
                let (mut next, mut differs) = (K as u64, 0);
                while next < count + K as u64 {
                    stages.iter_mut().for_each(|stage| add_one(stage, most));
                    let Ok(batch) = consumer.try_read(most) else { continue };
                    for (k, number) in batch.iter().enumerate() {
                        differs |= number ^ (next + k as u64);
                    }
                    next += batch.len() as u64;
                }
                wrong = differs;
            }),
        ]);
        assert_eq!(wrong, 0, "a number was lost, doubled or not seen by a stage");
        count as f64 / seconds / 1e6
    }
}

fn add_one(stage: &mut Stage<u64>, most: usize) {
    if let Ok(mut batch) = stage.try_read(most) {
        batch.iter_mut().for_each(|number| *number += 1);
    }
}
