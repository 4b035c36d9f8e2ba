//! The consumer's end of a map: the source, and what was chosen.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::super::handle::Pool;
use super::super::task::{Cx, Lane, Refusal, Task, WhenFull};

/// The source of a map, and where its items go.
pub(super) struct Feed<I: Iterator> {
    source: Option<I>,
    /// What the source panicked with, to go on when the results before it are out.
    panic: Option<Box<dyn Any + Send>>,
    /// The number of the last item that was pulled.
    number: u64,
    /// Items that the pool did not take, in the order of their numbers. Nothing is pulled while there are any.
    kept: VecDeque<Kept<I::Item>>,
    pub(super) window: usize,
    pub(super) pool: Pool,
    pub(super) name: &'static str,
    pub(super) lane: Lane,
}

/// An item that the pool did not take.
pub(super) struct Kept<T> {
    pub(super) number: u64,
    pub(super) item: T,
    /// Whether it may take it later.
    #[cfg_attr(not(feature = "futures"), allow(dead_code, reason = "an iterator runs it, either way"))]
    pub(super) for_now: bool,
}

impl<I: Iterator> Feed<I> {
    pub(super) fn new(pool: &Pool, source: I, window: usize) -> Self {
        Self {
            source: Some(source),
            panic: None,
            number: 0,
            kept: VecDeque::new(),
            window: window.max(1),
            pool: pool.of_same_crew(),
            name: "",
            lane: Lane::default(),
        }
    }

    /// Pulls an item from the source. A panic is kept.
    pub(super) fn pull(&mut self) -> Option<(u64, I::Item)> {
        let source = self.source.as_mut()?;
        // The source is not used again after a panic.
        match catch_unwind(AssertUnwindSafe(|| source.next())) {
            Ok(Some(item)) => {
                self.number += 1;
                Some((self.number, item))
            }
            Ok(None) => {
                self.source = None;
                None
            }
            Err(payload) => {
                self.panic = Some(payload);
                self.source = None;
                None
            }
        }
    }

    /// Keeps an item that the pool did not take.
    pub(super) fn keep(&mut self, kept: Kept<I::Item>) {
        match self.kept.front() {
            // Its task was dropped unrun, and those kept before were pulled after it.
            Some(first) if kept.number < first.number => self.kept.push_front(kept),
            _ => self.kept.push_back(kept),
        }
    }

    /// Returns the first of the items that the pool did not take.
    pub(super) fn first_kept(&self) -> Option<&Kept<I::Item>> {
        self.kept.front()
    }

    pub(super) fn take_kept(&mut self) -> Option<(u64, I::Item)> {
        self.kept.pop_front().map(|Kept { number, item, .. }| (number, item))
    }

    /// Submits a task; says whether the pool may take it later if not now.
    pub(super) fn submit<R, B>(&self, body: B) -> Result<Task<R>, bool>
    where
        B: FnOnce(&Cx<'_>) -> R + Send + 'static,
        R: Send + 'static,
    {
        let task = self.pool.task().name(self.name).lane(self.lane).when_full(WhenFull::GiveBack);
        // The item comes back as the closure is dropped (M1).
        task.submit(body).map_err(|error| matches!(error.refusal(), Refusal::Full { .. }))
    }

    /// Lets the source go, and what it left.
    pub(super) fn end(&mut self) {
        self.source = None;
        self.kept.clear();
        self.panic = None;
    }

    /// Goes on with the source's panic, now that nothing is on its way; none if it ended without.
    pub(super) fn conclude<R>(&mut self) -> Option<R> {
        self.panic.take().map(|payload| resume_unwind(payload))
    }

    /// Returns how many results may come, when `on_their_way` do.
    pub(super) fn size_hint(&self, on_their_way: usize, may_end: bool) -> (usize, Option<usize>) {
        let (least, most) = self.source.as_ref().map_or((0, Some(0)), Iterator::size_hint);
        let ours = on_their_way + self.kept.len();
        let least = if may_end { 0 } else { least.saturating_add(ours) };
        (least, most.and_then(|most| most.checked_add(ours)))
    }
}
