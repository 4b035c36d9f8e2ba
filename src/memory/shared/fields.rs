//! The parts of a header: what a region holds, whose it is, its sections, its queues.

use std::fmt::{self, Display};
use std::ops::Range;

#[cfg(doc)]
use super::Header;
use super::Tag;

pub(super) const PARAMETERS: usize = 8;

/// What a region holds.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::Kind;
/// assert_eq!(Kind::Array.to_string(), "array");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Buffers and the queues that they travel through.
    Ring,
    /// The elements of an array.
    Array,
    /// The elements of an array that is accessed atomically and in no other way.
    AtomicArray,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Ring, Self::Array, Self::AtomicArray];

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Ring => 1,
            Self::Array => 2,
            Self::AtomicArray => 3,
        }
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ring => "ring",
            Self::Array => "array",
            Self::AtomicArray => "atomic array",
        })
    }
}

/// A region's own number: 128 random bits, written as 32 digits.
///
/// # Examples
///
/// See [`Header::id`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RegionId(pub(super) [u8; 16]);

impl RegionId {
    /// Returns the bits.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl Display for RegionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Who made a region, for display. It proves nothing: numbers of processes are used again.
///
/// # Examples
///
/// See [`Header::creator`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Creator {
    /// The process, by its number in its namespace.
    pub process: u32,
    /// Its effective user.
    pub user: u32,
    /// The namespace of processes that it was in; 0 if the system does not say.
    pub process_namespace: u64,
    /// When the process started, in the system's ticks since it was; 0 if the system does not say.
    pub started_ticks: u64,
}

/// A part of a region: what lies in it, and where.
///
/// # Examples
///
/// See [`Header::sections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    pub(crate) tag: Tag,
    pub(crate) offset: u64,
    pub(crate) len_bytes: u64,
}

impl Section {
    /// Returns what lies in it.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Returns its bytes in the region. Where a region may grow, the last section ends where the region then would.
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.len_bytes)
    }
}

/// A queue of a ring, by its name.
///
/// # Examples
///
/// See [`Header::queues`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    pub(crate) name: String,
    pub(crate) bound: u64,
    pub(crate) policy: u8,
}

impl QueueEntry {
    /// Returns the queue's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many buffers it may hold; `u64::MAX` if only the ring's own number bounds it.
    pub fn bound(&self) -> u64 {
        self.bound
    }
}

/// What the header of a ring says besides; zero elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RingFields {
    pub(crate) slots: u32,
    pub(crate) most_slots: u32,
    /// Bytes from one buffer to the next.
    pub(crate) stride: u64,
    /// Elements of a buffer.
    pub(crate) buffer_len: u64,
    /// How many may be attached at once.
    pub(crate) participants: u32,
    /// Policies, as small numbers.
    pub(crate) parameters: [u64; PARAMETERS],
    pub(crate) queues: Vec<QueueEntry>,
}
