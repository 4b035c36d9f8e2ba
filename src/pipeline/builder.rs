//! How a pipeline is put together: source, stages, sink, each with its closure.
//!
//! A closure that may change what it keeps (`FnMut`) belongs to a stage with one place, so one worker runs it at a time,
//! and each sees what the one before left (D2 and TURN of the stage's places).

#![allow(unsafe_code)]

use std::fmt;
use std::sync::Arc;

use super::alone::Alone;
use super::control::{Control, Station, Tally};
use super::handle::Pipeline;
use super::outcome::{Flow, Outcome};
use super::work::{ConvertWork, SourceWork, StageWork, Work};
use super::yard::Yard;
use crate::memory::Value;
use crate::protocol::places::{MOST_PLACES, Order, Places};
use crate::ring::{Buffer, Ring};
use crate::sync::atomic::AtomicU64;

/// The beginning of a pipeline: a ring, and nothing yet that fills its buffers.
#[derive(Debug)]
#[must_use = "a pipeline does nothing until it is run"]
pub struct Start<T: Value> {
    yard: Arc<Yard<T>>,
}

/// A pipeline that has no sink yet. Buffers of `T` come out of its last stage.
///
/// A stage is named for reports and errors. There are three kinds of each:
///
/// | | closure | workers at a time | buffers come |
/// |---|---|---|---|
/// | `stage` | `FnMut` | one | as they arrive |
/// | `ordered_stage` | `FnMut` | one | in the order of the source |
/// | `parallel_stage` | `Fn` | several | as they arrive |
///
/// It does not run without a sink:
///
/// ```compile_fail,E0599
/// use ringmill::pipeline::{Flow, Pipeline};
/// # let pool = ringmill::Pool::new().unwrap();
/// # let ring = ringmill::Ring::<f32>::builder().build().unwrap();
/// Pipeline::over(&ring).source("read", |_| Flow::End).run(&pool);
/// ```
#[must_use = "a pipeline does nothing until it is run"]
pub struct Stages<'a, T: Value> {
    yard: Arc<Yard<T>>,
    /// The most buffers, of all rings so far.
    most: usize,
    stations: Vec<Station>,
    works: Vec<Box<dyn Work + 'a>>,
}

impl<'a> Pipeline<'a> {
    /// Starts a pipeline over the buffers of a ring.
    ///
    /// The run claims them as it needs them, keeps each until it is over, and goes by those it has: what others hold of
    /// the ring meanwhile is theirs. How far the source can be ahead of the sink is the number of buffers.
    ///
    /// # Examples
    ///
    /// See [`Pipeline`].
    pub fn over<T: Value>(ring: &Ring<T>) -> Start<T> {
        Start { yard: Arc::new(Yard::new(ring.clone())) }
    }
}

impl<T: Value> Start<T> {
    /// Sets what fills buffers: one worker at a time runs it, whenever nothing is left to be done downstream and a buffer
    /// is free.
    ///
    /// It gets all of a buffer's elements, as the last user left them, and shortens it to what it filled. It says
    /// [`Flow::More`] and the buffer goes on, numbered from 0 ([`Buffer::sequence`]); or [`Flow::End`], and it is not called
    /// again. While it waits for input its worker waits, and the others go on.
    ///
    /// # Examples
    ///
    /// See [`Pipeline`].
    pub fn source<'a, R: Outcome<Flow>>(
        self,
        name: impl Into<String>,
        fill: impl FnMut(&mut Buffer<T>) -> R + Send + 'a,
    ) -> Stages<'a, T>
    where
        T: 'a,
    {
        let fill = Alone::new(fill);
        let body = move |buffer: &mut Buffer<T>| {
            // SAFETY: the station below has one place.
            unsafe { fill.with(|fill| fill(buffer).into_result()) }
        };
        let work = SourceWork { yard: self.yard.clone(), body, next: AtomicU64::new(0) };
        let most = self.yard.most();
        let mut stages = Stages { yard: self.yard, most, stations: Vec::new(), works: Vec::new() };
        stages.push(name.into(), 1, Order::Arrival, Box::new(work));
        stages
    }
}

impl<'a, T: Value> Stages<'a, T> {
    fn push(&mut self, name: String, workers: usize, order: Order, work: Box<dyn Work + 'a>) {
        let workers = u16::try_from(workers).unwrap_or(MOST_PLACES).max(1);
        let (takes, fills) = (!self.stations.is_empty(), work.free().is_some());
        let places = Places::new(workers, if takes { self.most } else { 1 }, order);
        self.stations.push(Station { name, workers, takes, fills, places, tally: Tally::default().into() });
        self.works.push(work);
    }

    /// Adds a stage that has one worker at a time, over buffers as they arrive.
    fn add_alone<R: Outcome<()>>(
        &mut self,
        name: String,
        order: Order,
        is_last: bool,
        change: impl FnMut(&mut Buffer<T>) -> R + Send + 'a,
    ) {
        let change = Alone::new(change);
        let body = move |buffer: &mut Buffer<T>| {
            // SAFETY: the station below has one place.
            unsafe { change.with(|change| change(buffer).into_result()) }
        };
        let work = StageWork { yard: self.yard.clone(), body, is_last };
        self.push(name, 1, order, Box::new(work));
    }

    fn add_parallel<R: Outcome<()>>(
        &mut self,
        name: String,
        workers: usize,
        is_last: bool,
        change: impl Fn(&mut Buffer<T>) -> R + Send + Sync + 'a,
    ) {
        let body = move |buffer: &mut Buffer<T>| change(buffer).into_result();
        let work = StageWork { yard: self.yard.clone(), body, is_last };
        self.push(name, workers, Order::Arrival, Box::new(work));
    }

    /// Adds a stage that changes buffers in place, one at a time.
    ///
    /// # Examples
    ///
    /// See [`Pipeline`].
    pub fn stage<R: Outcome<()>>(
        mut self,
        name: impl Into<String>,
        change: impl FnMut(&mut Buffer<T>) -> R + Send + 'a,
    ) -> Self {
        self.add_alone(name.into(), Order::Arrival, false, change);
        self
    }

    /// Adds a stage that changes buffers in place, one at a time and in the order in which the source filled them.
    ///
    /// A buffer that is early waits; the workers do something else.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pipeline::{Flow, Pipeline};
    /// use ringmill::{Pool, Ring};
    ///
    /// let (pool, ring) = (Pool::new()?, Ring::<u64>::builder().buffers(8).buffer_len(1).build()?);
    /// let (mut given, mut sum, mut sums) = (0, 0, Vec::new());
    /// Pipeline::over(&ring)
    ///     .source("count", |buffer| {
    ///         given += 1;
    ///         buffer[0] = given;
    ///         if given <= 4 { Flow::More } else { Flow::End }
    ///     })
    ///     .parallel_stage("square", 4, |buffer| buffer[0] *= buffer[0])
    ///     .ordered_stage("running sum", |buffer| {
    ///         sum += buffer[0];
    ///         buffer[0] = sum;
    ///     })
    ///     .ordered_sink("collect", |buffer| sums.push(buffer[0]))
    ///     .run(&pool)?;
    /// assert_eq!(sums, [1, 5, 14, 30]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ordered_stage<R: Outcome<()>>(
        mut self,
        name: impl Into<String>,
        change: impl FnMut(&mut Buffer<T>) -> R + Send + 'a,
    ) -> Self {
        self.add_alone(name.into(), Order::Sequence, false, change);
        self
    }

    /// Adds a stage that changes buffers in place, at most `workers` at a time; with 0, one.
    ///
    /// # Examples
    ///
    /// See [`Pipeline`].
    pub fn parallel_stage<R: Outcome<()>>(
        mut self,
        name: impl Into<String>,
        workers: usize,
        change: impl Fn(&mut Buffer<T>) -> R + Send + Sync + 'a,
    ) -> Self {
        self.add_parallel(name.into(), workers, false, change);
        self
    }

    /// Adds the sink, which gets each buffer last, one at a time. The buffer is free when it has returned.
    ///
    /// # Examples
    ///
    /// See [`Pipeline`].
    pub fn sink<R: Outcome<()>>(
        mut self,
        name: impl Into<String>,
        take: impl FnMut(&mut Buffer<T>) -> R + Send + 'a,
    ) -> Pipeline<'a> {
        self.add_alone(name.into(), Order::Arrival, true, take);
        self.finish()
    }

    /// Adds the sink, which gets each buffer last, one at a time and in the order in which the source filled them.
    ///
    /// # Examples
    ///
    /// See [`ordered_stage`](Self::ordered_stage).
    pub fn ordered_sink<R: Outcome<()>>(
        mut self,
        name: impl Into<String>,
        take: impl FnMut(&mut Buffer<T>) -> R + Send + 'a,
    ) -> Pipeline<'a> {
        self.add_alone(name.into(), Order::Sequence, true, take);
        self.finish()
    }

    /// Adds the sink, which gets each buffer last, at most `workers` at a time; with 0, one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use ringmill::pipeline::{Flow, Pipeline};
    /// use ringmill::{Pool, Ring};
    ///
    /// let (pool, ring) = (Pool::new()?, Ring::<u8>::builder().buffers(4).buffer_len(100).build()?);
    /// let (mut text, letters) = (&b"to be or not to be"[..], AtomicU32::new(0));
    /// Pipeline::over(&ring)
    ///     .source("read", |buffer| {
    ///         buffer.truncate(text.len().min(4));
    ///         let (head, tail) = text.split_at(buffer.len());
    ///         buffer.copy_from_slice(head);
    ///         text = tail;
    ///         if buffer.is_empty() { Flow::End } else { Flow::More }
    ///     })
    ///     .parallel_sink("count", 4, |buffer| {
    ///         let count = buffer.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    ///         letters.fetch_add(count as u32, Ordering::Relaxed);
    ///     })
    ///     .run(&pool)?;
    /// assert_eq!(letters.into_inner(), 13);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parallel_sink<R: Outcome<()>>(
        mut self,
        name: impl Into<String>,
        workers: usize,
        take: impl Fn(&mut Buffer<T>) -> R + Send + Sync + 'a,
    ) -> Pipeline<'a> {
        self.add_parallel(name.into(), workers, true, take);
        self.finish()
    }

    fn finish(mut self) -> Pipeline<'a> {
        // Where a later stage waits for order, the free buffers of a second ring go to the lowest numbers. Otherwise all of
        // them could be with numbers that wait there for one that finds no buffer.
        let mut is_awaited = false;
        for station in self.stations.iter_mut().rev() {
            if is_awaited && station.takes && station.fills {
                station.places.take_by_sequence();
            }
            is_awaited |= station.places.order() == Order::Sequence;
        }
        Pipeline::new(Control::new(self.stations), self.works)
    }

    /// Adds a work that takes buffers of this ring and passes on those of another.
    fn turn_to<U: Value>(
        mut self,
        to: Arc<Yard<U>>,
        name: String,
        workers: usize,
        order: Order,
        work: Box<dyn Work + 'a>,
    ) -> Stages<'a, U> {
        self.push(name, workers, order, work);
        let most = self.most + to.most();
        Stages { yard: to, most, stations: self.stations, works: self.works }
    }

    fn convert_alone<U: Value, R: Outcome<()>>(
        self,
        name: String,
        order: Order,
        ring: &Ring<U>,
        fill: impl FnMut(&mut Buffer<T>, &mut Buffer<U>) -> R + Send + 'a,
    ) -> Stages<'a, U> {
        let to = Arc::new(Yard::new(ring.clone()));
        let fill = Alone::new(fill);
        let body = move |from: &mut Buffer<T>, to: &mut Buffer<U>| {
            // SAFETY: the station below has one place.
            unsafe { fill.with(|fill| fill(from, to).into_result()) }
        };
        let work = ConvertWork { from: self.yard.clone(), to: to.clone(), body };
        self.turn_to(to, name, 1, order, Box::new(work))
    }

    /// Adds a stage that fills a buffer of another ring from each, one at a time: numbers from their text, say. What comes
    /// after it works on those; the buffer that was read is free again.
    ///
    /// The closure gets all elements of the buffer to fill, as its last user left them, and shortens it to what it filled.
    /// The tag and the sequence number go over. If a later stage asks for the order of the source, buffers come to this one
    /// in that order too, so that none that is awaited finds the other ring empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::pipeline::{Flow, Pipeline};
    /// use ringmill::{Pool, Ring};
    ///
    /// let pool = Pool::new()?;
    /// let text = Ring::<u8>::builder().buffers(4).buffer_len(1024).build()?;
    /// let numbers = Ring::<f64>::builder().buffers(4).buffer_len(512).build()?;
    /// let (mut lines, mut sum) = (["1.5 2.5", "3"].into_iter(), 0.0);
    /// Pipeline::over(&text)
    ///     .source("read", |buffer| {
    ///         let Some(line) = lines.next() else { return Flow::End };
    ///         buffer.truncate(line.len());
    ///         buffer.copy_from_slice(line.as_bytes());
    ///         Flow::More
    ///     })
    ///     .convert("parse", &numbers, |text, numbers| {
    ///         let mut len = 0;
    ///         for word in std::str::from_utf8(text)?.split(' ') {
    ///             numbers[len] = word.parse()?;
    ///             len += 1;
    ///         }
    ///         numbers.truncate(len);
    ///         Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    ///     })
    ///     .sink("sum", |numbers| sum += numbers.iter().sum::<f64>())
    ///     .run(&pool)?;
    /// assert_eq!(sum, 7.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn convert<U: Value, R: Outcome<()>>(
        self,
        name: impl Into<String>,
        ring: &Ring<U>,
        fill: impl FnMut(&mut Buffer<T>, &mut Buffer<U>) -> R + Send + 'a,
    ) -> Stages<'a, U> {
        self.convert_alone(name.into(), Order::Arrival, ring, fill)
    }

    /// Adds a stage that fills a buffer of another ring from each, one at a time and in the order in which the source filled
    /// them. Otherwise as [`convert`](Self::convert).
    pub fn ordered_convert<U: Value, R: Outcome<()>>(
        self,
        name: impl Into<String>,
        ring: &Ring<U>,
        fill: impl FnMut(&mut Buffer<T>, &mut Buffer<U>) -> R + Send + 'a,
    ) -> Stages<'a, U> {
        self.convert_alone(name.into(), Order::Sequence, ring, fill)
    }

    /// Adds a stage that fills a buffer of another ring from each, at most `workers` at a time; with 0, one. Otherwise as
    /// [`convert`](Self::convert).
    pub fn parallel_convert<U: Value, R: Outcome<()>>(
        self,
        name: impl Into<String>,
        workers: usize,
        ring: &Ring<U>,
        fill: impl Fn(&mut Buffer<T>, &mut Buffer<U>) -> R + Send + Sync + 'a,
    ) -> Stages<'a, U> {
        let to = Arc::new(Yard::new(ring.clone()));
        let body = move |from: &mut Buffer<T>, to: &mut Buffer<U>| fill(from, to).into_result();
        let work = ConvertWork { from: self.yard.clone(), to: to.clone(), body };
        self.turn_to(to, name.into(), workers, Order::Arrival, Box::new(work))
    }
}

impl<T: Value> fmt::Debug for Stages<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.stations.iter().map(|station| &station.name);
        f.debug_struct("Stages").field("stages", &names.collect::<Vec<_>>()).finish()
    }
}
