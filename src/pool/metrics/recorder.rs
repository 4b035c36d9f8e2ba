//! What a worker writes while it works: histograms, and the ends of tasks.

use std::sync::OnceLock;

use super::buckets::{BUCKETS, bucket};
use super::figures::TaskFigures;
use super::histogram::Histogram;
use super::names::{NUMBERS, Name};
use super::worker::LANES;
use crate::protocol::tally::{Count, Peak};

/// How often each duration was met.
#[derive(Debug)]
pub(super) struct Buckets([Count; BUCKETS]);

/// Of all durations the sum and the longest. They change with every one, so those of several histograms lie together.
#[derive(Debug)]
pub(super) struct Sums {
    sum: Count,
    longest: Peak,
}

impl Buckets {
    fn new() -> Self {
        Self(std::array::from_fn(|_| Count::new()))
    }

    /// Records a duration, as the only writer or as one of several.
    #[inline]
    fn record(&self, sums: &Sums, nanoseconds: u64, shared: bool) {
        let count = &self.0[bucket(nanoseconds)];
        if shared {
            sums.sum.add_shared(nanoseconds);
            sums.longest.raise_shared(nanoseconds);
            count.add_shared(1);
        } else {
            sums.sum.add(nanoseconds);
            sums.longest.raise(nanoseconds);
            count.add(1);
        }
    }

    /// Reads what was recorded so far. A duration that is being recorded may be in one part and not yet in another.
    fn read(&self, sums: &Sums) -> Histogram {
        let counts = self.0.iter().map(Count::get).collect();
        Histogram::new(counts, sums.sum.get(), sums.longest.get())
    }
}

impl Sums {
    fn new() -> Self {
        Self { sum: Count::new(), longest: Peak::new() }
    }
}

/// A histogram that is being written.
#[derive(Debug)]
pub(super) struct Recorder {
    sums: Sums,
    buckets: Buckets,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { sums: Sums::new(), buckets: Buckets::new() }
    }

    pub(super) fn record(&self, nanoseconds: u64, shared: bool) {
        self.buckets.record(&self.sums, nanoseconds, shared);
    }

    pub(super) fn read(&self) -> Histogram {
        self.buckets.read(&self.sums)
    }
}

/// How a task ended, in the order of `Recorded::ended`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Panicked,
    Cancelled,
    Overdue,
}

/// How many outcomes there are.
const OUTCOMES: usize = 4;

/// What one worker knows of the tasks of one name in one lane. On lines of its own, for others write beside it; and what
/// every task changes on the first of them.
#[derive(Debug)]
#[repr(C, align(128))]
pub(super) struct Recorded {
    ended: [Count; OUTCOMES],
    wait: Sums,
    run: Sums,
    waits: Buckets,
    runs: Buckets,
}

impl Recorded {
    fn new() -> Self {
        Self {
            ended: [(); OUTCOMES].map(|()| Count::new()),
            wait: Sums::new(),
            run: Sums::new(),
            waits: Buckets::new(),
            runs: Buckets::new(),
        }
    }

    #[inline]
    pub(super) fn wait(&self, nanoseconds: u64, shared: bool) {
        self.waits.record(&self.wait, nanoseconds, shared);
    }

    #[inline]
    pub(super) fn run(&self, nanoseconds: u64, shared: bool) {
        self.runs.record(&self.run, nanoseconds, shared);
    }

    /// Counts a task, when its times are recorded.
    #[inline]
    pub(super) fn end(&self, outcome: Outcome, shared: bool) {
        let count = &self.ended[outcome as usize];
        if shared { count.seal_shared() } else { count.seal() }
    }

    /// Reads all of it: the ends first, then the times of what has ended are there (T2).
    fn read(&self) -> TaskFigures {
        let [completed, panicked, cancelled, overdue] = self.ended.each_ref().map(Count::sealed);
        let (wait, run) = (self.waits.read(&self.wait), self.runs.read(&self.run));
        TaskFigures { completed, panicked, cancelled, overdue, wait, run, ..TaskFigures::default() }
    }
}

/// What is recorded by name and lane: made as it is first used, so that an idle worker has nothing.
#[derive(Debug)]
pub(super) struct Table(OnceLock<Box<[OnceLock<Box<Recorded>>]>>);

impl Table {
    pub(super) fn new() -> Self {
        Self(OnceLock::new())
    }

    #[inline]
    pub(super) fn at(&self, name: Name, lane: usize) -> &Recorded {
        let place = name.number() * LANES + lane.min(LANES - 1);
        match self.0.get().and_then(|all| all[place].get()) {
            Some(recorded) => recorded,
            None => self.make(place),
        }
    }

    #[cold]
    fn make(&self, place: usize) -> &Recorded {
        let all = self.0.get_or_init(|| (0..NUMBERS * LANES).map(|_| OnceLock::new()).collect());
        all[place].get_or_init(|| Box::new(Recorded::new()))
    }

    /// Reads what is there, with the number of the name times the lanes plus the lane.
    pub(super) fn read(&self) -> impl Iterator<Item = (usize, TaskFigures)> {
        let all = self.0.get().into_iter().flatten().enumerate();
        all.filter_map(|(place, recorded)| Some((place, recorded.get()?.read())))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn recorded(times: &[u64]) -> Histogram {
        let recorder = Recorder::new();
        times.iter().for_each(|&time| recorder.record(time, time % 2 == 0));
        recorder.read()
    }

    /// Returns the exact quantile of sorted times.
    fn exact(sorted: &[u64], q: f64) -> u64 {
        let rank = (q * sorted.len() as f64).ceil() as usize;
        sorted[rank.max(1) - 1]
    }

    /// Times of all magnitudes, from nothing to five hours.
    fn times() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec((0u32..44).prop_flat_map(|log| 0..1u64 << (log + 1)), 1..300)
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_sixteenth(mut times in times(), q in 0.0..=1.0) {
            let histogram = recorded(&times);
            times.sort_unstable();
            let exact = exact(&times, q);
            let shown = histogram.quantile(q).unwrap().as_nanos() as u64;
            prop_assert!(shown.abs_diff(exact) * 16 <= exact, "{shown} for {exact}");
            prop_assert_eq!(histogram.count(), times.len() as u64);
            prop_assert_eq!(histogram.sum(), Duration::from_nanos(times.iter().sum()));
            prop_assert_eq!(histogram.longest().as_nanos() as u64, times[times.len() - 1]);
        }

        #[test]
        fn what_came_since_is_the_difference(earlier in times(), later in times()) {
            let recorder = Recorder::new();
            earlier.iter().for_each(|&time| recorder.record(time, false));
            let before = recorder.read();
            later.iter().for_each(|&time| recorder.record(time, false));
            let (since, alone) = (recorder.read().since(&before), recorded(&later));
            prop_assert_eq!(since.count(), alone.count());
            prop_assert_eq!(since.sum(), alone.sum());
            prop_assert!(since.buckets().eq(alone.buckets()));
            prop_assert!(since.longest() >= alone.longest());
            prop_assert!(since.longest() * 8 <= alone.longest() * 9);
        }
    }
}
