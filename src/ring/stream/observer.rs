//! An observer of a stream: it copies what it can and holds nobody up.

use std::sync::Arc;

use super::core::Core;
use crate::memory::Value;

/// Copies elements of a stream without holding anybody up: the producer writes over what it has not seen.
///
/// An observer never has a reference into the stream, as a lane does. It copies, and then keeps of the copy what nobody
/// can have written over meanwhile. What it missed it counts.
///
/// # Examples
///
/// ```
/// use ringmill::ring::Stream;
/// let (mut producer, consumer) = Stream::<u64>::builder().capacity(512).build()?;
/// let mut observer = producer.stream().observe();
/// (0..100).try_for_each(|value| producer.push(value))?;
/// let mut copies = [0; 8];
/// let observed = observer.read(&mut copies);
/// assert_eq!((observed.sequence, observed.len, observed.missed), (0, 8, 0));
/// assert_eq!(copies, [0, 1, 2, 3, 4, 5, 6, 7]);
/// assert_eq!(observer.latest(), Some((99, 99)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Observer<T: Value> {
    core: Arc<Core<T>>,
    next: u64,
    missed: u64,
}

/// What an observer has copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// The number of the first element copied, counted from the beginning of the stream.
    pub sequence: u64,
    /// How many elements were copied, to the front of the slice.
    pub len: usize,
    /// How many elements before them were written over before they could be copied.
    pub missed: u64,
}

impl<T: Value> Observer<T> {
    pub(super) fn new(core: Arc<Core<T>>) -> Self {
        let next = core.cursors.observe().0;
        Self { core, next, missed: 0 }
    }

    /// Returns the number of the element that is copied next, if it is not written over before.
    pub fn sequence(&self) -> u64 {
        self.next
    }

    /// Returns how many elements were written over before this observer could copy them.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Returns whether the stream has ended and everything that could be copied was.
    pub fn is_closed(&self) -> bool {
        let (count, has_ended) = self.core.cursors.observe();
        has_ended && self.next >= count
    }

    /// Copies the next elements, as many as there are and as fit. Never waits.
    ///
    /// With a producer so fast that it goes round the whole stream while the copy is made, nothing may be left of it.
    /// A slice of an eighth of the capacity or less leaves it no time for that.
    pub fn read(&mut self, copies: &mut [T]) -> Observed {
        let (count, _) = self.core.cursors.observe();
        // What the producer may be writing over already is not worth a copy. Behind stages that may be all that there is.
        let begin = self.next.max(self.core.cursors.first_intact().min(count));
        let len = copies.len().min((count - begin) as usize);
        self.core.copy(begin, &mut copies[..len]);
        let intact = self.core.cursors.first_intact().max(begin);
        let lost = ((intact - begin) as usize).min(len);
        copies.copy_within(lost..len, 0);
        let sequence = begin + lost as u64;
        let observed = Observed { sequence, len: len - lost, missed: sequence - self.next };
        self.missed += observed.missed;
        self.next = sequence + observed.len as u64;
        observed
    }

    /// Copies the newest element, with its number. Never waits.
    ///
    /// `None` if there is none yet, or if its place was written again before the copy was made: by a producer that went
    /// round the whole stream meanwhile, or one that is a whole stream ahead of the last stage. The elements before
    /// it count as missed, those that came before the observer excepted.
    pub fn latest(&mut self) -> Option<(u64, T)> {
        let (count, _) = self.core.cursors.observe();
        let number = count.checked_sub(1)?;
        let mut copy = [T::zeroed()];
        self.core.copy(number, &mut copy);
        if number < self.core.cursors.first_intact() {
            return None;
        }
        self.missed += number.saturating_sub(self.next);
        self.next = count;
        Some((number, copy[0]))
    }
}
