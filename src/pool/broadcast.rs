//! Running a closure once on every worker, or once on each that has time.

#![allow(unsafe_code)]

use std::ops::Range;

use super::cancel::{Heeded, Watch, current};
use super::crew::{Crew, OwnedSeat};
use super::current::{inside_job, is_inside_job};
use super::error::LoopError;
use super::fork::kin::Kin;
use super::handle::Pool;
use super::life::resize::Muster;
use super::posting::{Deal, FirstPanic, Posting};
use super::slots::{Slot, Slots};
use crate::protocol::latch::Latch;
use crate::sync::thread;

impl Pool {
    /// Runs `body` once on every worker, the calling thread included, and returns what each returned, by number.
    ///
    /// Worker 0 is the calling thread. The call waits for workers that are busy with other loops.
    ///
    /// # Errors
    ///
    /// [`LoopError::Forked`] in a process forked after the pool was built; [`LoopError::NoThread`] if a worker's thread is
    /// missing; [`LoopError::InsideJob`] when called from
    /// inside a job of any pool, where every worker could be waiting for another; [`LoopError::Stopped`] if the caller's
    /// [`Token`](super::Token) is stopped at the start. The bodies work under that token; once they run, all run.
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `body`, after all have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// let pool = Pool::builder().workers(3).build()?;
    /// assert_eq!(pool.broadcast(|worker| worker * 10)?, [0, 10, 20]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn broadcast<R, F>(&self, body: F) -> Result<Vec<R>, LoopError>
    where
        R: Send,
        F: Fn(usize) -> R + Sync,
    {
        if self.crew().is_forked() {
            return Err(LoopError::Forked);
        }
        let muster = Muster::hold(self).map_err(|worker| LoopError::NoThread { worker })?;
        let results: Vec<Slot<R>> = (0..muster.workers).map(|_| Slot::new()).collect();
        let slots = Slots::new(&results);
        self.crew().run_on_each(muster.workers, &|worker, _| {
            let result = body(worker);
            // SAFETY: each worker runs once and has the slot of its number.
            unsafe { slots.put(worker, result) }
        })?;
        drop(muster);
        // A worker whose thread was given up meanwhile has left its slot empty.
        let result =
            |(worker, slot): (usize, Slot<R>)| slot.into_result().ok_or(LoopError::NoThread { worker });
        results.into_iter().enumerate().map(result).collect()
    }
}

impl Crew {
    /// Runs `body` once on every worker, each with its own number; returns when all are done.
    fn run_on_each<F>(&self, workers: usize, body: &F) -> Result<(), LoopError>
    where
        F: Fn(usize, Range<u32>) + Sync,
    {
        if self.is_forked() {
            return Err(LoopError::Forked);
        }
        if is_inside_job() {
            return Err(LoopError::InsideJob);
        }
        current(|heeded| {
            heeded.and_then(<dyn Heeded>::stopped).map_or(Ok(()), Err)?;
            let watch = heeded.map(Watch::new);
            let owned = self.wait_for_seat();
            let helpers = workers as u32 - 1;
            let (shares, panic, kin) = (&owned.seat.shares, FirstPanic::default(), Kin::new(owned.seat));
            let done = Latch::new(helpers);
            shares.deal(0..helpers + 1, workers);
            let posting = Posting::new(body, Deal::Named { done: &done }, &panic, &kin, watch.as_ref());
            // SAFETY: the result is dropped below, before anything that the posting borrows.
            let posted = unsafe { owned.post(posting) };
            self.wake(u32::MAX);
            posting.run_some(shares, 0);
            done.wait_in_steps(self.spins, || self.look_round());
            drop(posted);
            panic.settle()
        })
    }

    /// Runs `body` on the calling thread, and once more on each helper that has time before it has returned there, `most`
    /// workers at once; returns when all have. `body` gets the worker's number.
    ///
    /// It waits for nobody who is elsewhere, so it may be called inside a job too: there `body` runs on its caller alone
    /// if need be. A `body` that waits must do with that. It inherits the caller's token everywhere, and it is for `body` to
    /// look at it: only a token that is stopped at the start keeps it from running.
    pub(crate) fn gather<F>(&self, most: usize, body: &F) -> Result<(), LoopError>
    where
        F: Fn(usize) + Sync,
    {
        if self.is_forked() {
            return Err(LoopError::Forked);
        }
        current(|heeded| {
            heeded.and_then(<dyn Heeded>::stopped).map_or(Ok(()), Err)?;
            let watch = heeded.map(Watch::new);
            let workers = most.min(self.workers());
            let seat = if workers > 1 { self.own_seat() } else { None };
            let Some(owned) = seat else {
                inside_job(|| body(0));
                return Ok(());
            };
            // A piece for each worker: who has one stays in it until all is done.
            let piece = |worker, _: Range<u32>| body(worker);
            let (shares, panic, kin) = (&owned.seat.shares, FirstPanic::default(), Kin::new(owned.seat));
            shares.deal(0..workers as u32, workers);
            let posting = Posting::new(&piece, Deal::Stealing { most: 1 }, &panic, &kin, watch.as_ref());
            // SAFETY: the result is dropped below, before anything that the posting borrows.
            let posted = unsafe { owned.post(posting) };
            self.wake(workers as u32 - 1);
            posting.run_some(shares, 0);
            shares.cancel();
            drop(posted);
            panic.settle()
        })
    }

    /// Waits for a free seat. We are not inside a job, so whoever holds one does not wait for us.
    fn wait_for_seat(&self) -> OwnedSeat<'_> {
        loop {
            match self.own_seat() {
                Some(owned) => return owned,
                None => thread::yield_now(),
            }
        }
    }
}
