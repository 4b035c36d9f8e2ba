//! A task as the pool holds it: its cell, and the closure or what came of it.
//!
//! The type of the closure is known here, and nowhere else: a lane holds `dyn Work`, a handle `dyn Outcome<R>`.

#![allow(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::super::attention::Attention;
use super::super::cancel::{Stopped, Token, with_current};
use super::super::crew::Crew;
use super::super::current::{self, inside_job};
use super::super::handle::Pool;
use super::super::metrics::{Name, Stamp};
use super::blocks::Home;
use super::context::Cx;
use super::error::{Panic, TaskError};
use super::hand::Hand;
use super::options::Lane;
use crate::protocol::task_cell::{Claimed, TaskCell};
use crate::sync::UnsafeCell;

/// What is known of a task whatever its type.
#[derive(Debug)]
pub(crate) struct Head {
    pub(super) cell: TaskCell,
    pub(super) name: &'static str,
    /// Where its memory goes back to, if it lies in a block.
    pub(super) home: Option<&'static Home>,
    /// Most tasks have none.
    pub(super) terms: Option<Box<Terms>>,
    pub(super) lane: Lane,
    /// The name's number, and the submission, for what is counted.
    pub(super) label: Name,
    pub(super) submitted: Stamp,
}

/// What is special about a task.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// The only worker that may run it.
    pub(super) worker: Option<usize>,
    /// When it must have begun.
    pub(super) begin_by: Option<Instant>,
    /// How long it may run.
    pub(super) run_budget: Option<Duration>,
    /// What stops it, besides its own handle.
    pub(super) token: Option<Token>,
}

impl Head {
    pub(super) fn worker(&self) -> Option<usize> {
        self.terms.as_ref()?.worker
    }

    /// Ends the task and wakes who waits. A waker is an executor's code: if it panics, that is its affair.
    fn end(&self, claimed: Claimed) {
        if let Some(waker) = self.cell.end(claimed) {
            quietly(|| waker.wake());
        }
    }

    /// Returns why not to begin with the task, if it is too late for it.
    fn too_late(&self) -> Option<Unrun> {
        let terms = self.terms.as_ref()?;
        if let Some(stopped) = terms.token.as_ref().and_then(Token::stopped) {
            return Some(if stopped == Stopped::Overdue { Unrun::Overdue } else { Unrun::Cancelled });
        }
        terms.begin_by.is_some_and(|by| Instant::now() > by).then_some(Unrun::Overdue)
    }
}

/// Why a task ends without having run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unrun {
    Cancelled,
    Overdue,
    Dropped,
    Closed,
}

/// A task of any type, for those who run it.
pub(crate) trait Work: Send + Sync + fmt::Debug {
    fn head(&self) -> &Head;

    fn head_mut(&mut self) -> &mut Head;

    /// Runs the body, of whoever claimed it. The task has not ended yet.
    fn run(&self, claimed: &Claimed, cx: &Cx<'_>);

    /// Drops the body, of whoever claimed it. The task has not ended yet.
    fn give_up(&self, claimed: &Claimed, why: Unrun);
}

/// A task with a result of this type, for whoever waits for it.
pub(super) trait Outcome<R>: Work {
    /// Takes the outcome of a task that has ended. None but the first time.
    ///
    /// # Safety
    ///
    /// - The caller has seen the end, and nobody else calls this meanwhile.
    unsafe fn take(&self) -> Option<Result<R, TaskError>>;
}

/// A task.
pub(super) struct Job<F, R> {
    head: Head,
    body: UnsafeCell<Body<F, R>>,
}

enum Body<F, R> {
    Pending(F),
    Ended(Result<R, TaskError>),
    Taken,
}

// SAFETY: the body is used by one thread at a time (T1): its claimer, then its only waiter, which takes what came of it.
// Closure and result so move between threads, which wants them `Send`.
unsafe impl<F: Send, R: Send> Sync for Job<F, R> {}

impl<F, R> Job<F, R> {
    pub(super) fn new(head: Head, body: F) -> Self {
        Self { head, body: UnsafeCell::new(Body::Pending(body)) }
    }

    /// Puts something else in the body's place.
    ///
    /// # Safety
    ///
    /// - The body is the caller's alone: it has claimed the task and not ended it, or has seen the end and is the only waiter.
    unsafe fn replace(&self, with: Body<F, R>) -> Body<F, R> {
        self.body.with_mut(|body| {
            // SAFETY: valid, and the caller's alone (caller's duty).
            let body = unsafe { &mut *body };
            std::mem::replace(body, with)
        })
    }

    /// Takes the closure back, of a task that was refused; none if somebody has run or dropped it.
    pub(super) fn take_closure(&self) -> Option<F> {
        let claimed = self.head.cell.try_claim()?;
        // SAFETY: we have claimed it (T1).
        let body = unsafe { self.replace(Body::Taken) };
        self.head.end(claimed);
        match body {
            Body::Pending(closure) => Some(closure),
            _ => None,
        }
    }
}

/// Runs the code of a user where no panic may go on: a drop, a waker. A panic's payload may panic itself when it is dropped;
/// that one's payload is let go.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f))
        && let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload)))
    {
        std::mem::forget(another);
    }
}

/// Drops a user's value where no panic may go on.
pub(crate) fn drop_quietly<T>(value: T) {
    quietly(|| drop(value));
}

impl<F, R> Work for Job<F, R>
where
    F: FnOnce(&Cx<'_>) -> R + Send,
    R: Send,
{
    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn run(&self, _: &Claimed, cx: &Cx<'_>) {
        // SAFETY: the claim is the caller's (T1).
        let Body::Pending(closure) = (unsafe { self.replace(Body::Taken) }) else {
            return;
        };
        let crew = cx.pool().crew();
        let running = self.head.begin(crew, cx.worker());
        let closure = AssertUnwindSafe(|| closure(cx));
        let result = inside_job(|| with_current(Some(cx), || catch_unwind(closure)));
        let result = result.map_err(|payload: Box<dyn Any + Send>| TaskError::Panicked(Panic::new(payload)));
        self.head.count(crew, running, result.is_err());
        // SAFETY: as above; it has not ended.
        unsafe { self.replace(Body::Ended(result)) };
    }

    fn give_up(&self, _: &Claimed, why: Unrun) {
        let error = match why {
            Unrun::Cancelled => TaskError::Cancelled,
            Unrun::Overdue => TaskError::Overdue,
            Unrun::Dropped => TaskError::Dropped,
            Unrun::Closed => TaskError::Closed,
        };
        // SAFETY: the claim is the caller's (T1).
        let body = unsafe { self.replace(Body::Ended(Err(error))) };
        drop_quietly(body);
    }
}

impl<F, R> Outcome<R> for Job<F, R>
where
    F: FnOnce(&Cx<'_>) -> R + Send,
    R: Send,
{
    unsafe fn take(&self) -> Option<Result<R, TaskError>> {
        // SAFETY: it has ended and we are the only waiter (caller's duty, T1).
        match unsafe { self.replace(Body::Taken) } {
            Body::Ended(result) => Some(result),
            _ => None,
        }
    }
}

impl<F, R> fmt::Debug for Job<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("head", &self.head).finish_non_exhaustive()
    }
}

/// Runs a task as thread `number` of the pool, unless somebody else has it.
pub(crate) fn run_by(task: Hand<dyn Work>, pool: &Pool, number: usize, attention: &mut Attention<'_>) {
    if let Some(claimed) = task.head().cell.try_claim() {
        if let Some(why) = task.head().too_late() {
            task.head().count_unrun(pool.crew(), number, why);
            task.give_up(&claimed, why);
        } else {
            task.run(&claimed, &Cx::new(pool, &task, number));
        }
        attention.look_if_idle();
        if let Some(waker) = task.head().cell.end(claimed) {
            attention.turn_away();
            quietly(|| waker.wake());
        }
    }
    // Ours may be the last hand, and then the result is dropped here: the code of a user.
    if let Some(last) = task.let_go() {
        attention.turn_away();
        drop_quietly(last);
    }
}

/// Drops a task's body, unless somebody else has it; returns whether it did.
pub(super) fn end_unrun<W: Work + ?Sized>(task: &W, crew: &Crew, why: Unrun) -> bool {
    let Some(claimed) = task.head().cell.try_claim() else {
        return false;
    };
    task.head().count_unrun(crew, current::number_in(crew), why);
    task.give_up(&claimed, why);
    task.head().end(claimed);
    true
}
