//! A histogram as it is read: plain numbers.

use std::time::Duration;

use super::buckets::{self, BUCKETS};

/// How often each duration was met, from 1 ns to hours, in buckets an eighth as wide as what falls into them.
///
/// A quantile is at most 6.25 % away from the exact one; count, sum and the longest are exact, but for what
/// [`since`](super::Snapshot::since) says of the longest.
///
/// # Examples
///
/// ```
/// let pool = ringmill::Pool::new()?;
/// let waits = pool.metrics().wait();
/// assert_eq!(waits.count(), 0);
/// assert_eq!(waits.quantile(0.99), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Empty if nothing was recorded.
    counts: Vec<u64>,
    count: u64,
    sum: u64,
    longest: u64,
}

impl Histogram {
    pub(super) fn new(counts: Vec<u64>, sum: u64, longest: u64) -> Self {
        let count = counts.iter().sum();
        if count == 0 { Self::default() } else { Self { counts, count, sum, longest } }
    }

    /// Returns how many durations were recorded.
    ///
    /// # Examples
    ///
    /// See [`Histogram`].
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the sum of all durations.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert!(pool.metrics().run().sum().is_zero());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum)
    }

    /// Returns the longest duration, zero if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert!(pool.metrics().run().longest().is_zero());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest)
    }

    /// Returns the mean, none if nothing was recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// assert_eq!(pool.metrics().run().mean(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mean(&self) -> Option<Duration> {
        self.sum.checked_div(self.count).map(Duration::from_nanos)
    }

    /// Returns the duration below or at which the share `q` of all durations lies, none if nothing was recorded: the
    /// median at 0.5, the shortest at 0, the longest at 1. It is at most 6.25 % away from the exact one.
    ///
    /// # Examples
    ///
    /// See [`Histogram`].
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let rank = ((q.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        if rank == self.count {
            return Some(self.longest());
        }
        let mut below = 0;
        let bucket = self.counts.iter().position(|&count| {
            below += count;
            below >= rank
        })?;
        Some(Duration::from_nanos(buckets::middle(bucket).min(self.longest)))
    }

    /// Returns the buckets that have any durations, shortest first: the durations of one are at most as long as is
    /// said, and longer than those of the one before.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = ringmill::Pool::new()?;
    /// let wait = pool.metrics().wait();
    /// assert_eq!(wait.buckets().map(|(_, count)| count).sum::<u64>(), wait.count());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let counts = self.counts.iter().copied().enumerate().filter(|&(_, count)| count > 0);
        counts.map(|(bucket, count)| (Duration::from_nanos(buckets::greatest(bucket)), count))
    }

    /// Returns how many durations are shorter than `nanoseconds`, exact where that is the edge of a bucket.
    pub(super) fn shorter_than(&self, nanoseconds: u64) -> u64 {
        self.counts.iter().take(buckets::bucket(nanoseconds)).sum()
    }

    /// Adds what another has.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.clone_from(other);
            return;
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.longest = self.longest.max(other.longest);
    }

    /// Returns what was recorded since an earlier reading of the same. The longest of that is only known to its bucket,
    /// unless it is the longest of all.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let before = earlier.counts.iter().copied().chain(std::iter::repeat(0));
        let counts: Vec<u64> =
            self.counts.iter().zip(before).map(|(count, before)| count.saturating_sub(before)).collect();
        let last = counts.iter().rposition(|&count| count > 0).unwrap_or_default();
        let end = if last + 1 < BUCKETS { buckets::greatest(last) } else { u64::MAX };
        Self::new(counts, self.sum.saturating_sub(earlier.sum), self.longest.min(end))
    }
}
