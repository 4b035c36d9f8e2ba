//! What a task is told while it runs.

use std::sync::Arc;
use std::time::Instant;

use super::super::cancel::{Heeded, Node, Stop, Stopped, Token};
use super::super::handle::Pool;
use super::hand::Hand;
use super::job::{Head, Work};
use super::options::after;

/// What a running task can ask: whether it should stop, what it is called, where it runs.
///
/// # Examples
///
/// ```
/// let pool = ringmill::Pool::new()?;
/// let task = pool.task().name("count").submit(|cx| (cx.name(), cx.is_stopped()))?;
/// assert_eq!(task.wait()?, ("count", false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Cx<'a> {
    pool: &'a Pool,
    task: &'a Hand<dyn Work>,
    worker: usize,
    /// When its budget is used up.
    stop_at: Option<Instant>,
}

impl<'a> Cx<'a> {
    /// Makes the context of a task that begins now.
    #[inline]
    pub(super) fn new(pool: &'a Pool, task: &'a Hand<dyn Work>, worker: usize) -> Self {
        let stop_at = task.head().terms.as_ref().and_then(|terms| terms.run_budget).and_then(after);
        Self { pool, task, worker, stop_at }
    }

    fn head(&self) -> &Head {
        self.task.head()
    }

    /// Returns the number of the thread that runs the task; 0 if it is none of the pool's.
    #[inline]
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// Returns the pool that runs the task, for loops, joins and further tasks inside it.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let values = vec![1_u64; 10_000];
    /// let task = pool.submit(move |cx| cx.pool().map_reduce(&values, |chunk| chunk.iter().sum::<u64>(), |a, b| a + b))?;
    /// assert_eq!(task.wait()??, 10_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pool(&self) -> &Pool {
        self.pool
    }

    /// Returns the task's name; empty if it has none.
    pub fn name(&self) -> &'static str {
        self.head().name
    }

    /// Says by an error that the task should stop: it or its token was cancelled, its pool is ending, or it has run for as
    /// long as it may.
    ///
    /// Loops of the pool ask by themselves between two pieces. A look costs a few loads, and one at the clock if there is a
    /// deadline.
    ///
    /// # Errors
    ///
    /// [`Stopped`], with the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use ringmill::pool::Stopped;
    ///
    /// let pool = ringmill::Pool::new()?;
    /// let task = pool.task().run_budget(Duration::from_millis(2)).submit(|cx| -> Result<u64, Stopped> {
    ///     let mut steps = 0;
    ///     loop {
    ///         cx.check()?; // a step of a long computation
    ///         steps += 1;
    ///     }
    /// })?;
    /// assert_eq!(task.wait()?, Err(Stopped::Overdue));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn check(&self) -> Result<(), Stopped> {
        self.stopped().map_or(Ok(()), Err)
    }

    /// Returns whether the task should stop, as [`check`](Self::check) says.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped().is_some()
    }

    /// Returns a token that stops when the task should: for what the task starts elsewhere, and to make children of.
    ///
    /// Cancelling it stops what is below it, not the task.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let task = pool.submit(|cx| {
    ///     let token = cx.token();
    ///     std::thread::spawn(move || token.is_stopped()).join().is_ok()
    /// })?;
    /// assert!(task.wait()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token(&self) -> Token {
        let parent = self.head().terms.as_ref().and_then(|terms| terms.token.clone());
        let node = Node::new(parent, self.stop_at);
        Token::of(Arc::new(OfTask { node, task: self.task.clone(), pool: self.pool.of_same_crew() }))
    }
}

impl Heeded for Cx<'_> {
    #[inline]
    fn stopped(&self) -> Option<Stopped> {
        let head = self.head();
        if head.claim.is_asked_to_stop() || self.pool.crew().tasks.is_stopping() {
            return Some(Stopped::Cancelled);
        }
        let token = head.terms.as_ref()?.token.as_ref();
        let overdue = || self.stop_at.is_some_and(|at| Instant::now() >= at).then_some(Stopped::Overdue);
        token.and_then(Token::stopped).or_else(overdue)
    }

    fn token(&self) -> Token {
        self.token()
    }
}

/// What a token of a running task is made of.
struct OfTask {
    node: Node,
    task: Hand<dyn Work>,
    pool: Pool,
}

impl Stop for OfTask {
    fn node(&self) -> &Node {
        &self.node
    }

    fn node_mut(&mut self) -> &mut Node {
        &mut self.node
    }

    fn is_asked(&self) -> bool {
        self.task.head().claim.is_asked_to_stop() || self.pool.crew().tasks.is_stopping()
    }
}
