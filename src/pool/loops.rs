//! Running one loop: post it, work on it, take it down.
//!
//! The caller works from the first moment. Whether sleeping helpers are woken is decided by what a piece costs: a wake
//! takes the caller a system call and the helper tens of microseconds, so a loop that is over sooner is left to those
//! who are awake. With many pieces the first ones tell; with few, what this kind of loop cost the last time; and when
//! nothing is known, the helpers are woken. A caller whose helpers all sleep does not even post a loop before it knows
//! that it is worth it: after a pause every line it touches comes from afar. Loops that are too short for a wake but
//! follow each other closely wake the helpers once they have taken long enough together; those spin from loop to loop
//! then.

#![allow(unsafe_code)]

use std::ops::Range;

use super::cancel::{Heeded, Watch, current};
use super::crew::{Crew, OwnedSeat};
use super::current::{self, inside_job};
use super::error::LoopError;
use super::fork::kin::Kin;
use super::helper::SPIN;
use super::metrics;
use super::pace::Pace;
use super::posting::{Deal, FirstPanic, Posting, kind_of};
use crate::protocol::cost::Kind;

/// Nanoseconds that the work that is left must take before a sleeping helper is woken for it.
const WORTH_A_WAKE: u64 = 20_000;

/// Nanoseconds that a loop must take before it is shared at all, be the helpers awake: several trips of a cache line
/// between cores.
const WORTH_SHARING: u64 = 1_500;

/// What has taken fewer nanoseconds tells nothing: the clock itself takes a part of it.
const MEASURABLE: u64 = 500;

/// From this many pieces on, the first ones tell what the rest will cost.
const ENOUGH_TO_PROBE: u32 = 16;

/// Runs `body` over the pieces on this thread: all at once, or under a token a few at a time, until it is stopped.
fn alone<F>(pieces: Range<u32>, most: u32, watch: Option<&Watch<'_>>, body: &F)
where
    F: Fn(usize, Range<u32>) + Sync,
{
    let Some(watch) = watch else { return inside_job(|| body(0, pieces)) };
    let Range { mut start, end } = pieces;
    let mut pace = Pace::new(most);
    while start < end && watch.lets_go_on() {
        let next = end.min(start.saturating_add(pace.pieces()));
        inside_job(|| body(0, start..next));
        start = next;
        pace.keep();
    }
}

impl Crew {
    /// Runs `body` over the pieces `0..count`, at most `most` at once, on whoever has time; returns when all are done.
    /// `body` gets the worker's number and a range of pieces. A panic in it is resumed here. Under a token that is stopped
    /// no more pieces are run.
    #[inline]
    pub(crate) fn run<F>(&self, count: u32, most: u32, body: &F) -> Result<(), LoopError>
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        if self.is_forked() {
            return Err(LoopError::Forked);
        }
        current(|heeded| {
            heeded.and_then(<dyn Heeded>::stopped).map_or(Ok(()), Err)?;
            let watch = heeded.map(Watch::new);
            if count > 1 && self.workers() > 1 {
                self.run_with_help(count, most, watch.as_ref(), body)?;
            } else if count > 0 {
                if count > 1 {
                    self.call_for_look();
                }
                alone(0..count, most, watch.as_ref(), body);
            }
            Ok(watch.map_or(Ok(()), |watch| watch.result())?)
        })
    }

    fn run_with_help<F>(
        &self,
        count: u32,
        most: u32,
        watch: Option<&Watch<'_>>,
        body: &F,
    ) -> Result<(), LoopError>
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let kind = kind_of(body);
        let expected = self.costs.recall(kind).map(|each| u64::from(each) * u64::from(count));
        let asleep = self.bed.sleeping();
        let all_asleep = asleep as usize == self.workers() - 1;
        let (done, is_worth_a_wake) = match expected {
            Some(..WORTH_SHARING) => (self.probe(kind, count, most, asleep, true, watch, body), true),
            Some(WORTH_A_WAKE..) => (0, true),
            None if count < ENOUGH_TO_PROBE || !all_asleep => (0, true),
            _ if all_asleep => (self.probe(kind, count, most, asleep, false, watch, body), true),
            _ => (0, false),
        };
        if done < count {
            match self.own_seat() {
                Some(owned) => {
                    return self.share(owned, kind, done..count, most, is_worth_a_wake, watch, body);
                }
                None => alone(done..count, most, watch, body),
            }
        }
        Ok(())
    }

    /// Runs pieces from the first on until the rest is worth a wake, or none is left; returns how many it ran. If the
    /// loop is `known` to be short, half of it is enough of a proof; but not under a token, which that half might not
    /// hear. A loop that is stopped has nothing left.
    #[allow(clippy::too_many_arguments)]
    fn probe<F>(
        &self,
        kind: Kind,
        count: u32,
        most: u32,
        asleep: u32,
        known: bool,
        watch: Option<&Watch<'_>>,
        body: &F,
    ) -> u32
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let start = self.nanoseconds();
        let mut next = if known && watch.is_none() { count.div_ceil(2) } else { 1 };
        let mut done = 0;
        let (mut timed, mut spent) = (0, 0);
        while done < count {
            let end = count.min(done + next.min(most));
            if watch.is_some_and(|watch| !watch.lets_go_on()) {
                return count;
            }
            inside_job(|| body(0, done..end));
            done = end;
            if timed > 0 && done == count {
                break;
            }
            spent = self.nanoseconds() - start;
            timed = done;
            let left = u64::from(count - done).saturating_mul(spent) / u64::from(done);
            if spent >= MEASURABLE && left >= WORTH_A_WAKE {
                break;
            }
            // As many again as are done: one piece tells if it is long, and a short one is drowned by the clock.
            next = done;
        }
        self.remember(kind, spent, timed);
        let spent = spent.saturating_mul(u64::from(done)) / u64::from(timed.max(1));
        let streak = self.streak.spend(start, start + spent, SPIN.as_nanos() as u64);
        if done == count && asleep > 0 && spent >= WORTH_SHARING && streak >= WORTH_A_WAKE {
            self.streak.end();
            self.wake(asleep.min(count - 1));
        }
        done
    }

    /// Posts the pieces, wakes helpers for them if that is worth it, and works until all are done or the loop is stopped.
    #[allow(clippy::too_many_arguments)]
    fn share<F>(
        &self,
        owned: OwnedSeat<'_>,
        kind: Kind,
        pieces: Range<u32>,
        most: u32,
        is_worth_a_wake: bool,
        watch: Option<&Watch<'_>>,
        body: &F,
    ) -> Result<(), LoopError>
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        let (shares, panic, kin) = (&owned.seat.shares, FirstPanic::default(), Kin::new(owned.seat));
        shares.deal(pieces.clone(), self.workers().min(pieces.len()));
        let posting = Posting::new(body, Deal::Stealing { most }, &panic, &kin, watch);
        // SAFETY: the result is dropped below, before anything that the posting borrows.
        let posted = unsafe { owned.post(posting) };
        // Only now that the loop is up: whoever lies down later finds it.
        if is_worth_a_wake && self.bed.sleeping() > 0 {
            self.wake(pieces.len() as u32 - 1);
        }
        let traced = self.metrics.trace_start();
        let start = self.nanoseconds();
        let done = posting.run_rest(shares, 0);
        self.remember(kind, self.nanoseconds() - start, done);
        drop(posted);
        self.metrics.trace_since(metrics::Kind::Loop, current::number_in(self), traced);
        panic.settle()
    }

    #[inline]
    fn remember(&self, kind: Kind, nanoseconds: u64, pieces: u32) {
        if let Some(each) = nanoseconds.checked_div(u64::from(pieces)) {
            self.costs.remember(kind, each.try_into().unwrap_or(u32::MAX));
        }
    }

    /// Returns the time since the crew was made.
    #[inline]
    pub(crate) fn nanoseconds(&self) -> u64 {
        self.birth.elapsed().as_nanos() as u64
    }
}
