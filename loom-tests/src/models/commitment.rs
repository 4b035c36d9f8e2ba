//! The commitment: who sees a number finds the bytes that it speaks of.
//!
//! Actors: two that make bytes and raise the number, by different amounts; one that reads it. Bound: three threads, three preemptions. The bytes are
//! two cells: the first is there from the smaller number on, both from the larger one. Who raises to the larger one has
//! seen to both, as a call that extends a file does.
//!
//! - FORBIDDEN: a number is read whose bytes are not there, or a smaller one after a larger.
//! - ACCEPTABLE: the number stays behind bytes that are there already.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
use loom::thread;

use super::protocol::commitment::Commitment;
use crate::scenario::Scenario;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![Scenario::new("commitment: two raise it, one reads", Some(3), two_raise_one_reads)]
}

/// The bytes that there are: the kernel's affair, which knows no order but that of the calls.
struct Bytes([AtomicU64; 2]);

impl Bytes {
    fn make(&self, count: usize) {
        for byte in &self.0[..count] {
            byte.store(1, Relaxed);
        }
    }

    fn are_there(&self, count: usize) -> bool {
        self.0[..count].iter().all(|byte| byte.load(Relaxed) == 1)
    }
}

fn two_raise_one_reads() {
    let commitment = Arc::new(Commitment::new(0));
    let bytes = Arc::new(Bytes([AtomicU64::new(0), AtomicU64::new(0)]));
    let growers: Vec<_> = [1, 2]
        .into_iter()
        .map(|count| {
            let (commitment, bytes) = (commitment.clone(), bytes.clone());
            thread::spawn(move || {
                bytes.make(count);
                commitment.raise(count as u64);
            })
        })
        .collect();
    let mut before = 0;
    for _ in 0..2 {
        let now = commitment.read();
        assert!(now >= before, "the number fell");
        assert!(bytes.are_there(now as usize), "a number without its bytes");
        before = now;
    }
    for grower in growers {
        grower.join().unwrap();
    }
    assert_eq!(commitment.read(), 2);
}
