//! The choices of a stream.

use std::marker::PhantomData;
use std::sync::Arc;

use super::super::waiting::Waiting;
use super::core::Core;
use super::{BuildError, Consumer, Producer, Stage, Unread};
use crate::memory::Value;
use crate::protocol::lanes::MOST_LANES;
use crate::protocol::stream::Cursors;
use crate::sys::mirror::{self, Mirror};

/// The choices of a stream, and of one with stages: see [`stages`](Self::stages).
///
/// # Examples
///
/// ```
/// use ringmill::ring::Stream;
/// let (mut producer, mut consumer) = Stream::<f32>::builder().capacity(1000).build()?;
/// assert_eq!(producer.capacity(), 1024);
/// producer.push(1.5)?;
/// assert_eq!(consumer.pop()?, 1.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing before `build`"]
pub struct StreamBuilder<T> {
    capacity: usize,
    most_lanes: usize,
    waiting: Waiting,
    when_unread: Unread,
    _values: PhantomData<T>,
}

impl<T: Value> StreamBuilder<T> {
    pub(super) fn new() -> Self {
        Self {
            // Of 8-byte elements that is half a mebibyte, which stays in a core's second cache.
            capacity: 65_536,
            most_lanes: 8,
            waiting: Waiting::default(),
            when_unread: Unread::default(),
            _values: PhantomData,
        }
    }

    /// How many elements the stream holds at least; 65,536 if nothing is said.
    ///
    /// It is rounded up to a power of two of which the elements fill whole pages: 512 elements of 8 bytes are the least.
    pub fn capacity(mut self, elements: usize) -> Self {
        self.capacity = elements;
        self
    }

    /// How many lanes can read at once, at most 64; 8 if nothing is said.
    pub fn lanes(mut self, most: usize) -> Self {
        self.most_lanes = most;
        self
    }

    /// How the threads wait that find no room or no element; [`Waiting::Balanced`] if nothing is said.
    pub fn waiting(mut self, waiting: Waiting) -> Self {
        self.waiting = waiting;
        self
    }

    /// What the producer does when nobody reads; [`Unread::Closed`] if nothing is said.
    pub fn when_unread(mut self, when_unread: Unread) -> Self {
        self.when_unread = when_unread;
        self
    }

    /// Puts `K` stages between the producer and the lanes.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::Stream;
    /// let (mut producer, [mut double, mut add], mut consumer) =
    ///     Stream::<f32>::builder().capacity(1024).stages().build()?;
    /// producer.push(1.5)?;
    /// double.read(64)?.iter_mut().for_each(|x| *x *= 2.0);
    /// add.read(64)?.iter_mut().for_each(|x| *x += 1.0);
    /// assert_eq!(consumer.pop()?, 4.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stages<const K: usize>(self) -> StagedBuilder<T, K> {
        StagedBuilder(self)
    }

    /// Builds the stream.
    ///
    /// Its memory is mapped and populated now; nothing is allocated afterwards.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build(self) -> Result<(Producer<T>, Consumer<T>), BuildError> {
        let (producer, [], consumer) = self.stages::<0>().build()?;
        Ok((producer, consumer))
    }
}

/// The ends of a stream with `K` stages: its producer, its stages in order, and one lane.
pub type Ends<T, const K: usize> = (Producer<T>, [Stage<T>; K], Consumer<T>);

/// The choices of a stream with `K` stages between the producer and the lanes.
#[derive(Clone, Debug)]
#[must_use = "a builder makes nothing before `build`"]
pub struct StagedBuilder<T, const K: usize>(StreamBuilder<T>);

impl<T: Value, const K: usize> StagedBuilder<T, K> {
    /// Builds the stream: its producer, its stages in order, and one lane.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build(self) -> Result<Ends<T, K>, BuildError> {
        let StreamBuilder { capacity, most_lanes, waiting, when_unread, .. } = self.0;
        if !(1..=MOST_LANES).contains(&most_lanes) {
            return Err(BuildError::TooManyLanes { requested: most_lanes, available: MOST_LANES });
        }
        let (capacity, bytes) = rounded::<T>(capacity, mirror::page_bytes())?;
        let memory = Mirror::new(bytes).map_err(BuildError::System)?;
        let (cursors, writer, mut followers) = Cursors::new(capacity as u64, K, most_lanes);
        let lane = cursors.join();
        let core = Arc::new(Core::new(memory, cursors, K, waiting, when_unread));
        let mut followers = followers.drain(..);
        let stages = std::array::from_fn(|_| {
            // The counts made one for each stage.
            let follower = followers.next().unwrap_or_else(|| unreachable!("{K} stages"));
            Stage::new(core.clone(), follower)
        });
        let lane = lane.unwrap_or_else(|| unreachable!("the first of {most_lanes} lanes"));
        Ok((Producer::new(core.clone(), writer), stages, Consumer::new(core, lane)))
    }
}

/// Returns the capacity that is made of the one asked for, and its size in bytes.
fn rounded<T>(capacity: usize, page_bytes: usize) -> Result<(usize, usize), BuildError> {
    let too_large = || BuildError::TooLarge { requested: capacity };
    let size = size_of::<T>();
    if size == 0 {
        return Err(BuildError::ZeroSized);
    }
    if align_of::<T>() > page_bytes {
        return Err(BuildError::Alignment { requested: align_of::<T>(), available: page_bytes });
    }
    // A page is a power of two too, so what the elements' size lacks of its factors the number of elements has to bring.
    let least = page_bytes >> size.trailing_zeros().min(page_bytes.trailing_zeros());
    let elements = capacity.checked_next_power_of_two().ok_or_else(too_large)?.max(least);
    let bytes = elements.checked_mul(size).filter(|&bytes| bytes <= isize::MAX as usize / 4);
    Ok((elements, bytes.ok_or_else(too_large)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_fill_pages_and_are_powers_of_two() {
        assert_eq!(rounded::<u64>(1, 4096).unwrap(), (512, 4096));
        assert_eq!(rounded::<u64>(513, 4096).unwrap(), (1024, 8192));
        assert_eq!(rounded::<u8>(4097, 4096).unwrap(), (8192, 8192));
        assert_eq!(rounded::<[u8; 3]>(1, 4096).unwrap(), (4096, 3 * 4096));
        assert_eq!(rounded::<[u64; 3]>(0, 4096).unwrap(), (512, 3 * 4096));
        assert_eq!(rounded::<[u8; 12288]>(3, 4096).unwrap(), (4, 4 * 12288));
        assert_eq!(rounded::<[u8; 4096]>(1, 16384).unwrap(), (4, 16384));
        assert!(matches!(rounded::<u64>(usize::MAX, 4096), Err(BuildError::TooLarge { .. })));
        assert!(matches!(rounded::<u64>(1 << 61, 4096), Err(BuildError::TooLarge { .. })));
        assert!(matches!(rounded::<()>(1, 4096), Err(BuildError::ZeroSized)));
    }
}
