//! How a ring is made.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::Waiting;
use super::core::Core;
use super::error::BuildError;
use super::handle::Ring;
use super::layout::Layout;
use super::options::{DroppedDirty, HugePages, Populate, QueueOptions};
use crate::memory::layout::{PAGE_BYTES, array_bytes};
use crate::memory::shared::Place;
use crate::memory::{Advice, Region, RegionError, TypeShape, Value};
use crate::protocol::cells::MOST_SLOTS;
use crate::protocol::slot::MOST_QUEUES;
use crate::sys::fork;

/// The choices of a [`Ring`]. By default: 64 buffers of 64 KiB, no queue, memory of this process.
///
/// # Examples
///
/// ```
/// use ringmill::Ring;
/// use ringmill::ring::{HugePages, Populate, Waiting};
///
/// let ring = Ring::<f64>::builder()
///     .buffers(8)
///     .buffer_len(1000)
///     .queues(["parsed", "done"])
///     .huge_pages(HugePages::IfSupported)
///     .populate(Populate::AtBuild)
///     .waiting(Waiting::Latency)
///     .build()?;
/// assert_eq!((ring.buffers(), ring.buffer_len()), (8, 1000));
/// # Ok::<(), ringmill::ring::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct RingBuilder<T: Value> {
    pub(super) buffers: usize,
    buffer_len: Option<usize>,
    pub(super) queues: Vec<QueueOptions>,
    pub(super) place: Option<(Place, &'static TypeShape)>,
    pub(super) participants: usize,
    pub(super) huge_pages: HugePages,
    pub(super) populate: Populate,
    pub(super) waiting: Waiting,
    pub(super) dropped_dirty: DroppedDirty,
    elements: PhantomData<fn(T) -> T>,
}

/// The default length of a buffer: enough work that handing it over costs little, little enough to stay in a cache.
const BUFFER_BYTES: usize = 64 << 10;

/// The default number of processes that may take part at once.
const PARTICIPANTS: usize = 64;

impl<T: Value> Default for RingBuilder<T> {
    fn default() -> Self {
        Self {
            buffers: 64,
            buffer_len: None,
            queues: Vec::new(),
            place: None,
            participants: PARTICIPANTS,
            huge_pages: HugePages::default(),
            populate: Populate::default(),
            waiting: Waiting::default(),
            dropped_dirty: DroppedDirty::default(),
            elements: PhantomData,
        }
    }
}

impl<T: Value> RingBuilder<T> {
    /// Sets the number of buffers, 1 to 16,777,214: as many as may be in the hands of all stages together.
    pub fn buffers(mut self, buffers: usize) -> Self {
        self.buffers = buffers;
        self
    }

    /// Sets how many elements a buffer holds. The default is as many as fit in 64 KiB, at least one.
    pub fn buffer_len(mut self, elements: usize) -> Self {
        self.buffer_len = Some(elements);
        self
    }

    /// Adds a queue for each name; at most 62 in all.
    pub fn queues<Q: Into<QueueOptions>>(mut self, queues: impl IntoIterator<Item = Q>) -> Self {
        self.queues.extend(queues.into_iter().map(Into::into));
        self
    }

    /// Adds one queue, by its name or with a bound.
    ///
    /// # Examples
    ///
    /// See [`QueueOptions`].
    pub fn queue(mut self, queue: impl Into<QueueOptions>) -> Self {
        self.queues.push(queue.into());
        self
    }

    /// Chooses whether the kernel is asked for huge pages.
    pub fn huge_pages(mut self, huge_pages: HugePages) -> Self {
        self.huge_pages = huge_pages;
        self
    }

    /// Chooses whether all pages are made at once.
    pub fn populate(mut self, populate: Populate) -> Self {
        self.populate = populate;
        self
    }

    /// Chooses how threads wait for buffers.
    ///
    /// # Examples
    ///
    /// See [`Waiting`].
    pub fn waiting(mut self, waiting: Waiting) -> Self {
        self.waiting = waiting;
        self
    }

    /// Chooses what becomes of a buffer that was received, changed, and dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::{DroppedDirty, Ring};
    ///
    /// let ring = Ring::<u32>::builder()
    ///     .buffers(1)
    ///     .queues(["work"])
    ///     .dropped_dirty(DroppedDirty::SendAgain)
    ///     .build()?;
    /// let work = ring.queue("work")?;
    /// work.send(ring.claim()?)?;
    ///
    /// let mut buffer = work.recv()?;
    /// buffer[0] += 1;
    /// drop(buffer); // as a stage does that panics
    ///
    /// assert!(work.recv()?.is_retry());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dropped_dirty(mut self, dropped_dirty: DroppedDirty) -> Self {
        self.dropped_dirty = dropped_dirty;
        self
    }

    /// Makes the ring. All buffers are free, and their bytes are zero.
    ///
    /// # Errors
    ///
    /// [`BuildError`]: a count or a length out of range, a queue's name given twice, no memory, or a name that is taken.
    ///
    /// # Examples
    ///
    /// See [`RingBuilder`].
    pub fn build(self) -> Result<Ring<T>, BuildError> {
        if self.place.is_some() {
            return self.build_shared();
        }
        let (layout, buffer_len) = self.layout()?;
        let region = Region::anonymous(layout.len_bytes)?;
        if self.huge_pages == HugePages::IfSupported {
            // Where the kernel has none, all works without.
            let _ = region.advise(Advice::HugePages);
        }
        if self.populate == Populate::AtBuild {
            region.advise(Advice::PopulateWrite)?;
        }
        // A forked process has a copy of the ring, and needs to know that it is one.
        fork::watch().map_err(RegionError::System)?;
        let queues = std::iter::once(QueueOptions::new("")).chain(self.queues);
        // SAFETY: the region has the layout's length, and was made here, so nobody else knows of it.
        let core = unsafe { Core::new(region, layout, buffer_len, queues, self.waiting, self.dropped_dirty) };
        Ok(Ring::of(core))
    }

    pub(super) fn layout(&self) -> Result<(Layout, usize), BuildError> {
        let most = MOST_SLOTS;
        if !(1..=most).contains(&self.buffers) {
            return Err(BuildError::Buffers { requested: self.buffers, most });
        }
        // Without those of the free slots and of the escrow.
        let most = MOST_QUEUES - 2;
        if self.queues.len() > most {
            return Err(BuildError::Queues { requested: self.queues.len(), most });
        }
        for (k, queue) in self.queues.iter().enumerate() {
            if self.queues[..k].iter().any(|other| other.name == queue.name) {
                return Err(BuildError::SameName { name: queue.name.clone() });
            }
        }
        if align_of::<T>() > PAGE_BYTES {
            return Err(BuildError::Alignment { requested: align_of::<T>(), most: PAGE_BYTES });
        }
        let Some(default_len) = BUFFER_BYTES.checked_div(size_of::<T>()) else {
            return Err(BuildError::NoElements);
        };
        let buffer_len = self.buffer_len.unwrap_or(default_len.max(1));
        if buffer_len == 0 {
            return Err(BuildError::NoElements);
        }
        let bytes = array_bytes::<T>(buffer_len).ok_or(BuildError::TooLarge)?;
        let layout = Layout::new(self.buffers, bytes, align_of::<T>(), self.queues.len() + 1);
        Ok((layout.ok_or(BuildError::TooLarge)?, buffer_len))
    }
}
