//! The task cell: one has the body, whoever waits for the end sees it and what came of it, and the last to let go drops it.
//!
//! Actors: those who may run the task or end it unrun, a worker, the one that waits and so may run it itself, one that
//! cancels; and the one waiter, which sleeps or is a future. Each has a hand. The body and the outcome are one watched place,
//! and to drop the task is to use that place. A future parks its thread between polls. Bound: three threads.
//!
//! - Invariants: T1, T2, T3.
//! - FORBIDDEN: a body that two have, or none; an outcome that is read while it is written (loom sees cells that race); a
//!   waiter that sleeps after the end; a future whose last waker is not woken; a waker that is kept after the end; a task
//!   that is dropped while a hand uses it, or twice, or never.
//! - ACCEPTABLE: a waiter that never sleeps; a waker that is woken though its future has seen the end itself.

use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use loom::sync::Arc;
use loom::thread::{self, JoinHandle, Thread};

use super::protocol::task_cell::{Claim, End, LetGo};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        vec![
            Scenario::new("task_cell: three claim", Some(3), three_claim),
            Scenario::new("task_cell: one runs, one looks", Some(3), one_runs_one_looks),
            Scenario::new("task_cell: one runs, one awaits", Some(3), one_runs_one_awaits),
            Scenario::new("task_cell: one runs, one is polled by another", Some(3), polled_by_another),
            Scenario::new("task_cell: two end, one awaits", Some(2), two_end_one_awaits),
            Scenario::new("task_cell: one runs, one asks it to stop", Some(3), one_asks_it_to_stop),
            Scenario::new("task_cell: the last hand", Some(3), the_last_hand),
        ],
        Scenario::over_futexes("task_cell: one runs, one sleeps", None, one_runs_one_sleeps),
        Scenario::over_futexes("task_cell: one cancels, one sleeps", Some(3), one_cancels_one_sleeps),
        Scenario::over_futexes("task_cell: a deadline, then a sleep", Some(3), deadline_then_sleep),
        Scenario::over_futexes("task_cell: polled, then a sleep", Some(3), polled_then_sleep),
    ]
    .concat()
}

/// What is in a task's place: its body until somebody has claimed it, then what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Pending,
    Taken,
    Ran,
    Unrun,
    Delivered,
    Dropped,
}

struct Task {
    claim: Claim,
    end: End,
    body: Watched<Body>,
    /// What every hand may look at.
    head: Watched<()>,
}

impl Task {
    /// Makes a task with a hand for its handle, and `others`.
    fn with_hands(others: u32) -> Arc<Self> {
        let (claim, end) = (Claim::new(), End::new(1 + others));
        Arc::new(Self { claim, end, body: Watched::new(Body::Pending), head: Watched::new(()) })
    }

    /// Claims the task and ends it so, unless somebody else has it, and lets go of it; returns whether we had it.
    fn end_as(&self, outcome: Body) -> bool {
        let Some(claimed) = self.claim.try_claim() else {
            self.let_go();
            return false;
        };
        assert_eq!(self.body.get(), Body::Pending, "a body was claimed twice");
        self.body.set(Body::Taken);
        self.body.set(outcome);
        match self.end.end(claimed) {
            Ok(LetGo::Held) => {}
            Ok(LetGo::Last) => self.drop_it(),
            Err(claimed) => {
                if let Some(waker) = self.end.end_and_wake(claimed) {
                    waker.wake();
                }
                self.let_go();
            }
        }
        true
    }

    fn let_go(&self) {
        self.head.get();
        if self.end.let_go() == LetGo::Last {
            self.drop_it();
        }
    }

    fn drop_it(&self) {
        assert_ne!(self.body.get(), Body::Dropped, "it is dropped twice");
        self.body.set(Body::Dropped);
        self.head.set(());
    }

    /// Checks that the task was dropped. Everybody has let go.
    fn assert_dropped(&self) {
        assert_eq!(self.body.get(), Body::Dropped, "it is never dropped");
    }

    /// Takes what came of it, and lets go. The caller has seen the end.
    fn take(&self) -> Body {
        let outcome = self.body.get();
        assert!(matches!(outcome, Body::Ran | Body::Unrun), "the outcome is not there: {outcome:?}");
        self.body.set(Body::Delivered);
        self.let_go();
        outcome
    }

    /// Waits as a handle does that may run the task, with a further hand for that.
    fn wait(&self) -> Body {
        if !self.end.is_ended() {
            self.end.hold();
            self.end_as(Body::Ran);
            assert!(self.end.wait_until(None));
        }
        self.take()
    }

    fn sleep(&self) -> Body {
        assert!(self.end.wait_until(None));
        self.take()
    }

    /// Polls once, as a handle does.
    fn poll(&self, waker: &Waker) -> Option<Body> {
        (self.end.is_ended() || self.end.enlist(waker)).then(|| self.take())
    }

    /// Polls until there is an outcome.
    fn run_future(&self) -> Body {
        let unpark = StdArc::new(Unpark(thread::current()));
        loop {
            if let Some(outcome) = self.poll(&Waker::from(unpark.clone())) {
                return outcome;
            }
            thread::park();
        }
    }
}

/// Wakes the thread that runs a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: StdArc<Self>) {
        self.0.unpark();
    }
}

/// Wakes nobody: of a future's older pollers.
struct Nobody;

impl Wake for Nobody {
    fn wake(self: StdArc<Self>) {}
}

fn on_a_thread<R: 'static>(task: &Arc<Task>, run: impl FnOnce(&Task) -> R + 'static) -> JoinHandle<R> {
    let task = task.clone();
    thread::spawn(move || run(&task))
}

/// A worker, one that cancels, and a handle that would run it: one has the body. The last to let go drops it.
fn three_claim() {
    let task = Task::with_hands(2);
    let worker = on_a_thread(&task, |task| task.end_as(Body::Ran));
    let canceller = on_a_thread(&task, |task| task.end_as(Body::Unrun));
    let by_us = task.end_as(Body::Ran);
    let by_others = [worker.join().unwrap(), canceller.join().unwrap()];
    assert_eq!(u32::from(by_us) + by_others.map(u32::from).iter().sum::<u32>(), 1, "one has the body");
    task.assert_dropped();
}

fn one_runs_one_looks() {
    let task = Task::with_hands(1);
    let looker = on_a_thread(&task, |task| {
        if task.end.is_ended() {
            return Some(task.take());
        }
        task.let_go();
        None
    });
    assert!(task.end_as(Body::Ran));
    assert!(matches!(looker.join().unwrap(), None | Some(Body::Ran)));
    task.assert_dropped();
}

/// One runs the task while a thread waits for it so.
fn one_runs(wait: fn(&Task) -> Body) {
    let task = Task::with_hands(1);
    let waiter = on_a_thread(&task, wait);
    assert!(task.end_as(Body::Ran));
    assert_eq!(waiter.join().unwrap(), Body::Ran);
    task.assert_dropped();
}

fn one_runs_one_sleeps() {
    one_runs(Task::sleep);
}

/// A deadline that is past says whether the task has ended; what is left of the wait is no harm to the next.
fn deadline_then_sleep() {
    one_runs(|task| {
        let hour = Duration::from_secs(3600);
        let in_time = task.end.wait_until(Instant::now().checked_sub(hour));
        assert!(in_time || task.end.wait_until(Instant::now().checked_add(hour)));
        task.take()
    });
}

fn one_runs_one_awaits() {
    one_runs(Task::run_future);
}

/// A future that was polled once and is then waited for by a thread.
fn polled_then_sleep() {
    one_runs(|task| task.poll(&Waker::from(StdArc::new(Nobody))).unwrap_or_else(|| task.sleep()));
}

/// The first poller goes away; the second is the one to be woken, and neither's waker is kept.
fn polled_by_another() {
    let task = Task::with_hands(1);
    let waiter = on_a_thread(&task, |task| {
        let nobody = StdArc::new(Nobody);
        let outcome = task.poll(&Waker::from(nobody.clone())).unwrap_or_else(|| task.run_future());
        (nobody, outcome)
    });
    assert!(task.end_as(Body::Ran));
    let (nobody, outcome) = waiter.join().unwrap();
    assert_eq!(outcome, Body::Ran);
    assert_eq!(StdArc::strong_count(&nobody), 1, "a waker is kept");
    task.assert_dropped();
}

/// One ends it unrun while a thread waits for it so.
fn one_cancels(wait: fn(&Task) -> Body) {
    let task = Task::with_hands(1);
    let waiter = on_a_thread(&task, wait);
    let cancelled = task.end_as(Body::Unrun);
    assert_eq!(waiter.join().unwrap(), if cancelled { Body::Unrun } else { Body::Ran });
    task.assert_dropped();
}

/// The waiter would run it itself.
fn one_cancels_one_sleeps() {
    one_cancels(Task::wait);
}

/// A worker against one that cancels: the future gets the one outcome.
fn two_end_one_awaits() {
    let task = Task::with_hands(2);
    let waiter = on_a_thread(&task, Task::run_future);
    let worker = on_a_thread(&task, |task| task.end_as(Body::Ran));
    let cancelled = task.end_as(Body::Unrun);
    assert_ne!(worker.join().unwrap(), cancelled, "one has the body");
    assert_eq!(waiter.join().unwrap(), if cancelled { Body::Unrun } else { Body::Ran });
    task.assert_dropped();
}

/// Who cancels writes why before it asks; who runs reads it when asked.
fn one_asks_it_to_stop() {
    let task = Task::with_hands(1);
    let why = Arc::new(Watched::new(0));
    let worker = thread::spawn({
        let (task, why) = (task.clone(), why.clone());
        move || {
            let claimed = task.claim.try_claim()?;
            let told = task.claim.is_asked_to_stop().then(|| why.get());
            task.body.set(Body::Ran);
            assert!(task.end.end(claimed).is_ok());
            Some(told)
        }
    });
    why.set(7);
    let cancelled = task.claim.try_claim().is_some();
    if !cancelled {
        task.claim.ask_to_stop();
    }
    let ran = worker.join().unwrap();
    assert_eq!(ran.is_none(), cancelled, "one has the body");
    assert!(matches!(ran, None | Some(None | Some(7))));
}

/// A handle that is dropped without a look, a lane's hand that finds the task claimed, and the worker's, which writes last.
fn the_last_hand() {
    let task = Task::with_hands(2);
    let claimed = task.claim.try_claim().unwrap();
    let others = [(); 2].map(|()| on_a_thread(&task, Task::let_go));
    task.body.set(Body::Ran);
    match task.end.end(claimed) {
        Ok(LetGo::Held) => {}
        Ok(LetGo::Last) => task.drop_it(),
        Err(_) => unreachable!("nobody waits"),
    }
    for other in others {
        other.join().unwrap();
    }
    task.assert_dropped();
}
