//! What can be wrong with the first bytes of a region.

use std::fmt;

/// Says why bytes are no header of a region, or none that can be used here.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::{Header, HeaderError};
/// let error = Header::parse(&[0; 4096], 4096).unwrap_err();
/// assert_eq!(error, HeaderError::Foreign);
/// assert_eq!(error.to_string(), "is no ringmill region");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// The bytes do not begin as a region does, or whoever made it has not finished.
    Foreign,
    /// The region was made on a machine with the other order of bytes.
    ByteOrder,
    /// The region was made by a later version.
    Newer {
        /// The format's version in the region.
        found: u16,
        /// The version that is known here.
        known: u16,
    },
    /// The region was made by an earlier version.
    Older {
        /// The format's version in the region.
        found: u16,
        /// The version that is known here.
        known: u16,
    },
    /// The region has what must be known to use it, and is not known here.
    UnknownFeatures {
        /// A bit for each.
        bits: u64,
    },
    /// The file is shorter than what it has to hold.
    Truncated {
        /// The bytes that it has to have.
        needed_bytes: u64,
        /// The bytes that it has.
        found_bytes: u64,
    },
    /// The bytes are not those that were written.
    Checksum {
        /// The sum that was written.
        written: u64,
        /// The sum of the bytes that are there.
        found: u64,
    },
    /// A field says what cannot be.
    Field {
        /// The field.
        name: &'static str,
        /// What it says; of a text, the byte where it goes wrong.
        found: u64,
        /// What it could say.
        expected: &'static str,
    },
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("is no ringmill region"),
            Self::ByteOrder => f.write_str("was made on a machine with the other order of bytes"),
            Self::Newer { found, known } => {
                write!(f, "has the newer format {found}, and {known} is known here")
            }
            Self::Older { found, known } => {
                write!(f, "has the older format {found}, and {known} is known here")
            }
            Self::UnknownFeatures { bits } => {
                write!(f, "needs features that are not known here: bits {bits:#x}")
            }
            Self::Truncated { needed_bytes, found_bytes } => {
                write!(f, "has {found_bytes} bytes and needs {needed_bytes}: it was cut short")
            }
            Self::Checksum { written, found } => {
                write!(f, "has a damaged header: its sum is {found:#018x}, and {written:#018x} was written")
            }
            Self::Field { name, found, expected } => {
                write!(f, "has a header whose field '{name}' is {found}, not {expected}")
            }
        }
    }
}

impl std::error::Error for HeaderError {}
