//! A whole pipeline: what can be run, watched and cancelled.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::control::Control;
use super::error::PipelineError;
use super::report::{Canceller, Progress, Report};
use super::run::Run;
use super::work::Work;
use crate::pool::Pool;

/// Stages that change the buffers of a ring in place, between a source that fills them and a sink.
///
/// Stages are no threads. The pool's workers, the calling thread among them, each take a buffer from stage to stage for
/// as long as they find places there, and otherwise do whatever is most downstream. So a pool of one runs any
/// pipeline, and on more the slowest stage is kept busy while others do the rest. A stage has one worker at a time, or
/// as many as it is given; buffers come to it as they arrive, or in the order of the source ([`Stages`](super::Stages)).
///
/// Nothing is allocated for a buffer, and none is copied. A worker that finds nothing to do sleeps until there is.
///
/// An error or a panic in a closure ends the run: the others stop at their next buffer, the first failure
/// comes back [with the buffer](super::PipelineError) it happened at, and all other buffers are in their ring again.
///
/// Two pipelines may run on one pool at a time, from two threads: each worker is in one of them until that is over, and
/// each pipeline has its calling thread at least. So may a pipeline inside a pool's job, or inside a stage. A loop of the
/// pool inside a stage is run by its worker, with the help of those that are in no pipeline.
///
/// # Examples
///
/// ```
/// use ringmill::pipeline::{Flow, Pipeline};
/// use ringmill::{Pool, Ring};
///
/// let pool = Pool::new()?;
/// let ring = Ring::<f32>::builder().buffers(8).buffer_len(1000).build()?;
/// let (mut left, mut sum) = (100, 0.0);
/// let report = Pipeline::over(&ring)
///     .source("fill", |buffer| {
///         if left == 0 {
///             return Flow::End;
///         }
///         left -= 1;
///         buffer.fill(2.0);
///         Flow::More
///     })
///     .parallel_stage("scale", 4, |buffer| buffer.iter_mut().for_each(|value| *value *= 1.5))
///     .sink("sum", |buffer| sum += buffer.iter().sum::<f32>())
///     .run(&pool)?;
/// assert_eq!(sum, 300_000.0);
/// println!("{report}");
/// assert_eq!(ring.free(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a pipeline does nothing until it is run"]
pub struct Pipeline<'a> {
    control: OverWhenDropped,
    works: Vec<Box<dyn Work + 'a>>,
}

/// What the handles share. Whoever watches learns that it is over, even if it was never run.
struct OverWhenDropped(Arc<Control>);

impl Drop for OverWhenDropped {
    fn drop(&mut self) {
        self.0.course.stop();
    }
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(control: Control, works: Vec<Box<dyn Work + 'a>>) -> Self {
        Self { control: OverWhenDropped(Arc::new(control)), works }
    }

    /// Runs until the source has ended and every buffer is through, on the calling thread and on each worker of the pool
    /// that has time.
    ///
    /// # Errors
    ///
    /// [`PipelineError::Failed`] and [`PipelineError::Panicked`], with the buffer, when a closure does;
    /// [`PipelineError::Cancelled`]; [`PipelineError::NoBuffer`] if a ring has none free at the start;
    /// [`PipelineError::Pool`] in a process forked after the pool was built, and when the [`Token`](crate::pool::Token)
    /// under which the caller works is stopped, which is looked at before each buffer of each stage.
    ///
    /// # Examples
    ///
    /// See [`Pipeline`].
    pub fn run(self, pool: &Pool) -> Result<Report, PipelineError> {
        let Self { control: OverWhenDropped(ref control), works } = self;
        let start = Instant::now();
        if !works.iter().filter_map(|work| work.free()).all(|buffers| buffers.prepare()) {
            control.course.stop();
            return Err(PipelineError::NoBuffer);
        }
        let run = Run::new(control, &works, pool.workers());
        let gathered = pool.crew().gather(pool.workers(), &|_| run.work());
        let result = run.into_result();
        // The buffers are back in their rings before anybody learns of the end.
        drop(works);
        gathered?;
        result?;
        Ok(Report { elapsed: start.elapsed(), workers: pool.workers(), stages: control.progress() })
    }

    /// Returns a handle that tells from any thread how far the run is, and which stage holds it up.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pipeline::{Flow, Pipeline};
    /// use ringmill::{Pool, Ring};
    ///
    /// let (pool, ring) = (Pool::new()?, Ring::<u8>::builder().buffers(4).buffer_len(10).build()?);
    /// let mut left = 5;
    /// let pipeline = Pipeline::over(&ring)
    ///     .source("read", |_| {
    ///         left -= 1;
    ///         if left > 0 { Flow::More } else { Flow::End }
    ///     })
    ///     .sink("write", |_| ());
    /// let progress = pipeline.progress(); // for a thread that shows it
    /// pipeline.run(&pool)?;
    /// let [read, write] = &progress.stages()[..] else { panic!("two stages") };
    /// assert_eq!((read.buffers, read.elements), (4, 40));
    /// assert_eq!((write.buffers, write.waiting), (4, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn progress(&self) -> Progress {
        Progress::new(self.control.0.clone())
    }

    /// Returns a handle that ends the run from any thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pipeline::{Flow, Pipeline, PipelineError};
    /// use ringmill::{Pool, Ring};
    ///
    /// let (pool, ring) = (Pool::new()?, Ring::<u8>::builder().buffers(4).buffer_len(10).build()?);
    /// let endless = Pipeline::over(&ring).source("read", |_| Flow::More).sink("write", |_| ());
    /// let canceller = endless.canceller();
    /// let stopper = std::thread::spawn(move || canceller.cancel());
    /// assert!(matches!(endless.run(&pool), Err(PipelineError::Cancelled)));
    /// # stopper.join().unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn canceller(&self) -> Canceller {
        Canceller::new(self.control.0.clone())
    }
}

impl fmt::Debug for Pipeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("stages", &self.control.0.stations).finish()
    }
}
