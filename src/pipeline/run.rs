//! One run: workers that look for the stage that is worth the most, do it, and look again.
//!
//! Stages are no threads. A worker takes a parcel and a place, runs the stage, and goes on to the next stage with the same
//! parcel, which is still in its cache. If the places there are taken it leaves the parcel in the line and looks around:
//! most downstream first, so that buffers come home, and the source last. Who finds nothing waits at the gate. The slowest
//! stage is where parcels pile up; whoever leaves that one takes the next parcel in, and others see to the rest.
//!
//! - R1: nobody sleeps through work. What becomes possible, becomes so by a worker's step: it frees a place, a buffer, or
//!   puts a parcel in a line. Before that worker runs its next closure it looks whether somebody sleeps and something
//!   is left to do, and if so wakes one, who does the same (`call_for_help`). If instead it goes to sleep it looks once more,
//!   as the gate asks for.
//!   Of two whose steps make it possible together, one sees it (TOGETHER of `places`).
//!
//! Model: loom-tests/pipeline.rs.

#![allow(unsafe_code)]

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::control::Control;
use super::error::{AnyBuffer, PipelineError};
use super::work::{Cause, Load, Ran, Work};
use crate::pool::stopped_here;
use crate::protocol::places::look_after_step;

/// A run of a pipeline.
pub(super) struct Run<'r, 'a> {
    control: &'r Control,
    /// What the stations do, in their order.
    works: &'r [Box<dyn Work + 'a>],
    /// Workers that may come.
    workers: u64,
    failure: Mutex<Option<PipelineError>>,
}

/// A place that a worker has and what it is to work on there.
#[derive(Debug)]
struct Job {
    stage: usize,
    load: Load,
}

/// What a look around finds.
#[derive(Debug)]
enum Found {
    Job(Job),
    Over,
}

/// Stops the run if a worker unwinds: nobody would wake the others.
struct StopOnUnwind<'r>(&'r Control);

impl Drop for StopOnUnwind<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

impl<'r, 'a> Run<'r, 'a> {
    pub(super) fn new(control: &'r Control, works: &'r [Box<dyn Work + 'a>], workers: usize) -> Self {
        debug_assert_eq!(control.stations.len(), works.len());
        Self { control, works, workers: workers as u64, failure: Mutex::new(None) }
    }

    /// Works until the run is over.
    pub(super) fn work(&self) {
        let _stop = StopOnUnwind(self.control);
        let mut carried = None;
        let mut since = Instant::now();
        loop {
            self.obey_token();
            let job = match carried.take().or_else(|| self.look_around()) {
                Some(Found::Job(job)) => job,
                Some(Found::Over) => return,
                None => {
                    let found = self.control.gate.wait(None, || self.look_around());
                    since = Instant::now();
                    match found {
                        Some(Found::Job(job)) => job,
                        _ => return,
                    }
                }
            };
            self.call_for_help();
            carried = self.run(job, &mut since);
        }
    }

    /// Stops the run if the token is stopped under which its caller works.
    fn obey_token(&self) {
        if let Some(stopped) = stopped_here()
            && self.control.stop()
        {
            self.keep(PipelineError::Pool(stopped.into()));
        }
    }

    /// Finds something to do: the most downstream stage that can go on.
    fn look_around(&self) -> Option<Found> {
        if self.control.course.is_over() {
            return Some(Found::Over);
        }
        (0..self.works.len()).rev().find_map(|stage| self.try_take(stage)).map(Found::Job)
    }

    /// Takes a place of the stage and what it works on, if there are both.
    fn try_take(&self, stage: usize) -> Option<Job> {
        let station = &self.control.stations[stage];
        if !station.fills {
            let taken = station.places.try_take()?;
            return Some(Job { stage, load: Load { taken: Some(taken), free: None } });
        }
        while self.can_run(stage) {
            let buffers = self.works[stage].free()?;
            let Some(free) = buffers.take() else { continue };
            let taken = if station.takes { station.places.try_take() } else { None };
            if taken.is_some() || !station.takes && station.places.try_enter() {
                return Some(Job { stage, load: Load { taken, free: Some(free) } });
            }
            // Who looked meanwhile saw no free buffer and may sleep, so the stage is ours to look at again.
            buffers.put(free);
            look_after_step();
        }
        None
    }

    /// Runs the stage that the worker has just left once more, if it is what holds up the run: it should never be without a
    /// worker, and others can go on with the rest.
    ///
    /// It is, if most of the parcels on their way wait for it, or some do while somebody sleeps. The source is, if
    /// somebody sleeps and fewer are on their way than there are workers.
    fn stay(&self, stage: usize) -> Option<Job> {
        let Control { stations, course, gate } = self.control;
        let holds_up = if stage == 0 {
            gate.waiting() > 0 && course.on_their_way() < self.workers
        } else {
            let waiting = stations[stage].places.waiting();
            waiting > 0 && (2 * waiting > course.on_their_way() || gate.waiting() > 0)
        };
        if holds_up { self.try_take(stage) } else { None }
    }

    /// Returns whether the stage has all it needs to run just now.
    fn can_run(&self, stage: usize) -> bool {
        let station = &self.control.stations[stage];
        let has_place = if station.takes { station.places.can_take() } else { station.places.can_enter() };
        has_place && (!station.fills || self.works[stage].free().is_some_and(|buffers| buffers.any()))
    }

    /// Wakes one who sleeps, if there is something that it can do. The caller is about to be busy.
    #[inline]
    fn call_for_help(&self) {
        if self.control.gate.waiting() > 0 {
            look_after_step();
            if (0..self.works.len()).any(|stage| self.can_run(stage)) {
                self.control.gate.notify(1);
            }
        }
    }

    /// Runs a stage once; returns what to do next, if that goes on with the same parcel.
    fn run(&self, Job { stage, load }: Job, since: &mut Instant) -> Option<Found> {
        let Control { stations, course, gate } = self.control;
        let station = &stations[stage];
        // SAFETY: the place and the load were taken for this stage, in `try_take`.
        let ran = unsafe { self.works[stage].run(load) };
        let now = Instant::now();
        station.spend(now.duration_since(std::mem::replace(since, now)));
        match ran {
            Ran::On(parcel, sequence, elements) => {
                station.count(elements);
                if stage == 0 {
                    course.set_out();
                }
                station.places.leave();
                stations[stage + 1].places.arrive(parcel, sequence);
                if course.is_over() {
                    return Some(Found::Over);
                }
                self.stay(stage).or_else(|| self.try_take(stage + 1)).map(Found::Job)
            }
            Ran::Through(elements) => {
                station.count(elements);
                station.places.leave();
                if course.come_home() {
                    gate.notify_all();
                }
                None
            }
            Ran::Ended => {
                // The source keeps its place: it does not run again.
                if course.end() {
                    gate.notify_all();
                }
                None
            }
            Ran::Failed(cause, buffer) => {
                self.fail(&station.name, cause, buffer);
                Some(Found::Over)
            }
        }
    }

    /// Stops the run, and keeps the failure if it is the first.
    #[cold]
    fn fail(&self, stage: &str, cause: Cause, buffer: AnyBuffer) {
        if self.control.stop() {
            let stage = stage.to_owned();
            let failure = match cause {
                Cause::Error(error) => PipelineError::Failed { stage, error, buffer },
                Cause::Panic(panic) => PipelineError::Panicked { stage, panic, buffer },
            };
            self.keep(failure);
        }
    }

    fn keep(&self, failure: PipelineError) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// Says how the run went, after all workers have left it.
    pub(super) fn into_result(self) -> Result<(), PipelineError> {
        match self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // Whoever said stop in the end: a run that failed does not get its parcel home.
            _ if self.control.course.is_complete() => Ok(()),
            Some(failure) => Err(failure),
            None => Err(PipelineError::Cancelled),
        }
    }
}
