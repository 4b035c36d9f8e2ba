//! A pool, a ring and a source that counts, and the check that every buffer is in its ring again.
//!
//! Shared by the tests of the pipeline.

use ringmill::pipeline::{Flow, Pipeline, Stages};
use ringmill::pool::Pinning;
use ringmill::{Pool, Ring};

/// How many buffers go through where the number is of no matter.
pub(crate) const BUFFERS: u64 = if cfg!(miri) { 12 } else { 300 };

pub(crate) fn pool(workers: usize) -> Pool {
    Pool::builder().workers(workers).pinning(Pinning::Off).build().unwrap()
}

pub(crate) fn ring(buffers: usize) -> Ring<u64> {
    Ring::<u64>::builder().buffers(buffers).buffer_len(4).build().unwrap()
}

/// Every buffer is free: each can be claimed, all at once, and no more.
pub(crate) fn assert_whole<T: ringmill::memory::Value>(ring: &Ring<T>) {
    let claimed: Vec<_> =
        (0..ring.buffers()).map(|_| ring.try_claim().expect("a buffer is missing")).collect();
    assert!(ring.try_claim().is_err());
    drop(claimed);
    assert_eq!(ring.free(), ring.buffers());
}

/// A source of `count` buffers whose first element is their number.
pub(crate) fn numbers<'a>(ring: &Ring<u64>, count: u64) -> Stages<'a, u64> {
    let mut next = 0;
    Pipeline::over(ring).source("number", move |buffer| {
        assert_eq!(buffer.len(), buffer.capacity(), "a source gets the whole buffer");
        if next == count {
            return Flow::End;
        }
        assert_eq!(buffer.sequence(), next);
        buffer.truncate(1 + (next % 4) as usize);
        buffer.fill(next);
        next += 1;
        Flow::More
    })
}
