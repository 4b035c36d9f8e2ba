//! Running one loop: post it, work on it, take it down.
//!
//! The caller works from the first moment. Whether sleeping helpers are woken is decided by what a piece costs: a wake
//! takes the caller a system call and the helper tens of microseconds, so a loop that is over sooner is left to those
//! who are awake. With many pieces the first ones tell; with few, what this kind of loop cost the last time; and when
//! nothing is known, the helpers are woken. A caller whose helpers all sleep does not even post a loop before it knows
//! that it is worth it: after a pause every line it touches comes from afar.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::crew::{Crew, OwnedSeat};
use super::error::LoopError;
use super::posting::{Deal, Posting, inside_job, kind_of};
use crate::protocol::cost::Kind;

/// Work that is left must be worth this much before a sleeping helper is woken for it.
const WORTH_A_WAKE: Duration = Duration::from_micros(20);

/// What has taken less tells nothing: the clock itself takes a part of it.
const MEASURABLE: Duration = Duration::from_nanos(500);

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
            self.run_with_help(count, most, body);
        } else if count > 0 {
            inside_job(|| body(0, 0..count));
        }
        Ok(())
    }

    fn run_with_help<F>(&self, count: u32, most: u32, body: &F)
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let kind = kind_of(body);
        let asleep = self.bed.sleeping();
        let all_asleep = asleep as usize == self.workers - 1;
        let is_worth_a_wake = || match self.costs.recall(kind) {
            Some(each) => is_worth_a_wake(u64::from(each) * u64::from(count)),
            None => !all_asleep || count < ENOUGH_TO_PROBE,
        };
        let (done, wanted) = match asleep {
            0 => (0, 0),
            _ if is_worth_a_wake() => (0, asleep),
            _ if all_asleep => (self.probe(kind, count, most, body), asleep),
            _ => (0, 0),
        };
        if done < count {
            match self.own_seat() {
                Some(owned) => self.share(owned, kind, done..count, most, wanted, body),
                None => inside_job(|| body(0, done..count)),
            }
        }
    }

    /// Runs pieces from the first on until the rest is worth a wake, or none is left; returns how many it ran.
    fn probe<F>(&self, kind: Kind, count: u32, most: u32, body: &F) -> u32
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let start = Instant::now();
        let (mut done, mut spent) = (0, 0);
        while done < count {
            // As many again as are done: one piece tells if it is long, and a short one is drowned by the clock.
            let end = count.min(done + done.clamp(1, most));
            inside_job(|| body(0, done..end));
            done = end;
            spent = nanoseconds(start);
            let left = u64::from(count - done) * spent / u64::from(done);
            if spent >= MEASURABLE.as_nanos() as u64 && is_worth_a_wake(left) {
                break;
            }
        }
        self.remember(kind, spent, done);
        done
    }

    /// Posts the pieces, wakes as many as `wanted`, and works until all are done.
    fn share<F>(&self, owned: OwnedSeat<'_>, kind: Kind, pieces: Range<u32>, most: u32, wanted: u32, body: &F)
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let count = pieces.len() as u32;
        let shares = &owned.seat.shares;
        shares.deal(pieces, self.workers.min(count as usize));
        let posting = Posting::new(body, shares, Deal::Stealing { most });
        let posted = owned.post(&posting);
        if wanted > 0 {
            self.bed.notify(wanted.min(count - 1));
            let start = Instant::now();
            let mut done = 0;
            while let ran @ 1.. = posting.run_some(0) {
                done += ran;
            }
            self.remember(kind, nanoseconds(start), done);
        } else {
            while posting.run_some(0) > 0 {}
        }
        drop(posted);
        posting.resume_panic();
    }

    fn remember(&self, kind: Kind, nanoseconds: u64, pieces: u32) {
        if let Some(each) = nanoseconds.checked_div(u64::from(pieces)) {
            self.costs.remember(kind, each.try_into().unwrap_or(u32::MAX));
        }
    }
}

fn is_worth_a_wake(nanoseconds: u64) -> bool {
    u128::from(nanoseconds) >= WORTH_A_WAKE.as_nanos()
}

fn nanoseconds(since: Instant) -> u64 {
    since.elapsed().as_nanos() as u64
}
