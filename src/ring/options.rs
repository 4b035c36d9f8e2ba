//! What a ring's builder is told: where the memory lies, how queues are bounded, what a dropped buffer means.

use std::num::NonZero;

use crate::memory::shared::QueueEntry;

/// Whether the pages of a ring are there before they are first used.
///
/// # Examples
///
/// See [`RingBuilder::populate`](super::RingBuilder::populate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Populate {
    /// Each page is made when it is first touched, near the thread that does: the default.
    #[default]
    OnTouch,
    /// All pages are made while the ring is built, so that no later access waits for one.
    AtBuild,
}

/// Whether the kernel is asked for huge pages.
///
/// # Examples
///
/// See [`RingBuilder::huge_pages`](super::RingBuilder::huge_pages).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HugePages {
    /// Pages as the system makes them: the default.
    #[default]
    AsConfigured,
    /// Huge pages where the system grants them. Not an error where it does not.
    IfSupported,
}

/// What becomes of a buffer that was received and is dropped changed, or while its thread panics.
///
/// It counts as changed from the first mutable borrow of its elements on. A buffer that was claimed, or was received and only
/// read, is free again when it is dropped, whatever is chosen here; so is one that is [released](super::Buffer::release),
/// which is how the last stage says that it is done with a buffer that it changed.
///
/// # Examples
///
/// See [`RingBuilder::dropped_dirty`](super::RingBuilder::dropped_dirty).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DroppedDirty {
    /// It is free again, and what was in it is gone: the default, as with any value that is dropped.
    #[default]
    Free,
    /// It goes to the end of the queue that it came from, marked as [a retry](super::Buffer::is_retry), whatever the queue's
    /// bound. For stages that may run twice over the same buffer; one that always panics comes for ever, unless they look
    /// at the mark. If that queue is closed it is set aside. A buffer in a [`SendError`](super::SendError) that is dropped
    /// goes back in the same way.
    SendAgain,
    /// It is kept, and missing from those that can be claimed, until [`Ring::take_aside`](super::Ring::take_aside) takes it.
    SetAside,
}

impl DroppedDirty {
    const ALL: [Self; 3] = [Self::Free, Self::SendAgain, Self::SetAside];

    /// Returns what a region's header calls it.
    pub(super) fn number(self) -> u64 {
        self as u64
    }

    /// Returns the choice that a region's header calls so.
    pub(super) fn of_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.number() == number)
    }
}

/// What a send does when the queue holds as many buffers as it may.
///
/// # Examples
///
/// See [`QueueOptions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// The sender waits for room: the default of a bounded queue.
    #[default]
    Wait,
    /// The buffer comes back in the error.
    GiveBack,
    /// The buffer that waited longest is dropped, and counted.
    DropOldest,
    /// The buffer that was to be sent is dropped, and counted. If it was received and changed, it is dropped as
    /// [`DroppedDirty`] says.
    DropNewest,
}

impl WhenFull {
    const ALL: [Self; 4] = [Self::Wait, Self::GiveBack, Self::DropOldest, Self::DropNewest];
}

/// A queue's name and bound.
///
/// A queue without a bound takes every buffer that the ring has, so sending to it never waits and never fails for want
/// of room: back-pressure is the finite number of buffers. A bound keeps one stage from having them all.
///
/// # Examples
///
/// ```
/// use ringmill::ring::{QueueOptions, Ring, Sent, WhenFull};
///
/// let ring = Ring::<u64>::builder()
///     .buffers(4)
///     .buffer_len(1)
///     .queue(QueueOptions::new("newest").bound(1, WhenFull::DropOldest))
///     .build()?;
/// let newest = ring.queue("newest")?;
/// assert_eq!(newest.send(ring.claim()?)?, Sent::Listed);
/// assert_eq!(newest.send(ring.claim()?)?, Sent::OldestDropped(1));
/// assert_eq!((newest.depth(), newest.dropped()), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "options do nothing until a builder takes them"]
pub struct QueueOptions {
    pub(super) name: String,
    pub(super) bound: Option<(NonZero<usize>, WhenFull)>,
}

impl QueueOptions {
    /// Makes the options of a queue that takes every buffer of its ring.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), bound: None }
    }

    /// Lets at most `most` buffers wait in the queue. Zero is taken as one.
    pub fn bound(mut self, most: usize, when_full: WhenFull) -> Self {
        self.bound = Some((NonZero::new(most).unwrap_or(NonZero::<usize>::MIN), when_full));
        self
    }

    /// Returns what a region's header says of the queue.
    pub(super) fn entry(&self) -> QueueEntry {
        QueueEntry { name: self.name.clone(), bound: self.most(), policy: self.when_full() as u8 }
    }

    /// Returns the options of a queue that a region's header tells of.
    pub(super) fn of_entry(entry: &QueueEntry) -> Option<Self> {
        let when_full = WhenFull::ALL.into_iter().find(|choice| *choice as u8 == entry.policy)?;
        let bound = usize::try_from(entry.bound).ok().filter(|_| entry.bound != u64::MAX);
        let options = Self::new(&entry.name);
        Some(bound.map_or(options.clone(), |most| options.bound(most, when_full)))
    }

    #[inline]
    pub(super) fn most(&self) -> u64 {
        self.bound.map_or(u64::MAX, |(most, _)| most.get() as u64)
    }

    pub(super) fn when_full(&self) -> WhenFull {
        self.bound.map_or(WhenFull::Wait, |(_, when_full)| when_full)
    }

    /// Returns whether senders may wait for room.
    #[inline]
    pub(super) fn is_bounded(&self) -> bool {
        self.bound.is_some()
    }
}

impl From<&str> for QueueOptions {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for QueueOptions {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
