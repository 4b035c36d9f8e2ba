//! The names of a region's sections: four letters.

use std::fmt::{self, Display};

/// What lies in a section of a region, in four capital letters.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::Tag;
/// assert_eq!(Tag::DATA.to_string(), "DATA");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag(pub(super) [u8; 4]);

impl Tag {
    /// What changes for the region as a whole: how much of it is in use.
    pub const CONTROL: Self = Self(*b"CTRL");
    /// Who is attached.
    pub const PARTICIPANTS: Self = Self(*b"PART");
    /// Where each queue begins and ends.
    pub const ENDS: Self = Self(*b"ENDS");
    /// The words of the slots.
    pub const SLOTS: Self = Self(*b"SLOT");
    /// The cells of the queues.
    pub const CELLS: Self = Self(*b"CELL");
    /// Where participants sleep.
    pub const BEDS: Self = Self(*b"BEDS");
    /// The elements.
    pub const DATA: Self = Self(*b"DATA");

    pub(super) fn is_valid(self) -> bool {
        self.0.iter().all(u8::is_ascii_uppercase)
    }
}

impl Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}
