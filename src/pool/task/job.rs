//! A task as the pool holds it: its words, its closure, and what came of it.
//!
//! What who waits looks at lies on a line of its own, with the outcome; what who runs needs lies on the next, with the closure.
//! The type of the closure is known here, and nowhere else: a lane holds `dyn Work`, a handle `dyn Outcome<R>`.

#![allow(unsafe_code)]

use std::any::Any;
use std::fmt;
use std::mem::MaybeUninit;
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
use super::hand::{AfterEnd, Hand, LastHand};
use super::options::Lane;
use crate::protocol::task_cell::{Claim, Claimed, End};
use crate::protocol::whereabouts::Mark;
use crate::sync::UnsafeCell;
use crate::sys::prefetch;

/// What is known of a task whatever its type.
#[derive(Debug)]
pub(crate) struct Head {
    pub(super) claim: Claim,
    /// Whose it is, once it runs.
    pub(super) runner: Mark,
    pub(super) lane: Lane,
    /// The name's number, and the submission, for what is counted.
    pub(super) label: Name,
    pub(super) submitted: Stamp,
    pub(super) name: &'static str,
    /// Where its memory goes back to, if it lies in a block.
    pub(super) home: Option<&'static Home>,
    /// Most tasks have none.
    pub(super) terms: Option<Box<Terms>>,
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

    fn end(&self) -> &End;

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

    /// Moves the outcome out, and leaves the place as it is: not a word is written.
    ///
    /// # Safety
    ///
    /// - As for [`take`](Self::take), and nobody uses or drops the outcome's place after this.
    unsafe fn move_out(&self) -> Option<Result<R, TaskError>>;
}

/// A task.
#[repr(C, align(128))]
pub(super) struct Job<F, R> {
    end: End,
    outcome: UnsafeCell<Option<Result<R, TaskError>>>,
    load: Load<F>,
}

/// What who runs the task needs.
#[repr(C, align(128))]
struct Load<F> {
    head: Head,
    /// There until the task is claimed.
    closure: UnsafeCell<MaybeUninit<F>>,
}

// SAFETY: the closure is used by the claimer alone, the outcome by the claimer and then by the only waiter (T1). Closure and
// result so move between threads, which wants them `Send`.
unsafe impl<F: Send, R: Send> Sync for Job<F, R> {}

impl<F, R> Job<F, R> {
    /// Makes a task that two hands hold.
    #[inline]
    pub(super) fn new(head: Head, closure: F) -> Self {
        let load = Load { head, closure: UnsafeCell::new(MaybeUninit::new(closure)) };
        Self { end: End::new(2), outcome: UnsafeCell::new(None), load }
    }

    /// Moves the closure out.
    ///
    /// # Safety
    ///
    /// - The caller has claimed the task, or nobody has and nobody can, and this is called once.
    unsafe fn move_closure(&self) -> F {
        self.load.closure.with(|closure| {
            // SAFETY: valid, and the caller's alone (caller's duty, T1).
            let closure = unsafe { &*closure };
            // SAFETY: it is there until it is moved out, which is done once (caller's duty).
            unsafe { closure.assume_init_read() }
        })
    }

    /// Puts something in the outcome's place.
    ///
    /// # Safety
    ///
    /// - The caller has claimed the task and not ended it, or has seen the end and is the only waiter.
    unsafe fn replace(&self, with: Option<Result<R, TaskError>>) -> Option<Result<R, TaskError>> {
        self.outcome.with_mut(|outcome| {
            // SAFETY: valid, and the caller's alone (caller's duty, T1).
            let outcome = unsafe { &mut *outcome };
            std::mem::replace(outcome, with)
        })
    }
}

impl<F, R> Drop for Job<F, R> {
    fn drop(&mut self) {
        if !self.load.head.claim.is_taken() {
            // SAFETY: nobody has claimed it, and nobody can: it is being dropped.
            drop(unsafe { self.move_closure() });
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
        &self.load.head
    }

    fn end(&self) -> &End {
        &self.end
    }

    fn run(&self, _: &Claimed, cx: &Cx<'_>) {
        // SAFETY: the claim is the caller's (T1), and a task runs once.
        let closure = unsafe { self.move_closure() };
        let crew = cx.pool().crew();
        let running = self.load.head.begin(crew, cx.worker());
        let closure = AssertUnwindSafe(|| closure(cx));
        let result = inside_job(|| with_current(Some(cx), || catch_unwind(closure)));
        // Who waits has looked at this line meanwhile; the outcome and the end are written to it.
        prefetch::for_write(&raw const self.end);
        let result = result.map_err(|payload: Box<dyn Any + Send>| TaskError::Panicked(Panic::new(payload)));
        self.load.head.count(crew, running, result.is_err());
        // SAFETY: as above; it has not ended.
        unsafe { self.replace(Some(result)) };
    }

    fn give_up(&self, _: &Claimed, why: Unrun) {
        // SAFETY: the claim is the caller's (T1), and a task is given up once and not run.
        let closure = unsafe { self.move_closure() };
        drop_quietly(closure);
        // SAFETY: as above; it has not ended.
        unsafe { self.replace(Some(Err(why.into()))) };
    }
}

impl From<Unrun> for TaskError {
    fn from(why: Unrun) -> Self {
        match why {
            Unrun::Cancelled => Self::Cancelled,
            Unrun::Overdue => Self::Overdue,
            Unrun::Dropped => Self::Dropped,
            Unrun::Closed => Self::Closed,
        }
    }
}

impl<F, R> Outcome<R> for Job<F, R>
where
    F: FnOnce(&Cx<'_>) -> R + Send,
    R: Send,
{
    unsafe fn take(&self) -> Option<Result<R, TaskError>> {
        // SAFETY: it has ended and we are the only waiter (caller's duty, T1).
        unsafe { self.replace(None) }
    }

    #[inline]
    unsafe fn move_out(&self) -> Option<Result<R, TaskError>> {
        self.outcome.with(|outcome| {
            // SAFETY: valid, and the caller's alone; nobody reads it again, by a drop neither (caller's duty).
            unsafe { outcome.read() }
        })
    }
}

impl<F, R> fmt::Debug for Job<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("head", &self.load.head).finish_non_exhaustive()
    }
}

/// Runs a task as thread `number` of the pool, unless somebody else has it.
pub(crate) fn run_by(task: Hand<dyn Work>, pool: &Pool, number: usize, attention: &mut Attention<'_>) {
    let claimed = task.head().claim.try_claim();
    // Behind the claim's exchange.
    pool.crew().tasks.made_room(task.head());
    let Some(claimed) = claimed else {
        return let_go(task, attention);
    };
    if let Some(why) = task.head().too_late() {
        task.head().count_unrun(pool.crew(), number, why);
        task.give_up(&claimed, why);
    } else {
        pool.crew().whereabouts.sign(number, &task.head().runner);
        task.run(&claimed, &Cx::new(pool, &task, number));
    }
    attention.look_if_idle();
    end(task, claimed, attention);
}

/// Ends a task whose outcome is in its place, wakes who waits, and lets go of it.
fn end(task: Hand<dyn Work>, claimed: Claimed, attention: &mut Attention<'_>) {
    match task.end_and_let_go(claimed) {
        AfterEnd::Held => {}
        AfterEnd::Last(last) => drop_last(last, attention),
        AfterEnd::Awaited(task, claimed) => {
            if let Some(waker) = task.end().end_and_wake(claimed) {
                // A waker is an executor's code: if it panics, that is its affair.
                attention.turn_away();
                quietly(|| waker.wake());
            }
            let_go(task, attention);
        }
    }
}

/// Lets go of a task. Ours may be the last hand, and then the result is dropped here.
fn let_go(task: Hand<dyn Work>, attention: &mut Attention<'_>) {
    if let Some(last) = task.let_go() {
        drop_last(last, attention);
    }
}

#[cold]
fn drop_last(last: LastHand<dyn Work>, attention: &mut Attention<'_>) {
    attention.turn_away();
    drop_quietly(last);
}

/// Drops a task's body, unless somebody else has it; returns whether it did.
pub(super) fn end_unrun(task: Hand<dyn Work>, crew: &Crew, why: Unrun) -> bool {
    let Some(claimed) = task.head().claim.try_claim() else {
        // Whoever ran it may have let go of it, and left us its result to drop.
        let_go(task, &mut Attention::elsewhere(crew));
        return false;
    };
    task.head().count_unrun(crew, current::number_in(crew), why);
    task.give_up(&claimed, why);
    end(task, claimed, &mut Attention::elsewhere(crew));
    true
}

/// Takes the closure back of a task that was refused; none if somebody has run or dropped it.
pub(super) fn take_closure<F, R>(task: &Hand<Job<F, R>>) -> Option<F>
where
    F: FnOnce(&Cx<'_>) -> R + Send + 'static,
    R: Send + 'static,
{
    let Claimed { .. } = task.head().claim.try_claim()?;
    // SAFETY: we have claimed it (T1). Nobody waits for its end: its submitter has no handle yet.
    Some(unsafe { task.move_closure() })
}
