//! How a ring is made.

#![allow(unsafe_code)]

use std::io::ErrorKind;
use std::marker::PhantomData;

use super::Waiting;
use super::core::Core;
use super::error::BuildError;
use super::handle::Ring;
use super::layout::Layout;
use super::options::{DroppedDirty, HugePages, Memory, Populate, QueueOptions};
use crate::error::SystemError;
use crate::memory::layout::{PAGE_BYTES, array_bytes};
use crate::memory::{Advice, Region, RegionError, Value};
use crate::protocol::cells::MOST_SLOTS;
use crate::protocol::slot::MOST_QUEUES;
use crate::sys::file::Unnamed;
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
    buffers: usize,
    buffer_len: Option<usize>,
    queues: Vec<QueueOptions>,
    memory: Memory,
    huge_pages: HugePages,
    populate: Populate,
    waiting: Waiting,
    dropped_dirty: DroppedDirty,
    elements: PhantomData<fn(T) -> T>,
}

/// The default length of a buffer: enough work that handing it over costs little, little enough to stay in a cache.
const BUFFER_BYTES: usize = 64 << 10;

impl<T: Value> Default for RingBuilder<T> {
    fn default() -> Self {
        Self {
            buffers: 64,
            buffer_len: None,
            queues: Vec::new(),
            memory: Memory::default(),
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

    /// Adds a queue for each name; at most 63 in all.
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

    /// Chooses where the memory lies.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::ring::{Memory, Ring};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("prices");
    /// let ring = Ring::<f64>::builder().buffers(2).memory(Memory::File(path.clone())).build()?;
    /// assert_eq!(std::fs::metadata(&path)?.len(), ring.len_bytes() as u64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
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
    /// [`BuildError`]: a count or a length out of range, a queue's name given twice, or no memory.
    ///
    /// # Examples
    ///
    /// See [`RingBuilder`].
    pub fn build(self) -> Result<Ring<T>, BuildError> {
        let (layout, buffer_len) = self.layout()?;
        let (region, name) = self.region(layout.len_bytes)?;
        // Of a ring in memory of its own a forked process has a copy; of any other it has the words themselves.
        let process = fork::watch().map_err(RegionError::System)?;
        let shared_by = name.is_some().then_some(process);
        let free = QueueOptions::new("");
        let queues = std::iter::once(free).chain(self.queues);
        // SAFETY: the region has the layout's length, and was made here, so nobody else knows of it.
        let core = unsafe {
            Core::new(region, layout, buffer_len, queues, self.waiting, self.dropped_dirty, shared_by)
        };
        let ring = Ring::of(core);
        match name.map(|name| (name.final_path().to_owned(), name.publish_new())) {
            None | Some((_, Ok(()))) => Ok(ring),
            Some((path, Err(error))) if error.kind() == ErrorKind::AlreadyExists => {
                Err(BuildError::Exists { path })
            }
            Some((path, Err(error))) => {
                Err(RegionError::System(SystemError::at("link", &path, error)).into())
            }
        }
    }

    fn layout(&self) -> Result<(Layout, usize), BuildError> {
        let most = MOST_SLOTS;
        if !(1..=most).contains(&self.buffers) {
            return Err(BuildError::Buffers { requested: self.buffers, most });
        }
        if self.queues.len() >= MOST_QUEUES {
            return Err(BuildError::Queues { requested: self.queues.len(), most: MOST_QUEUES - 1 });
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

    /// Makes the memory, and the name that its file gets once the ring is whole.
    fn region(&self, len_bytes: usize) -> Result<(Region, Option<Unnamed>), BuildError> {
        if let Memory::Named(name) = &self.memory
            && !self.memory.has_good_name()
        {
            return Err(BuildError::BadName { name: name.clone() });
        }
        let (region, name) = match self.memory.path() {
            None => (Region::anonymous(len_bytes)?, None),
            // Told before the disk is filled; asked again when the name is given.
            Some(path) if path.exists() => return Err(BuildError::Exists { path }),
            Some(path) => {
                let (region, name) = Region::create(&path, len_bytes)?.into_parts();
                name.restrict()
                    .map_err(|error| RegionError::System(SystemError::at("chmod", &path, error)))?;
                (region, Some(name))
            }
        };
        if self.huge_pages == HugePages::IfSupported {
            // Where the kernel has none, all works without.
            let _ = region.advise(Advice::HugePages);
        }
        if self.populate == Populate::AtBuild {
            region.advise(Advice::PopulateWrite)?;
        }
        Ok((region, name))
    }
}
