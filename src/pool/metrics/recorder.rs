//! What a worker writes while it works: histograms, and the ends of tasks.

use super::buckets::{BUCKETS, bucket};
use super::histogram::Histogram;
use crate::protocol::tally::{Count, Peak};

/// A histogram that is being written.
#[derive(Debug)]
pub(super) struct Recorder {
    counts: [Count; BUCKETS],
    sum: Count,
    longest: Peak,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { counts: std::array::from_fn(|_| Count::new()), sum: Count::new(), longest: Peak::new() }
    }

    /// Records a time, as its only writer or as one of several.
    #[inline]
    pub(super) fn record(&self, nanoseconds: u64, shared: bool) {
        let count = &self.counts[bucket(nanoseconds)];
        if shared {
            self.sum.add_shared(nanoseconds);
            self.longest.raise_shared(nanoseconds);
            count.add_shared(1);
        } else {
            self.sum.add(nanoseconds);
            self.longest.raise(nanoseconds);
            count.add(1);
        }
    }

    /// Reads what was recorded so far. A time that is being recorded may be in one part and not yet in another.
    pub(super) fn read(&self) -> Histogram {
        let counts = self.counts.iter().map(Count::get).collect();
        Histogram::new(counts, self.sum.get(), self.longest.get())
    }
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Panicked,
    Cancelled,
    Overdue,
}

/// How many outcomes there are.
pub(super) const OUTCOMES: usize = 4;

/// What one worker knows of the tasks of one name in one lane. Lines of its own: others write beside it.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Figures {
    pub(super) ended: [Count; OUTCOMES],
    pub(super) wait: Recorder,
    pub(super) run: Recorder,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self { ended: [(); OUTCOMES].map(|()| Count::new()), wait: Recorder::new(), run: Recorder::new() }
    }

    /// Counts a task, when its times are recorded.
    #[inline]
    pub(super) fn end(&self, outcome: Outcome, shared: bool) {
        let count = &self.ended[outcome as usize];
        if shared { count.seal_shared() } else { count.seal() }
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
