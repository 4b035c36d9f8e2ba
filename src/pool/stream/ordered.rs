//! Results in the order of the source.

use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;
use std::panic::resume_unwind;
use std::sync::Arc;

use super::super::handle::Pool;
use super::super::task::{Lane, Panic, Task, TaskError, drop_quietly};
use super::errand::{Errand, Job, Returned};
use super::feed::{Feed, Kept};

/// Pulls before a result that is there is handed out: as many as let the window fill, and no more, for a slow source.
pub(super) const PULLS: usize = 2;

/// Why a result is missing, with its task's error.
pub(super) const LOST: &str = "a result of the map was lost";

/// Results of a function over the items of an iterator, computed by a pool, in the order of the items: what
/// [`Pool::map_ordered`] and [`Pool::try_map_ordered`] return.
///
/// It is an iterator. With the feature `futures` it can be a stream too, by `into_stream`. Dropping it ends the map: what
/// was not begun is not run, what runs sees its token stopped, and nobody waits for it.
///
/// # Examples
///
/// See [`Pool::map_ordered`].
#[must_use = "a map does nothing until it is iterated over"]
pub struct MapOrdered<I: Iterator, F, R> {
    pub(super) feed: Feed<I>,
    job: Arc<Job<F, R>>,
    returned: Arc<Returned<I::Item>>,
    /// In the order of their numbers.
    pub(super) on_their_way: VecDeque<(u64, Task<Option<R>>)>,
    /// Items on their way below this number were all begun.
    begun: u64,
}

/// What is to be done about an item whose task has ended.
pub(super) enum Settled<T, R> {
    /// It has a result, or nothing is wanted any more.
    Result(Option<R>),
    /// It was not run.
    Returned(T),
    Panicked(Panic),
    /// Somebody began it, and will not be heard of again.
    Lost(TaskError),
}

/// Ends a map whose function panics on the consumer's thread.
struct EndOnPanic<'a, I: Iterator, F, R>(&'a mut MapOrdered<I, F, R>);

impl<I: Iterator, F, R> Drop for EndOnPanic<'_, I, F, R> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Pool {
    /// Maps the items of an iterator by `f` on the pool's threads, and hands out the results in the order of the items.
    ///
    /// The consumer's thread pulls the source when it asks for a result; nothing is pulled before. At most `window` items
    /// are on their way, or finished and not yet taken (0 counts as 1): for all threads to have something to do while the
    /// consumer is busy, let it be a few times the number of workers. A consumer that would have to wait runs an item on its
    /// way that nobody has begun, if there is one. So does one whose pool has no room for tasks or was closed: no result is
    /// ever left out.
    ///
    /// `f` works under a child of the [`Token`](crate::pool::Token) under which this is called.
    ///
    /// # Panics
    ///
    /// Not here. A panic of `f` goes on in the consumer, in the place of the result in the order, and the map is over then. So
    /// does a panic of the source, behind the results of all items before it. The consumer also panics when it asks for the
    /// result of an item that a thread had begun when the pool was [killed](Pool::kill).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let lengths = pool.map_ordered("to be or not to be".split(' ').map(str::to_owned), 8, |word| word.len());
    /// assert_eq!(lengths.collect::<Vec<_>>(), [2, 2, 2, 3, 2, 2]);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn map_ordered<I, F, R>(&self, items: I, window: usize, f: F) -> MapOrdered<I::IntoIter, F, R>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        MapOrdered::new(self, items.into_iter(), window, f, None)
    }

    /// Maps as [`map_ordered`](Self::map_ordered) by a function that can fail, up to the first failure in the order of the
    /// items.
    ///
    /// That failure is the last result. No result behind it is handed out, the source is not pulled any more, and what is on
    /// its way behind it is not begun, or stops at its next loop.
    ///
    /// # Panics
    ///
    /// As `map_ordered`.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let numbers = pool.try_map_ordered(["1", "2", "three", "4"], 8, str::parse::<u32>);
    /// let (good, bad): (Vec<_>, Vec<_>) = numbers.partition(Result::is_ok);
    /// assert_eq!((good.len(), bad.len()), (2, 1));
    ///
    /// let sum: Result<u32, _> = pool.try_map_ordered(["1", "2", "3"], 8, str::parse::<u32>).sum();
    /// assert_eq!(sum, Ok(6));
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn try_map_ordered<I, F, R, E>(
        &self,
        items: I,
        window: usize,
        f: F,
    ) -> MapOrdered<I::IntoIter, F, Result<R, E>>
    where
        I: IntoIterator,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> Result<R, E> + Send + Sync + 'static,
        R: Send + 'static,
        E: Send + 'static,
    {
        MapOrdered::new(self, items.into_iter(), window, f, Some(Result::is_err))
    }
}

impl<I: Iterator, F, R> MapOrdered<I, F, R> {
    fn new(pool: &Pool, source: I, window: usize, f: F, is_last: Option<fn(&R) -> bool>) -> Self {
        Self {
            feed: Feed::new(pool, source, window),
            job: Arc::new(Job::new(f, is_last)),
            returned: Arc::new(Returned::new()),
            on_their_way: VecDeque::new(),
            begun: 0,
        }
    }

    /// Names the tasks, for metrics and traces.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pool::Lane;
    ///
    /// let pool = ringmill::Pool::new()?;
    /// let squares = pool.map_ordered(1..4, 4, |n| n * n).name("square").lane(Lane::Background);
    /// assert_eq!(squares.sum::<i32>(), 14);
    /// # Ok::<(), ringmill::pool::BuildError>(())
    /// ```
    pub fn name(mut self, name: &'static str) -> Self {
        self.feed.name = name;
        self
    }

    /// Chooses the lane in which the tasks wait; [`Lane::Normal`] otherwise.
    ///
    /// # Examples
    ///
    /// See [`name`](Self::name).
    pub fn lane(mut self, lane: Lane) -> Self {
        self.feed.lane = lane;
        self
    }

    /// Ends the map: no result is wanted any more. Waits for nobody.
    pub(super) fn end(&mut self) {
        self.job.end();
        for (_, task) in self.on_their_way.drain(..) {
            task.cancel();
            // A result may be there, and its drop is the user's.
            drop_quietly(task);
        }
        self.feed.end();
    }
}

impl<I, F, R> MapOrdered<I, F, R>
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
            if pulled >= PULLS && self.on_their_way.front().is_some_and(|(_, task)| task.is_done()) {
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
        let (job, returned) = (Arc::clone(&self.job), Arc::clone(&self.returned));
        let errand = Errand { job, returned, number, item: Some(item) };
        match self.feed.submit(move |_| errand.run()) {
            Ok(task) if self.on_their_way.front().is_some_and(|&(first, _)| number < first) => {
                self.on_their_way.push_front((number, task));
                // It comes again, and was looked at under this number.
                self.begun = number;
                true
            }
            Ok(task) => {
                self.on_their_way.push_back((number, task));
                true
            }
            Err(for_now) => {
                if let Some(item) = self.returned.take(number) {
                    self.feed.keep(Kept { number, item, for_now });
                }
                false
            }
        }
    }

    /// Runs items that nobody has begun on this thread, in order, until the first one's task has ended.
    fn run_pending(&mut self) {
        let begun = self.begun;
        let mut next = self.on_their_way.partition_point(|&(number, _)| number < begun);
        while let (Some((_, first)), Some((number, task))) =
            (self.on_their_way.front(), self.on_their_way.get(next))
            && !first.is_done()
        {
            task.run_unless_begun();
            self.begun = number + 1;
            next += 1;
        }
    }

    /// Returns whether the first item has a task, and was not kept.
    pub(super) fn first_has_task(&self) -> bool {
        let kept = self.feed.first_kept().map_or(u64::MAX, |kept| kept.number);
        self.on_their_way.front().is_some_and(|&(first, _)| first < kept)
    }

    /// Says what is to be done about item `number`, whose task has ended.
    pub(super) fn settle(&mut self, number: u64, ended: Result<Option<R>, TaskError>) -> Settled<I::Item, R> {
        match ended {
            Ok(result) => Settled::Result(self.hand_out(result)),
            Err(TaskError::Panicked(panic)) => {
                self.end();
                Settled::Panicked(panic)
            }
            Err(error) => match self.returned.take(number) {
                Some(item) => Settled::Returned(item),
                None => {
                    self.end();
                    Settled::Lost(error)
                }
            },
        }
    }

    /// Hands out a result; nothing comes behind the last one.
    fn hand_out(&mut self, result: Option<R>) -> Option<R> {
        if result.as_ref().is_none_or(|result| self.job.is_last(result)) {
            self.end();
        }
        result
    }

    /// Runs an item on this thread.
    pub(super) fn run_here(&mut self, number: u64, item: I::Item) -> Option<R> {
        let job = Arc::clone(&self.job);
        let panics = EndOnPanic(self);
        let result = job.run(number, item);
        std::mem::forget(panics);
        self.hand_out(result)
    }
}

impl<I, F, R> Iterator for MapOrdered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    type Item = R;

    fn next(&mut self) -> Option<R> {
        self.fill();
        self.run_pending();
        if self.first_has_task()
            && let Some((number, task)) = self.on_their_way.pop_front()
        {
            return match self.settle(number, task.wait()) {
                Settled::Result(result) => result,
                Settled::Panicked(panic) => resume_unwind(panic.into_payload()),
                Settled::Lost(error) => panic!("{LOST}: {error}"),
                Settled::Returned(item) => self.run_here(number, item),
            };
        }
        match self.feed.take_kept() {
            Some((number, item)) => self.run_here(number, item),
            None => self.feed.conclude(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.feed.size_hint(self.on_their_way.len(), self.job.may_end())
    }
}

impl<I, F, R> FusedIterator for MapOrdered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
}

impl<I: Iterator, F, R> Drop for MapOrdered<I, F, R> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<I: Iterator, F, R> fmt::Debug for MapOrdered<I, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapOrdered")
            .field("name", &self.feed.name)
            .field("window", &self.feed.window)
            .field("on_their_way", &self.on_their_way.len())
            .finish_non_exhaustive()
    }
}
