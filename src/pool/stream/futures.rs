//! Maps as streams for any executor.
//!
//! A stream pulls its source where it is polled, and submits, but leaves the work to the pool's threads: only what a pool
//! without threads leaves, one that was closed or is another process's, it runs itself.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::feed::{Feed, Kept};
use super::ordered::{self, LOST, MapOrdered};
use super::unordered::{self, MapUnordered};

/// A map as a stream: what `into_stream` of [`MapOrdered`] and [`MapUnordered`] returns.
///
/// Polling it pulls the source, never waits for the pool, and never runs an item, unless the pool was closed: what it has
/// left then is run where it is polled, and no result is left out. Panics go on as from the iterator. Dropping it ends the map.
///
/// # Examples
///
/// ```
/// use futures_util::StreamExt;
///
/// let pool = ringmill::Pool::new()?;
/// let mut squares = pool.map_ordered(1..=3_u64, 8, |n| n * n).into_stream();
/// pollster::block_on(async {
///     assert_eq!(squares.next().await, Some(1));
///     assert_eq!(squares.collect::<Vec<_>>().await, [4, 9]);
/// });
/// # Ok::<(), ringmill::pool::BuildError>(())
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct MapStream<M> {
    map: M,
    room: Option<Room>,
}

/// Waits for the pool to have room.
type Room = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<M> MapStream<M> {
    fn new(map: M) -> Self {
        Self { map, room: None }
    }
}

// Nothing of a map is pinned; what is, is in a box.
impl<M> Unpin for MapStream<M> {}

/// Is ready with the first item kept, if the pool will never take it; pending while it may take it later.
fn poll_kept<I: Iterator>(
    feed: &mut Feed<I>,
    room: &mut Option<Room>,
    cx: &mut Context<'_>,
) -> Poll<Option<(u64, I::Item)>> {
    match feed.first_kept() {
        None => Poll::Ready(None),
        Some(Kept { for_now: false, .. }) => Poll::Ready(feed.take_kept()),
        Some(_) => {
            let room = room.get_or_insert_with(|| {
                let pool = feed.pool.of_same_crew();
                Box::pin(async move { pool.drained_async().await })
            });
            room.as_mut().poll(cx).map(|()| None)
        }
    }
}

impl<I, F, R> MapOrdered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    /// Makes a stream of the map, for async code.
    ///
    /// # Examples
    ///
    /// See [`MapStream`].
    pub fn into_stream(self) -> MapStream<Self> {
        MapStream::new(self)
    }
}

impl<I, F, R> MapUnordered<I, F, R>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    /// Makes a stream of the map, for async code.
    ///
    /// # Examples
    ///
    /// See [`MapStream`].
    pub fn into_stream(self) -> MapStream<Self> {
        MapStream::new(self)
    }
}

impl<I, F, R> Stream for MapStream<MapOrdered<I, F, R>>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    type Item = R;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let Self { map, room } = self.get_mut();
        loop {
            map.fill();
            if map.first_has_task()
                && let Some((_, task)) = map.on_their_way.front_mut()
            {
                let ended = ready!(Pin::new(task).poll(cx));
                let Some((number, _)) = map.on_their_way.pop_front() else { continue };
                match map.settle(number, ended) {
                    ordered::Settled::Result(result) => return Poll::Ready(result),
                    ordered::Settled::Panicked(panic) => resume_unwind(panic.into_payload()),
                    ordered::Settled::Lost(error) => panic!("{LOST}: {error}"),
                    ordered::Settled::Returned(item) => {
                        map.feed.keep(Kept { number, item, for_now: true });
                        continue;
                    }
                }
            }
            match ready!(poll_kept(&mut map.feed, room, cx)) {
                Some((number, item)) => return Poll::Ready(map.run_here(number, item)),
                None if map.feed.first_kept().is_none() => return Poll::Ready(map.feed.conclude()),
                None => *room = None,
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.map.size_hint()
    }
}

impl<I, F, R> Stream for MapStream<MapUnordered<I, F, R>>
where
    I: Iterator,
    I::Item: Send + 'static,
    F: Fn(I::Item) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    type Item = R;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let Self { map, room } = self.get_mut();
        loop {
            map.fill();
            if !map.on_their_way.is_empty() {
                let outcome = ready!(map.poll_outcome(cx));
                match map.settle(outcome) {
                    unordered::Settled::Result(result) => return Poll::Ready(Some(result)),
                    unordered::Settled::Panicked(panic) => resume_unwind(panic.into_payload()),
                    unordered::Settled::Returned(number, item) => {
                        map.feed.keep(Kept { number, item, for_now: true });
                        continue;
                    }
                }
            }
            match ready!(poll_kept(&mut map.feed, room, cx)) {
                Some((number, item)) => match map.run_here(number, item) {
                    None => continue,
                    result => return Poll::Ready(result),
                },
                None if map.feed.first_kept().is_none() => return Poll::Ready(map.feed.conclude()),
                None => *room = None,
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.map.size_hint()
    }
}

impl<M: fmt::Debug> fmt::Debug for MapStream<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapStream").field(&self.map).finish()
    }
}
