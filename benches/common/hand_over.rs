//! Buffers that go from producers to consumers and back, in whatever way a row has.
//!
//! A producer fills its k-th buffer, or the head of it, with a number made of k. A consumer adds up what it finds. With
//! one of each, every sum is compared with the one that must come next; with several, the total is.

use std::ops::Range;

use super::cpus::{Party, together};
use super::sum;

/// How many buffers go round, unless a row says otherwise.
pub const SLOTS: usize = 8;

/// Values of the head of a buffer: one cache line.
pub const HEAD: usize = 16;

/// A row: some way for buffers to go round. `party` numbers the producers and the consumers from 0 each.
pub trait Way: Sync {
    /// Gets a free buffer, fills it and sends it, `count` times.
    fn produce(&self, party: usize, count: usize, fill: impl FnMut(&mut [f32]));

    /// Receives a buffer, takes from it and gives it back, `count` times.
    fn consume(&self, party: usize, count: usize, take: impl FnMut(&[f32]));
}

/// What is done to each buffer.
#[derive(Clone, Copy)]
pub enum Touch {
    /// All of it is filled and added up.
    Whole,
    /// Only its head is.
    Head,
}

impl Touch {
    fn range(self, len: usize) -> Range<usize> {
        match self {
            Self::Whole => 0..len,
            Self::Head => 0..HEAD,
        }
    }
}

/// The number that the k-th buffer is full of: so small that a sum of 2^19 is exact in single precision.
fn number(k: usize) -> f32 {
    (k % 32) as f32
}

fn total(values: &[f32]) -> f32 {
    // The vectors of `sum` are of no use to a single line.
    if values.len() == HEAD { values.iter().sum() } else { sum(values) }
}

/// Sends `count` buffers from one CPU to another; returns the seconds for one.
pub fn one_to_one(way: &impl Way, touch: Touch, count: usize) -> f64 {
    let mut seen = (0, 0);
    let seconds = together([
        Party::on(0, || {
            let mut made = 0;
            way.produce(0, count, |buffer| {
                let range = touch.range(buffer.len());
                buffer[range].fill(number(made));
                made += 1;
            });
        }),
        Party::on(1, || {
            let (mut taken, mut wrong) = (0, 0);
            way.consume(0, count, |buffer| {
                let touched = &buffer[touch.range(buffer.len())];
                wrong += usize::from(total(touched) != number(taken) * touched.len() as f32);
                taken += 1;
            });
            seen = (taken, wrong);
        }),
    ]);
    assert_eq!(seen, (count, 0), "buffers were lost, doubled or out of order");
    seconds / count as f64
}

/// Sends `2 * count` buffers, of which heads are touched, from two producers to two consumers, one of each on each of
/// two CPUs. Returns the seconds for one.
pub fn two_to_two(way: &impl Way, count: usize) -> f64 {
    let mut taken = [0.0_f64; 2];
    let [first, second] = &mut taken;
    let produce = |party| {
        let mut made = 0;
        way.produce(party, count, |buffer| {
            buffer[..HEAD].fill(number(made));
            made += 1;
        });
    };
    let consume = |party, taken: &mut f64| {
        let mut sum = 0.0;
        way.consume(party, count, |buffer| sum += f64::from(total(&buffer[..HEAD])));
        *taken = sum;
    };
    let seconds = together([
        Party::on(0, || produce(0)),
        Party::on(1, || produce(1)),
        Party::on(1, || consume(0, first)),
        Party::on(0, || consume(1, second)),
    ]);
    let sent: f64 = (0..count).map(|k| f64::from(number(k)) * HEAD as f64).sum::<f64>() * 2.0;
    assert_eq!(taken.iter().sum::<f64>(), sent, "buffers were lost or doubled");
    seconds / (2 * count) as f64
}

/// Checks a row in a short run, and then returns how to take samples of it in GB of payload per second.
pub fn gigabytes<'a>(way: &'a impl Way, bytes: usize) -> impl FnMut() -> f64 + 'a {
    one_to_one(way, Touch::Whole, 4 * SLOTS);
    // 256 MiB in each sample.
    move || bytes as f64 / one_to_one(way, Touch::Whole, (256 << 20) / bytes) / 1e9
}

/// Checks a row in a short run, and then returns how to take samples of its bare hand-over in ns.
pub fn bare<'a>(way: &'a impl Way) -> impl FnMut() -> f64 + 'a {
    one_to_one(way, Touch::Head, 100);
    move || one_to_one(way, Touch::Head, 100_000) * 1e9
}

/// Checks a row in a short run, and then returns how to take samples of it with two of each side, in ns.
pub fn crowded<'a>(way: &'a impl Way) -> impl FnMut() -> f64 + 'a {
    two_to_two(way, 100);
    move || two_to_two(way, 100_000) * 1e9
}
