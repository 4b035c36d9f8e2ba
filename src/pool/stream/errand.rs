//! One item on its way: what a task is to do with it, and how it comes back if the task does not.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::cancel::{Heeded, Stopped, Token, current, with_current};
use super::super::task::Panic;
use crate::ring::{Gate, Waiting};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What all items of a map have in common.
pub(super) struct Job<F, R> {
    f: F,
    /// Stopped when the map is over.
    pub(super) token: Token,
    /// Whether nothing is wanted behind this result.
    is_last: Option<fn(&R) -> bool>,
    /// The number of the last item that is wanted (M2); numbers begin at 1.
    last: AtomicU64,
}

impl<F, R> Job<F, R> {
    pub(super) fn new(f: F, is_last: Option<fn(&R) -> bool>) -> Self {
        let token = Token::current().map_or_else(Token::new, |token| token.child());
        Self { f, token, is_last, last: AtomicU64::new(u64::MAX) }
    }

    /// Says that nothing is wanted behind item `number`.
    fn lower(&self, number: u64) {
        // ORDERING: Relaxed, here and below; who sees it late runs an item in vain. The failure itself comes by its task.
        self.last.fetch_min(number, Relaxed);
    }

    /// Returns whether some item may be the last one wanted.
    pub(super) fn has_last(&self) -> bool {
        self.last.load(Relaxed) != u64::MAX
    }

    pub(super) fn is_wanted(&self, number: u64) -> bool {
        number <= self.last.load(Relaxed)
    }

    pub(super) fn is_last(&self, result: &R) -> bool {
        self.is_last.is_some_and(|is_last| is_last(result))
    }

    /// Returns whether there may be fewer results than items.
    pub(super) fn may_end(&self) -> bool {
        self.is_last.is_some() || self.has_last()
    }

    /// Tells everybody that no result is wanted any more.
    pub(super) fn end(&self) {
        self.lower(0);
        self.token.cancel();
    }

    /// Runs an item, if its result is wanted.
    pub(super) fn run<T>(&self, number: u64, item: T) -> Option<R>
    where
        F: Fn(T) -> R,
    {
        struct LowerOnPanic<'a, F, R>(&'a Job<F, R>, u64);
        impl<F, R> Drop for LowerOnPanic<'_, F, R> {
            fn drop(&mut self) {
                self.0.lower(self.1);
            }
        }
        if !self.is_wanted(number) {
            return None;
        }
        let panics = LowerOnPanic(self, number);
        let result = current(|task| {
            let heeded = MapAndTask { token: &self.token, last: &self.last, number, task };
            with_current(Some(&heeded), || (self.f)(item))
        });
        std::mem::forget(panics);
        if self.is_last(&result) {
            self.lower(number);
        }
        Some(result)
    }
}

/// What an item heeds while it runs: the map, and the task that runs it or what else the thread heeded.
#[derive(Debug)]
struct MapAndTask<'a> {
    token: &'a Token,
    last: &'a AtomicU64,
    number: u64,
    task: Option<&'a dyn Heeded>,
}

impl Heeded for MapAndTask<'_> {
    fn stopped(&self) -> Option<Stopped> {
        // ORDERING: Relaxed; as in `Job::lower`.
        let is_wanted = self.number <= self.last.load(Relaxed);
        let unwanted = (!is_wanted).then_some(Stopped::Cancelled);
        unwanted.or_else(|| self.token.check().err()).or_else(|| self.task?.stopped())
    }

    /// The map's: what an item starts in its turn is a task of its own, which the pool's end finds by itself.
    fn token(&self) -> Token {
        self.token.clone()
    }
}

/// Items that came back from tasks that never ran (M1).
#[derive(Debug)]
pub(super) struct Returned<T>(Mutex<Vec<(u64, T)>>);

impl<T> Returned<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u64, T)>> {
        // Nothing under the lock panics but for want of memory, and then the list is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the item of this number.
    pub(super) fn take(&self, number: u64) -> Option<T> {
        let mut items = self.lock();
        let place = items.iter().position(|item| item.0 == number)?;
        Some(items.swap_remove(place).1)
    }
}

/// An item on its way whose result is the task's.
pub(super) struct Errand<T, F, R> {
    pub(super) job: Arc<Job<F, R>>,
    pub(super) returned: Arc<Returned<T>>,
    pub(super) number: u64,
    pub(super) item: Option<T>,
}

impl<T, F: Fn(T) -> R, R> Errand<T, F, R> {
    pub(super) fn run(mut self) -> Option<R> {
        let item = self.item.take()?;
        self.job.run(self.number, item)
    }
}

impl<T, F, R> Drop for Errand<T, F, R> {
    fn drop(&mut self) {
        if let Some(item) = self.item.take()
            && self.job.is_wanted(self.number)
        {
            self.returned.lock().push((self.number, item));
        }
    }
}

/// What became of an item.
pub(super) enum Outcome<T, R> {
    Done(R),
    Panicked(Panic),
    /// It was not run.
    Returned(T),
}

/// Where the outcomes come together, in the order in which they come.
pub(super) struct Collector<T, R> {
    outcomes: Mutex<VecDeque<(u64, Outcome<T, R>)>>,
    pub(super) gate: Gate,
}

impl<T, R> Collector<T, R> {
    pub(super) fn new() -> Self {
        Self { outcomes: Mutex::new(VecDeque::new()), gate: Gate::new(Waiting::Balanced) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Outcome<T, R>)>> {
        // As for `Returned`.
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, number: u64, outcome: Outcome<T, R>) {
        self.lock().push_back((number, outcome));
        self.gate.notify(1);
    }

    /// Takes all that is there, for an empty buffer, whose memory it takes over.
    pub(super) fn take_all(&self, buffer: &mut VecDeque<(u64, Outcome<T, R>)>) {
        debug_assert!(buffer.is_empty());
        std::mem::swap(&mut *self.lock(), buffer);
    }

    /// Takes the item back that the pool has just refused.
    pub(super) fn take_back(&self, number: u64) -> Option<T> {
        let mut outcomes = self.lock();
        let place = outcomes.iter().rposition(|outcome| outcome.0 == number)?;
        match outcomes.remove(place) {
            Some((_, Outcome::Returned(item))) => Some(item),
            _ => None,
        }
    }

    pub(super) fn has_any(&self) -> bool {
        !self.lock().is_empty()
    }
}

/// An item on its way whose outcome goes to the collector.
pub(super) struct Sent<T, F, R> {
    pub(super) job: Arc<Job<F, R>>,
    pub(super) collector: Arc<Collector<T, R>>,
    pub(super) number: u64,
    pub(super) item: Option<T>,
}

impl<T, F: Fn(T) -> R, R> Sent<T, F, R> {
    pub(super) fn run(mut self) {
        let Some(item) = self.item.take() else { return };
        // The closure is shared with other items: what a panic leaves behind in it is its author's affair.
        let outcome = match catch_unwind(AssertUnwindSafe(|| self.job.run(self.number, item))) {
            Ok(Some(result)) => Outcome::Done(result),
            Ok(None) => return,
            Err(payload) => Outcome::Panicked(Panic::new(payload)),
        };
        self.collector.put(self.number, outcome);
    }
}

impl<T, F, R> Drop for Sent<T, F, R> {
    fn drop(&mut self) {
        if let Some(item) = self.item.take()
            && self.job.is_wanted(self.number)
        {
            self.collector.put(self.number, Outcome::Returned(item));
        }
    }
}
