//! What a run has done so far, and what it took in the end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;

/// How far one stage is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageProgress {
    /// Its name.
    pub name: String,
    /// How many workers it may have at a time.
    pub workers: usize,
    /// Buffers that it has done.
    pub buffers: u64,
    /// Elements in them: those that the source filled, or that a stage was given.
    pub elements: u64,
    /// The time that its closure has taken, in all workers together.
    pub busy: Duration,
    /// Buffers that wait for it. They pile up before the slowest stage.
    pub waiting: usize,
}

impl StageProgress {
    /// Returns the least time in which the stage could have done this: with all the workers that it may have.
    fn at_least(&self, workers: usize) -> Duration {
        self.busy / (self.workers.clamp(1, workers.max(1)) as u32)
    }
}

/// A view on a pipeline from any thread, before, while and after it runs.
///
/// # Examples
///
/// See [`Pipeline::progress`](super::Pipeline::progress).
#[derive(Clone, Debug)]
pub struct Progress(Arc<Control>);

impl Progress {
    pub(super) fn new(control: Arc<Control>) -> Self {
        Self(control)
    }

    /// Returns how far each stage is: the source, the stages in their order, the sink.
    ///
    /// Each figure is exact, but they are not of one moment.
    pub fn stages(&self) -> Vec<StageProgress> {
        self.0.progress()
    }

    /// Returns whether the run is over, in whatever way.
    pub fn is_over(&self) -> bool {
        self.0.course.is_over()
    }
}

/// Ends a run from any thread.
///
/// # Examples
///
/// See [`Pipeline::canceller`](super::Pipeline::canceller).
#[derive(Clone, Debug)]
pub struct Canceller(Arc<Control>);

impl Canceller {
    pub(super) fn new(control: Arc<Control>) -> Self {
        Self(control)
    }

    /// Ends the run: each worker stops at its next buffer, and the run says that it was
    /// [cancelled](super::PipelineError::Cancelled). One that has not begun does not begin; one that is over stays as it is.
    pub fn cancel(&self) {
        self.0.stop();
    }
}

/// What a run took. It prints a table of the stages.
///
/// # Examples
///
/// See [`Pipeline`](super::Pipeline).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// From the start of the run to its end.
    pub elapsed: Duration,
    /// Workers of the pool that it ran on.
    pub workers: usize,
    /// The source, the stages in their order, the sink.
    pub stages: Vec<StageProgress>,
}

impl Report {
    /// Returns the stage that takes longest with all the workers that it may have. No run is faster than it.
    pub fn slowest(&self) -> &StageProgress {
        let slowest = self.stages.iter().max_by_key(|stage| stage.at_least(self.workers));
        slowest.expect("a pipeline has a source and a sink")
    }

    /// Returns the time that no order of the same work could beat on as many workers: that of the slowest stage, or of all
    /// the work dealt evenly, whichever is more.
    pub fn limit(&self) -> Duration {
        let all: Duration = self.stages.iter().map(|stage| stage.busy).sum();
        self.slowest().at_least(self.workers).max(all / self.workers.max(1) as u32)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.stages.iter().map(|stage| stage.name.chars().count()).max().unwrap_or(0).max(5);
        writeln!(f, "{:width$}  workers     buffers        elements      busy", "stage")?;
        for StageProgress { name, workers, buffers, elements, busy, .. } in &self.stages {
            writeln!(
                f,
                "{name:width$}  {workers:>7}  {buffers:>10}  {elements:>14}  {:>8.3} s",
                busy.as_secs_f64()
            )?;
        }
        write!(
            f,
            "{:.3} s on {} workers; at the least {:.3} s, the slowest stage is {:?}",
            self.elapsed.as_secs_f64(),
            self.workers,
            self.limit().as_secs_f64(),
            self.slowest().name
        )
    }
}
