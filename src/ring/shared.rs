//! Rings that processes share: made under a name or in a file, and opened there.

#![allow(unsafe_code)]

use std::fmt;

use super::builder::RingBuilder;
use super::core::Core;
use super::error::BuildError;
use super::estate::{self, Estate};
use super::handle::Ring;
use super::options::{HugePages, Populate, QueueOptions};
use super::shared_layout::SharedLayout;
use crate::memory::shared::{Header, Kind, Place, RingFields, SharedError, SharedRegion, open_or_create};
use crate::memory::{Advice, RegionError, Shape, TypeShape, Value};
use crate::protocol::outcome::{Corrupt, Wrong};
use crate::protocol::slot::FREE;
use crate::protocol::standing::MOST_PARTICIPANTS;
use crate::sys::fork;

impl<T: Shape> RingBuilder<T> {
    /// Makes the ring one that processes share, under a name of this user's: they [open](Ring::open) it by that.
    ///
    /// The memory stays until the name is [removed](crate::memory::shared::unlink) and nobody uses it any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Ring;
    /// use ringmill::memory::shared;
    ///
    /// # let name = format!("example-{}", std::process::id());
    /// let ring = Ring::<f64>::builder().buffers(8).buffer_len(100).queues(["raw"]).named(&name).build()?;
    /// ring.queue("raw")?.send(ring.claim()?)?;
    ///
    /// // In another process, as a rule:
    /// // SAFETY: only programs of ours open rings of this name, and they use this library.
    /// let same = unsafe { Ring::<f64>::open(name.as_str())? };
    /// assert_eq!(same.queue("raw")?.recv()?.len(), 100);
    /// shared::unlink(&name)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn named(self, name: impl Into<String>) -> Self {
        self.at(Place::named(name))
    }

    /// Makes the ring one that processes share, at a [place](Place): a name, a file at any path.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Ring;
    /// use ringmill::memory::shared::Place;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("prices");
    /// let ring = Ring::<f64>::builder().buffers(2).at(Place::file(&path)).build()?;
    /// assert_eq!(std::fs::metadata(&path)?.len(), ring.len_bytes() as u64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        self.place = Some((place.into(), T::SHAPE));
        self
    }

    /// Sets how many processes may take part in a shared ring at once, 1 to 1,022; 64 by default.
    pub fn participants(mut self, most: usize) -> Self {
        self.participants = most;
        self
    }

    /// Opens the ring that is at the place. How it was built is as its creator chose; how threads wait here, and whether its
    /// pages are made at once, is this builder's choice.
    ///
    /// # Errors
    ///
    /// As [`Ring::open`].
    ///
    /// # Safety
    ///
    /// As [`Ring::open`].
    pub unsafe fn open(self) -> Result<Ring<T>, BuildError> {
        let (place, shape) = self.place.as_ref().ok_or(BuildError::NoPlace)?;
        let region = open_region(place, shape)?;
        // SAFETY: the caller's duty.
        unsafe { self.enter(region) }
    }

    /// Opens the ring that is at the place, or builds it there if there is none. Of several processes that do this at once one
    /// builds it, and all have the same.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build) and [`Ring::open`].
    ///
    /// # Safety
    ///
    /// As [`Ring::open`].
    pub unsafe fn open_or_build(self) -> Result<Ring<T>, BuildError> {
        let (place, shape) = self.place.as_ref().ok_or(BuildError::NoPlace)?;
        let header = self.header(shape)?;
        let region = open_or_create(|| open_region(place, shape), || create_region(place, header.clone()))?;
        // SAFETY: the caller's duty.
        unsafe { self.enter(region) }
    }
}

impl<T: Value> RingBuilder<T> {
    /// Builds a ring at its place.
    pub(super) fn build_shared(self) -> Result<Ring<T>, BuildError> {
        let (place, shape) = self.place.as_ref().ok_or(BuildError::NoPlace)?;
        let region = create_region(place, self.header(shape)?)?;
        // SAFETY: who opens the region that was just made vouches that it does so by this library, or as this would.
        unsafe { self.enter(region) }
    }

    /// Describes the ring that is to be built.
    fn header(&self, shape: &TypeShape) -> Result<Header, BuildError> {
        if !(1..=MOST_PARTICIPANTS).contains(&self.participants) {
            return Err(BuildError::TooManyParticipants {
                requested: self.participants,
                most: MOST_PARTICIPANTS,
            });
        }
        let (layout, buffer_len) = self.layout()?;
        let sections = SharedLayout::sections(&layout, self.participants, align_of::<T>());
        let mut header = Header::new(Kind::Ring, shape).with_sections(&sections)?;
        header.ring = RingFields {
            slots: layout.slots as u32,
            most_slots: layout.slots as u32,
            stride: layout.stride as u64,
            buffer_len: buffer_len as u64,
            participants: self.participants as u32,
            parameters: [self.dropped_dirty.number(), 0, 0, 0, 0, 0, 0, 0],
            queues: self.queues.iter().map(QueueOptions::entry).collect(),
        };
        Ok(header)
    }

    /// Takes part in the ring that a region holds.
    ///
    /// # Safety
    ///
    /// - Whoever else has the region mapped accesses it by this library, or as this library would.
    unsafe fn enter(&self, region: SharedRegion) -> Result<Ring<T>, BuildError> {
        if self.huge_pages == HugePages::IfSupported {
            // Where the kernel has none, all works without.
            let _ = region.advise(Advice::HugePages);
        }
        if self.populate == Populate::AtBuild {
            region.advise(Advice::PopulateWrite)?;
        }
        let process = fork::watch().map_err(RegionError::System)?;
        // SAFETY: the caller's duty.
        let estate = unsafe { Estate::enter(region)? };
        Ok(Ring::of(Core::shared(estate, self.waiting, process)?))
    }
}

fn open_region(place: &Place, shape: &TypeShape) -> Result<SharedRegion, SharedError> {
    let region = SharedRegion::open(place, true)?;
    region.require(Kind::Ring, shape)?;
    Ok(region)
}

fn create_region(place: &Place, header: Header) -> Result<SharedRegion, SharedError> {
    let new = SharedRegion::create(place, header)?;
    // SAFETY: nobody knows of a region that has no name yet, and it begins as zeros.
    unsafe { estate::write(new.region())? };
    new.publish()
}

impl<T: Shape> Ring<T> {
    /// Opens a ring that processes share, by its name or the [place](Place) of its file.
    ///
    /// This process takes part in it from now on, until its last handle and its last buffer are dropped. If it is killed
    /// before, the others get back what it held.
    ///
    /// # Errors
    ///
    /// [`BuildError::Shared`] if there is no such ring, if it holds elements of another shape (both are named), or
    /// was made by a version that this one does not know; [`BuildError::Participants`] if as many take part as may.
    ///
    /// # Safety
    ///
    /// A buffer is a slice of memory that other processes have mapped. The caller vouches that all of them access it
    /// by this library, or as this library would: that nobody writes to a buffer that is another's. The file belongs to
    /// this user and nobody else may write to it, or it is not opened.
    ///
    /// # Examples
    ///
    /// See [`RingBuilder::named`].
    pub unsafe fn open(place: impl Into<Place>) -> Result<Self, BuildError> {
        // SAFETY: the caller's duty.
        unsafe { Self::builder().at(place).open() }
    }
}

impl<T: Value> Ring<T> {
    /// Looks for processes that have died, and gives the others what those had: a buffer that was free or whose message was not
    /// begun to be changed as it was, marked [as a retry](super::Buffer::is_retry); one that was, as the ring's builder
    /// [was told](RingBuilder::dropped_dirty).
    ///
    /// Whoever waits does this by itself, ten times a second, and so does whoever opens the ring. Does nothing to a ring of this process alone.
    ///
    /// # Examples
    ///
    /// ```
    /// let ring = ringmill::Ring::<f32>::builder().build()?;
    /// assert_eq!(ring.recover().dead, 0);
    /// # Ok::<(), ringmill::ring::BuildError>(())
    /// ```
    pub fn recover(&self) -> Recovery {
        self.core().estate().map_or(Recovery::default(), Estate::look_for_the_dead)
    }
}

impl<T: Value> Ring<T> {
    /// Returns what was found first in the ring's words that nobody writes who keeps to the protocol: another program has written
    /// to the ring's memory. Whatever touches such a word is refused as if the ring were closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let ring = ringmill::Ring::<f32>::builder().build()?;
    /// assert_eq!(ring.damage(), None);
    /// # Ok::<(), ringmill::ring::BuildError>(())
    /// ```
    pub fn damage(&self) -> Option<Damage> {
        let Corrupt { queue, wrong, found } = self.core().damage()?;
        let what = match wrong {
            Wrong::NoSuchSlot => "the number of no slot is listed",
            Wrong::Endless => "from this position on the list leads nowhere",
        };
        let queue = (queue != FREE).then(|| self.core().line(queue).options.name.clone());
        Some(Damage { queue, what, found })
    }
}

/// A word of a ring that nobody writes who keeps to the protocol.
///
/// # Examples
///
/// See [`Ring::damage`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The queue that it was found in; none for that of the free buffers.
    pub queue: Option<String>,
    /// What is wrong with it.
    pub what: &'static str,
    /// What the word says.
    pub found: u64,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.queue {
            Some(queue) => write!(f, "queue {queue:?}: ")?,
            None => f.write_str("free buffers: ")?,
        }
        write!(f, "{} ({:#x})", self.what, self.found)
    }
}

/// What became of the buffers of processes that died.
///
/// # Examples
///
/// See [`Ring::recover`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// How many participants were found dead.
    pub dead: usize,
    /// Buffers that are free again.
    pub freed: u32,
    /// Buffers that were sent once more, marked as a retry.
    pub sent_again: u32,
    /// Buffers that were being sent, and arrived.
    pub completed: u32,
    /// Buffers that were set aside.
    pub set_aside: u32,
}
