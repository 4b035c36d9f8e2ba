//! A parking lot: threads that sleep until another thread calls their address.
//!
//! A waiter looks at its value under the lock of the address's bucket, and queues up under the same lock if the value
//! is still the one it expects. A notifier takes waiters out of the queue, longest waiting first, and rings the bell of
//! each. Whoever is out of the queue has been called: that, and not the bell, is what a waiter goes by.
//!
//! - P1: a waiter is in its bucket's queue exactly while it sleeps uncalled. It comes in by its own hand, under the
//!   lock; it goes out by a notifier's, or by its own when its time is up, never by both.
//! - P2: no call is missed. The notifier has changed the value before it takes the lock. If it has the lock first, the
//!   waiter sees the change by way of the lock; if the waiter has it first, the notifier finds it in the queue.
//! - CALL: `notify` to `wait`, by way of the lock, carries all that the notifier wrote before.
//!
//! Keys are addresses and nothing at them is touched, so any size of value can be waited for. The design is that of
//! WebKit's ParkingLot and of the waiter lists in ECMAScript's memory model.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::sync::lock::{Condvar, Mutex, MutexGuard};

/// Queues by address, a fixed number of them.
#[derive(Debug)]
pub(crate) struct ParkingLot {
    buckets: Box<[Bucket]>,
}

type Bucket = Mutex<VecDeque<Waiter>>;

#[derive(Debug)]
struct Waiter {
    address: usize,
    bell: Arc<Condvar>,
}

/// Why a waiter goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// A notifier called.
    Called,
    /// The value was not the expected one; the waiter never slept.
    Changed,
    /// Its time was up before anybody called.
    TimedOut,
}

impl ParkingLot {
    /// Makes a lot of `buckets` queues, at least one. Addresses that share a queue share its lock, nothing else.
    pub(crate) fn new(buckets: usize) -> Self {
        Self { buckets: (0..buckets.max(1)).map(|_| Bucket::new(VecDeque::new())).collect() }
    }

    fn bucket(&self, address: usize) -> MutexGuard<'_, VecDeque<Waiter>> {
        // Neighbouring addresses differ in the low bits; a multiplication by 2^64 / phi carries them to the high ones.
        let hash = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let bucket = &self.buckets[hash as usize % self.buckets.len()];
        // Nothing under the lock panics but for want of memory, and then the queue is still whole.
        bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until `address` is called, unless `is_expected` denies under the lock that there is reason to sleep.
    ///
    /// `None` is no time limit, and so is one that the clock cannot express.
    pub(crate) fn wait(
        &self,
        address: usize,
        timeout: Option<Duration>,
        is_expected: impl FnOnce() -> bool,
    ) -> Parked {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut queue = self.bucket(address);
        if !is_expected() {
            return Parked::Changed;
        }
        let bell = Arc::new(Condvar::new());
        queue.push_back(Waiter { address, bell: Arc::clone(&bell) });
        loop {
            let Some(place) = queue.iter().position(|waiter| Arc::ptr_eq(&waiter.bell, &bell)) else {
                return Parked::Called;
            };
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                queue.remove(place);
                return Parked::TimedOut;
            }
            queue = sleep(queue, &bell, deadline);
        }
    }

    /// Calls at most `count` of those who wait at `address`, longest waiting first; returns how many.
    pub(crate) fn notify(&self, address: usize, count: usize) -> usize {
        let mut queue = self.bucket(address);
        let mut called = 0;
        queue.retain(|waiter| {
            let call = waiter.address == address && called < count;
            if call {
                waiter.bell.notify_one();
                called += 1;
            }
            !call
        });
        called
    }
}

/// Gives the lock away until the bell rings, the deadline passes, or for no reason at all.
fn sleep<'a, T>(guard: MutexGuard<'a, T>, bell: &Condvar, deadline: Option<Instant>) -> MutexGuard<'a, T> {
    match deadline {
        None => bell.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(deadline) => {
            let left = deadline.saturating_duration_since(Instant::now());
            bell.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
        }
    }
}
