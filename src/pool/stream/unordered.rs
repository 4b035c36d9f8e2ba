//! Results as they come.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::iter::FusedIterator;
use std::panic::resume_unwind;
use std::sync::Arc;
#[cfg(feature = "futures")]
use std::task::{Context, Poll};

use super::super::handle::Pool;
use super::super::task::{Lane, Listener, Panic, TICK, Task, after, drop_quietly};
use super::errand::{Collector, Job, Outcome, Sent};
use super::feed::{Feed, Kept};
use super::ordered::{LOST, PULLS};
use crate::ring::Place;

/// Results of a function over the items of an iterator, computed by a pool, as they come: what [`Pool::map_unordered`]
/// returns.
///
/// It is an iterator. With the feature `futures` it can be a stream too, by `into_stream`. Dropping it ends the map: what
/// was not begun is not run, what runs sees its token stopped, and nobody waits for it.
///
/// # Examples
///
/// See [`Pool::map_unordered`].
#[must_use = "a map does nothing until it is iterated over"]
pub struct MapUnordered<I: Iterator, F, R> {
    pub(super) feed: Feed<I>,
    job: Arc<Job<F, R>>,
    collector: Arc<Collector<I::Item, R>>,
    /// Outcomes that came from the collector.
    outcomes: VecDeque<(u64, Outcome<I::Item, R>)>,
    /// By number. Each is on its way, or its outcome is here or with the collector.
    pub(super) on_their_way: BTreeMap<u64, Task<()>>,
    /// Items below this number were all begun.
    begun: u64,
    /// Of a stream that waits.
    pub(super) place: Place,
    listener: Listener,
}

/// What is to be done about an item.
pub(super) enum Settled<T, R> {
    Result(R),
    /// It was not run.
    Returned(u64, T),
    Panicked(Panic),
}

/// Ends a map whose function panics on the consumer's thread.
struct EndOnPanic<'a, I: Iterator, F, R>(&'a mut MapUnordered<I, F, R>);

impl<I: Iterator, F, R> Drop for EndOnPanic<'_, I, F, R> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Pool {
    /// Maps the items of an iterator by `f` on the pool's threads, and hands out the results as they come.
    ///
    /// All else is as with [`map_ordered`](Self::map_ordered): who pulls, the window, and that no result is ever left out.
    /// An item that takes long holds up nobody but itself.
    ///
    /// # Panics
    ///
    /// Not here. A panic of `f` goes on in the consumer when its turn comes, and the map is over then; a panic of the source
    /// does behind all results. The consumer also panics when only items are missing that threads had begun when the pool was
    /// [killed](Pool::kill).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let mut squares: Vec<u64> = pool.map_unordered(1..=4_u64, 8, |n| n * n).collect();
    /// squares.sort();
    /// assert_eq!(squares, [1, 4, 9, 16]);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn map_unordered<I, F, R>(&self, items: I, window: usize, f: F) -> MapUnordered<I::IntoIter, F, R>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        MapUnordered {
            feed: Feed::new(self, items.into_iter(), window),
            job: Arc::new(Job::new(f, None)),
            collector: Arc::new(Collector::new()),
            outcomes: VecDeque::new(),
            on_their_way: BTreeMap::new(),
            begun: 0,
            place: Place::default(),
            listener: Listener::default(),
        }
    }
}

impl<I: Iterator, F, R> MapUnordered<I, F, R> {
    /// Names the tasks, for metrics and traces.
    ///
    /// # Examples
    ///
    /// See [`MapOrdered::name`](super::MapOrdered::name).
    pub fn name(mut self, name: &'static str) -> Self {
        self.feed.name = name;
        self
    }

    /// Chooses the lane in which the tasks wait; [`Lane::Normal`] otherwise.
    ///
    /// # Examples
    ///
    /// See [`MapOrdered::name`](super::MapOrdered::name).
    pub fn lane(mut self, lane: Lane) -> Self {
        self.feed.lane = lane;
        self
    }

    /// Takes the oldest outcome.
    fn take_outcome(&mut self) -> Option<(u64, Outcome<I::Item, R>)> {
        if self.outcomes.is_empty() {
            self.collector.take_all(&mut self.outcomes);
        }
        self.outcomes.pop_front()
    }

    fn has_outcome(&self) -> bool {
        !self.outcomes.is_empty() || self.collector.has_any()
    }

    /// Ends the map: no result is wanted any more. Waits for nobody.
    pub(super) fn end(&mut self) {
        self.job.end();
        for (_, task) in std::mem::take(&mut self.on_their_way) {
            task.cancel();
            drop_quietly(task);
        }
        while let Some(outcome) = self.take_outcome() {
            // A result may be there, and its drop is the user's.
            drop_quietly(outcome);
        }
        self.feed.end();
    }
}

impl<I, F, R> MapUnordered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    /// Pulls and submits, as long as the window, the source and the pool have it.
    pub(super) fn fill(&mut self) {
        while let Some((number, item)) = self.feed.take_kept() {
            if !self.send(number, item) {
                return;
            }
        }
        let mut pulled = 0;
        while self.on_their_way.len() < self.feed.window && !self.job.has_last() {
            if pulled >= PULLS && self.has_outcome() {
                break;
            }
            let Some((number, item)) = self.feed.pull() else { break };
            pulled += 1;
            if !self.send(number, item) {
                return;
            }
        }
    }

    /// Submits an item, or keeps it if the pool does not take it; returns whether it did.
    fn send(&mut self, number: u64, item: I::Item) -> bool {
        let (job, collector) = (Arc::clone(&self.job), Arc::clone(&self.collector));
        let sent = Sent { job, collector, number, item: Some(item) };
        match self.feed.submit(move |_| sent.run()) {
            Ok(task) => {
                // One that comes again was looked at under this number.
                self.begun = self.begun.min(number);
                self.on_their_way.insert(number, task);
                true
            }
            Err(for_now) => {
                if let Some(item) = self.collector.take_back(number) {
                    self.feed.keep(Kept { number, item, for_now });
                }
                false
            }
        }
    }

    /// Runs items that nobody has begun on this thread, the oldest first, until there is an outcome.
    fn run_pending(&mut self) {
        while let Some((&number, task)) = self.on_their_way.range(self.begun..).next() {
            task.run_unless_begun();
            self.begun = number + 1;
            if self.has_outcome() {
                break;
            }
        }
    }

    /// Waits for an outcome. What is on its way ends in the collector, whatever becomes of it (M1), but for what a killed
    /// pool had begun.
    fn wait_for_outcome(&mut self) -> (u64, Outcome<I::Item, R>) {
        loop {
            if let Some(outcome) = self.take_outcome() {
                return outcome;
            }
            let has_any = || self.collector.has_any().then_some(());
            let crew = self.feed.pool.crew();
            let tick = crew.look_round().or_else(|| after(TICK));
            if self.collector.gate.wait(tick, has_any).is_none() {
                self.panic_if_lost();
            }
        }
    }

    /// Panics if an item is lost whose outcome will not come.
    fn panic_if_lost(&mut self) {
        let lost = self.on_their_way.values().find_map(|task| task.lost().filter(|_| !task.is_done()));
        // Looked for last: an item that is not lost may have ended meanwhile.
        if let Some(error) = lost.filter(|_| !self.has_outcome()) {
            self.end();
            panic!("{LOST}: {error}");
        }
    }

    /// Says what is to be done about an outcome.
    pub(super) fn settle(&mut self, (number, outcome): (u64, Outcome<I::Item, R>)) -> Settled<I::Item, R> {
        drop(self.on_their_way.remove(&number));
        match outcome {
            Outcome::Done(result) => Settled::Result(result),
            Outcome::Returned(item) => Settled::Returned(number, item),
            Outcome::Panicked(panic) => {
                self.end();
                Settled::Panicked(panic)
            }
        }
    }

    /// Is ready with an outcome; for an executor's task, which is called when there is one.
    #[cfg(feature = "futures")]
    pub(super) fn poll_outcome(&mut self, cx: &mut Context<'_>) -> Poll<(u64, Outcome<I::Item, R>)> {
        if let Some(outcome) = self.take_outcome() {
            return Poll::Ready(outcome);
        }
        let has_any = || self.collector.has_any().then_some(());
        // We alone take, so what is there stays there.
        if self.collector.gate.poll(cx, &mut self.place, has_any).is_pending() {
            self.feed.pool.crew().tasks.audience.enlist(&mut self.listener, cx.waker());
            self.panic_if_lost();
            return Poll::Pending;
        }
        self.take_outcome().map_or(Poll::Pending, Poll::Ready)
    }

    /// Runs an item on this thread.
    pub(super) fn run_here(&mut self, number: u64, item: I::Item) -> Option<R> {
        let job = Arc::clone(&self.job);
        let panics = EndOnPanic(self);
        let result = job.run(number, item);
        std::mem::forget(panics);
        result
    }
}

impl<I, F, R> Iterator for MapUnordered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    type Item = R;

    fn next(&mut self) -> Option<R> {
        // An item that is run here has no result if another has panicked meanwhile, whose outcome is on its way.
        loop {
            self.fill();
            if !self.has_outcome() {
                self.run_pending();
            }
            if !self.has_outcome()
                && let Some((number, item)) = self.feed.take_kept()
            {
                match self.run_here(number, item) {
                    None => continue,
                    result => return result,
                }
            }
            if self.on_their_way.is_empty() {
                return self.feed.conclude();
            }
            let outcome = self.wait_for_outcome();
            match self.settle(outcome) {
                Settled::Result(result) => return Some(result),
                Settled::Panicked(panic) => resume_unwind(panic.into_payload()),
                Settled::Returned(number, item) => match self.run_here(number, item) {
                    None => continue,
                    result => return result,
                },
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.feed.size_hint(self.on_their_way.len(), self.job.may_end())
    }
}

impl<I, F, R> FusedIterator for MapUnordered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
}

impl<I: Iterator, F, R> Drop for MapUnordered<I, F, R> {
    fn drop(&mut self) {
        self.end();
        self.collector.gate.leave(&mut self.place);
        self.feed.pool.crew().tasks.audience.leave(&mut self.listener);
    }
}

impl<I: Iterator, F, R> fmt::Debug for MapUnordered<I, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapUnordered")
            .field("name", &self.feed.name)
            .field("window", &self.feed.window)
            .field("on_their_way", &self.on_their_way.len())
            .finish_non_exhaustive()
    }
}
