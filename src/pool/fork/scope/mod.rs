//! Scopes: jobs that borrow, spawned as one goes, and all over when the scope is.
//!
//! A thread keeps the jobs that it spawns to itself, so a short one costs a few nanoseconds. What its jobs take is known from the
//! last time; when it adds up to what a wake costs, or nobody knows, it puts them aside for others, a lot at a time, and
//! lets them in: a scope is a loop on a board, whose pieces are the lots.
//!
//! - Z1: a scope lives on its opener's stack, and is taken down from its board before it ends, by return or by unwinding.
//! - Z2: whether and where it is posted is its opener's to say; others read the seat's number.
//! - Z3: a scope is over when its opener has found that it has no job itself, that nothing is put aside, and that nobody is
//!   inside of its board, in this order and with nothing between (T3). A job that somebody has who is not inside is waited
//!   for by one who is.

#![allow(unsafe_code)]

mod core;
mod error;
mod hand;
mod job;

use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub use self::error::{Panics, ScopeError};

use self::core::Core;
use self::hand::Hand;
use self::job::Job;
use crate::pool::cancel::heeded;
use crate::pool::current::{inside_job, is_inside_job};
use crate::pool::handle::Pool;
use crate::pool::posting::let_go;
use crate::protocol::stock::Which;

/// Puts all jobs aside that this thread has to itself: it is going to wait.
pub(super) fn put_all_aside() {
    Hand::put_all_aside();
}

/// Whether a job's panic stops those that have not begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnPanic {
    /// They run all the same. The default: one job's failure is its own.
    #[default]
    GoOn,
    /// They are left out.
    Stop,
}

/// Where jobs are spawned that borrow what outlives the scope. See [`Pool::scope`].
///
/// A job cannot borrow what ends before the scope does:
///
/// ```compile_fail,E0597
/// let pool = ringmill::Pool::new().unwrap();
/// pool.scope(|scope| {
///     let short = String::from("gone when the closure ends");
///     scope.spawn(|_| println!("{short}"));
/// });
/// ```
///
/// Nor can the scope be taken out of it:
///
/// ```compile_fail,E0521
/// let pool = ringmill::Pool::new().unwrap();
/// let mut escaped = None;
/// pool.scope(|scope| escaped = Some(scope));
/// ```
///
/// And what a job borrows for change is nobody else's until the scope is over:
///
/// ```compile_fail,E0499
/// let pool = ringmill::Pool::new().unwrap();
/// let mut counts = [0; 2];
/// pool.scope(|scope| {
///     scope.spawn(|_| counts[0] += 1);
///     scope.spawn(|_| counts[1] += 1);
/// });
/// ```
pub struct Scope<'scope> {
    core: Core,
    // Neither longer nor shorter: a longer one would let jobs borrow what ends before.
    lifetime: PhantomData<fn(&'scope ()) -> &'scope ()>,
}

/// Waits for all jobs, should the scope's own closure have panicked or not.
fn finish(scope: &Scope<'_>, hand: &Hand) {
    // SAFETY: the two types differ in a lifetime. Jobs are given it back by their own code, which knows it.
    let scope = unsafe { &*std::ptr::from_ref(scope).cast::<Scope<'static>>() };
    hand.work(scope, Which::Newest);
    // What it runs while it waits may have given the opener a job, so it always works once more (Z3).
    while scope.core.wait_if_anybody_is_inside() {
        hand.work(scope, Which::Newest);
    }
    scope.core.take_down();
}

impl Pool {
    /// Runs `body`, which may spawn jobs that borrow; returns when all jobs have ended, also those that jobs spawned.
    ///
    /// Jobs run on whoever has time, the calling thread included, in no order. None has to begin before `body` ends, so
    /// `body` must not wait for one. Scopes lie inside of each other, and inside of loops, joins and tasks. A thread that
    /// waits for a scope runs its jobs and what is forked inside them, and nothing else.
    ///
    /// Under a token ([`with_token`](crate::pool::with_token), or inside a task) that is stopped, jobs that have not begun are
    /// left out.
    ///
    /// # Errors
    ///
    /// [`ScopeError::Panicked`] with what every job that panicked has left; [`ScopeError::Stopped`] if jobs were left out. What
    /// `body` returned is dropped then: the error could not carry what borrows as far as a `?` does. Keep what must not be lost in a
    /// variable outside.
    ///
    /// # Panics
    ///
    /// If `body` does, when all jobs have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// let pool = Pool::new()?;
    /// let mut halves = [0, 0];
    /// let numbers: Vec<u64> = (1..=1000).collect();
    /// let (left, right) = halves.split_at_mut(1);
    /// pool.scope(|scope| {
    ///     scope.spawn(|_| left[0] = numbers[..500].iter().sum());
    ///     scope.spawn(|scope| {
    ///         right[0] = numbers[500..].iter().sum();
    ///         scope.spawn(|_| println!("a job of a job"));
    ///     });
    /// })?;
    /// assert_eq!(halves[0] + halves[1], 500_500);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scope<'scope, R>(&self, body: impl FnOnce(&Scope<'scope>) -> R) -> Result<R, ScopeError> {
        self.scope_with(OnPanic::GoOn, body)
    }

    /// Runs a [scope](Self::scope), and says what a job's panic does to those that have not begun.
    ///
    /// # Errors
    ///
    /// As for [`scope`](Self::scope).
    ///
    /// # Panics
    ///
    /// If `body` does, when all jobs have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::{OnPanic, Pool, ScopeError};
    ///
    /// let pool = Pool::builder().workers(1).build()?;
    /// let failed = pool.scope_with(OnPanic::Stop, |scope| {
    ///     for _ in 0..3 {
    ///         scope.spawn(|_| panic!("the first stops the rest"));
    ///     }
    /// });
    /// assert!(matches!(failed, Err(ScopeError::Panicked(panics)) if panics.len() == 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scope_with<'scope, R>(
        &self,
        on_panic: OnPanic,
        body: impl FnOnce(&Scope<'scope>) -> R,
    ) -> Result<R, ScopeError> {
        let stops = on_panic == OnPanic::Stop;
        let core = Core::new(self.crew(), stops, !is_inside_job(), heeded());
        let scope = Scope { core, lifetime: PhantomData };
        let returned = inside_job(|| {
            Hand::with(&scope.core, true, |hand| {
                let returned = catch_unwind(AssertUnwindSafe(|| body(&scope)));
                finish(&scope, hand);
                returned
            })
        });
        let (payloads, skipped) = scope.core.roll.close();
        match returned {
            Err(payload) => {
                payloads.into_iter().for_each(let_go);
                resume_unwind(payload)
            }
            Ok(_) if !payloads.is_empty() => Err(ScopeError::Panicked(Panics::new(payloads))),
            Ok(_) if skipped > 0 => Err(ScopeError::Stopped { skipped }),
            Ok(value) => Ok(value),
        }
    }
}

impl<'scope> Scope<'scope> {
    /// Spawns a job, which may spawn others into the same scope.
    ///
    /// # Examples
    ///
    /// See [`Pool::scope`].
    #[inline]
    pub fn spawn<F>(&self, job: F)
    where
        F: FnOnce(&Scope<'scope>) + Send + 'scope,
    {
        let job = Job::new(job);
        Hand::of(&self.core, |hand| match hand {
            Some(hand) => hand.push(self, job),
            // A thread that is none of the scope's, but is waited for by one.
            None => _ = self.core.put_aside(self, vec![job], u64::MAX, false),
        });
    }

    /// Spawns a job that is worth a wake, whatever those of its kind took before: it is put aside for others at once.
    pub(crate) fn spawn_aside<F>(&self, job: F)
    where
        F: FnOnce(&Scope<'scope>) + Send + 'scope,
    {
        let is_opener = Hand::of(&self.core, |hand| hand.is_some_and(Hand::is_opener));
        self.core.put_aside(self, vec![Job::new(job)], u64::MAX, is_opener);
    }

    /// Leaves out the jobs that have not begun, and those still spawned. Jobs that run go on; loops in them do too.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    /// use ringmill::pool::ScopeError;
    ///
    /// let pool = Pool::new()?;
    /// let stopped = pool.scope(|scope| {
    ///     scope.stop();
    ///     scope.spawn(|_| unreachable!("left out"));
    /// });
    /// assert!(matches!(stopped, Err(ScopeError::Stopped { skipped: 1 })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop(&self) {
        self.core.roll.stop();
    }

    /// Returns whether jobs that have not begun are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert!(!pool.scope(|scope| scope.is_stopped())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_stopped(&self) -> bool {
        self.core.heed();
        self.core.is_stopped()
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("stopped", &self.core.is_stopped()).finish_non_exhaustive()
    }
}
