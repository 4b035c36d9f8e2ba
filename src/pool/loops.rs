//! Running one loop: post it, work on it, take it down.
//!
//! The caller works from the first moment. Whether to wake sleeping helpers is decided by what a piece costs: a wake
//! takes the caller a system call and the helper tens of microseconds, so a loop that is over sooner is left to the
//! caller alone. With many pieces the first ones tell; with few, what this kind of loop cost last time; and when
//! nothing is known, the helpers are woken.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::crew::{Crew, OwnedSeat};
use super::error::LoopError;
use super::posting::{Deal, Posting, inside_job};

/// Work that is left must be worth this much before a sleeping helper is woken for it.
const WORTH_A_WAKE: Duration = Duration::from_micros(20);

/// From this many pieces on, the first ones tell what the rest will cost.
const ENOUGH_TO_PROBE: u32 = 16;

impl Crew {
    /// Runs `body` over the pieces `0..count`, at most `most` at once, on whoever has time; returns when all are done.
    /// `body` gets the worker's number and a range of pieces. A panic in it is resumed here.
    #[inline]
    pub(crate) fn run<F>(&self, count: u32, most: u32, body: &F) -> Result<(), LoopError>
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        if self.is_forked() {
            return Err(LoopError::Forked);
        }
        if count > 1 && self.workers > 1 {
            if let Some(owned) = self.own_seat() {
                self.share(owned, count, most, body);
                return Ok(());
            }
        }
        if count > 0 {
            inside_job(|| body(0, 0..count));
        }
        Ok(())
    }

    fn share<F>(&self, owned: OwnedSeat<'_>, count: u32, most: u32, body: &F)
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let shares = &owned.seat.shares;
        shares.deal(count, self.workers.min(count as usize));
        let posting = Posting::new(body, shares, Deal::Stealing { most });
        let posted = owned.post(&posting);
        let sleeping = self.bed.sleeping();
        if sleeping == 0 {
            while posting.run_some(0) > 0 {}
        } else {
            self.work_and_wake(&posting, count, sleeping);
        }
        drop(posted);
        posting.resume_panic();
    }

    /// Works on the posting while helpers sleep, and wakes them if it pays.
    fn work_and_wake(&self, posting: &Posting<'_>, count: u32, sleeping: u32) {
        let wake = |left: u32| self.bed.notify(left.min(sleeping));
        let worth = WORTH_A_WAKE.as_nanos() as u64;
        let mut awake = match self.costs.recall(posting.kind()) {
            Some(each) => u64::from(each) * u64::from(count) >= worth,
            None => count < ENOUGH_TO_PROBE,
        };
        if awake {
            wake(count - 1);
        }
        let start = Instant::now();
        let mut done = 0;
        loop {
            let ran = posting.run_some(0);
            if ran == 0 {
                break;
            }
            done += ran;
            let left = count - done;
            if !awake && left > 0 && nanoseconds(start) * u64::from(left) / u64::from(done) >= worth {
                awake = true;
                wake(left);
            }
        }
        if let Some(each) = nanoseconds(start).checked_div(u64::from(done)) {
            self.costs.remember(posting.kind(), each.try_into().unwrap_or(u32::MAX));
        }
    }
}

fn nanoseconds(since: Instant) -> u64 {
    since.elapsed().as_nanos() as u64
}
