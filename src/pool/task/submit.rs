//! Submitting a task.

use std::sync::Arc;

use super::super::handle::Pool;
use super::carrier::{Cargo, Carrier};
use super::context::Cx;
use super::error::SubmitError;
use super::hand::Hand;
use super::handle::Task;
use super::job::{Head, Job, Terms, Unrun, take_closure};
use super::options::{TaskOptions, after};
use crate::protocol::task_cell::Claim;
use crate::protocol::whereabouts::Mark;

impl Pool {
    /// Gives `body` to the pool's threads, and returns its [`Task`].
    ///
    /// It waits in the normal lane, in order. At a full lane the caller waits for room; other choices are
    /// [`TaskOptions`]'. The first task starts one more thread: it stands in for the caller, which does not
    /// work while it waits or goes on with something else.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] gives the closure back if the pool is closed or of another process, or the system starts no thread for it.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let task = pool.submit(|_| (1..=100_u64).sum::<u64>())?;
    /// assert_eq!(task.wait()?, 5050);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit<F, R>(&self, body: F) -> Result<Task<R>, SubmitError<F>>
    where
        F: FnOnce(&Cx<'_>) -> R + Send + 'static,
        R: Send + 'static,
    {
        self.task().submit(body)
    }

    /// Gives `body` to the pool's thread of this number, 1 to the number of workers.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit); also if there is no such thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::builder().workers(2).build()?;
    /// assert_eq!(pool.submit_to(2, |cx| cx.worker())?.wait()?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit_to<F, R>(&self, worker: usize, body: F) -> Result<Task<R>, SubmitError<F>>
    where
        F: FnOnce(&Cx<'_>) -> R + Send + 'static,
        R: Send + 'static,
    {
        self.task().worker(worker).submit(body)
    }
}

impl TaskOptions<'_> {
    /// Gives `body` to the pool's threads, as was chosen, and returns its [`Task`].
    ///
    /// # Errors
    ///
    /// [`SubmitError`] gives the closure back: the lane is full and that is what was chosen, the pool is closed or of another
    /// process, it has no such worker, or the system starts no thread for it.
    ///
    /// # Examples
    ///
    /// See [`TaskOptions`].
    pub fn submit<F, R>(self, body: F) -> Result<Task<R>, SubmitError<F>>
    where
        F: FnOnce(&Cx<'_>) -> R + Send + 'static,
        R: Send + 'static,
    {
        let crew = self.pool.crew();
        let metrics = &crew.metrics;
        let head = Head {
            claim: Claim::new(),
            runner: Mark::new(),
            name: self.name,
            home: None,
            terms: self.terms(),
            lane: self.lane,
            label: metrics.intern(self.name),
            submitted: metrics.now(),
        };
        let is_plain = head.terms.is_none();
        let (job, of_lane, block) = Hand::two(|home| Job::new(Head { home, ..head }, body));
        if let Err(refusal) = self.pool.enqueue(of_lane.into_work(), self.when_full)
            && let Some(body) = take_closure(&job)
        {
            return Err(SubmitError::new(refusal, body));
        }
        let task = Task::new(job.into_outcome(), self.pool, block.filter(|_| is_plain));
        if crew.bed.is_closed() {
            // E1: nobody may be there for it.
            task.end_unrun(Unrun::Closed);
        }
        Ok(task)
    }

    /// Returns what is special about the task, if anything is.
    #[inline]
    fn terms(&self) -> Option<Box<Terms>> {
        let Self { worker, queue_deadline, run_budget, ref token, .. } = *self;
        if worker.is_none() && queue_deadline.is_none() && run_budget.is_none() && token.is_none() {
            return None;
        }
        let begin_by = queue_deadline.and_then(after);
        Some(Box::new(Terms { worker, begin_by, run_budget, token: token.clone() }))
    }

    /// Gives `body` to the pool's threads together with a value to work on in place: a [`Buffer`](crate::ring::Buffer), a
    /// vector. Only its handle moves; it comes back with the result, or in the error.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit); value and closure come back.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let task = pool.task().submit_with(vec![1.0_f32; 1000], |_, values| {
    ///     values.iter_mut().for_each(|value| *value *= 2.0);
    ///     values.len()
    /// })?;
    /// let (values, count) = task.wait()?;
    /// assert_eq!((values[0], count), (2.0, 1000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit_with<V, F, R>(self, value: V, body: F) -> Result<Carrier<V, R>, SubmitError<(V, F)>>
    where
        V: Send + 'static,
        F: FnOnce(&Cx<'_>, &mut V) -> R + Send + 'static,
        R: Send + 'static,
    {
        let cargo = Arc::new(Cargo::new(value, body));
        let on_board = Arc::clone(&cargo);
        match self.submit(move |cx| on_board.run(cx)) {
            Ok(task) => Ok(Carrier::new(task, cargo)),
            Err(error) => {
                let (refusal, _closure) = error.into_parts();
                match cargo.unload() {
                    Some(parts) => Err(SubmitError::new(refusal, parts)),
                    None => {
                        unreachable!("a closure that came back has not run, and nobody else has its cargo")
                    }
                }
            }
        }
    }
}
