//! What can go wrong with a region.

use std::fmt;
use std::path::PathBuf;

use crate::error::SystemError;

/// Says why a region could not be had, or no longer holds what its file held.
///
/// # Examples
///
/// ```
/// use ringmill::memory::{Region, RegionError};
/// match Region::open("/") {
///     Err(RegionError::NotAFile { kind, .. }) => assert_eq!(kind, "directory"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RegionError {
    /// The path leads to something that cannot be mapped.
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there: directory, pipe, socket, device.
        kind: &'static str,
    },
    /// The file may be read but not changed.
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The system's refusal.
        source: SystemError,
    },
    /// The file is open for change elsewhere, or open elsewhere and wanted for change here.
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// There is no room for the file.
    Full {
        /// The file that was to be created.
        path: PathBuf,
        /// How many bytes it needed.
        requested_bytes: u64,
        /// The system's refusal.
        source: SystemError,
    },
    /// More bytes than this process can address.
    TooLarge {
        /// How many bytes were asked for.
        requested_bytes: u64,
    },
    /// The range does not lie in the region.
    OutOfRange {
        /// The end of the range.
        end: usize,
        /// The region's length.
        len_bytes: usize,
    },
    /// The file was cut short while it was mapped: what was read past its new end is not its content.
    Truncated {
        /// The file.
        path: PathBuf,
        /// How many bytes were mapped.
        mapped_bytes: u64,
        /// How many bytes the file has now.
        file_bytes: u64,
    },
    /// Pages could not be read: the file was cut short and grew again, or the disk failed.
    Lost {
        /// The file.
        path: PathBuf,
        /// The first byte that was replaced by zeros.
        from_byte: u64,
    },
    /// A system call failed.
    System(SystemError),
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFile { path, kind } => {
                write!(f, "{}: is a {kind}, not an ordinary file", path.display())
            }
            Self::NotWritable { path, source } => {
                write!(f, "{}: cannot be changed: {}", path.display(), source.io())
            }
            Self::InUse { path } => {
                write!(f, "{}: is in use, and a file in use cannot be changed elsewhere", path.display())
            }
            Self::Full { path, requested_bytes, source } => {
                write!(f, "{}: no room for {requested_bytes} bytes: {}", path.display(), source.io())
            }
            Self::TooLarge { requested_bytes } => {
                write!(f, "{requested_bytes} bytes are more than this process can address")
            }
            Self::OutOfRange { end, len_bytes } => {
                write!(f, "the range ends at byte {end} of a region of {len_bytes} bytes")
            }
            Self::Truncated { path, mapped_bytes, file_bytes } => write!(
                f,
                "{}: was cut from {mapped_bytes} to {file_bytes} bytes while it was in use",
                path.display()
            ),
            Self::Lost { path, from_byte } => write!(
                f,
                "{}: could not be read from byte {from_byte} on: it was cut short while in use, or the disk failed",
                path.display()
            ),
            Self::System(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RegionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotWritable { source, .. } | Self::Full { source, .. } => Some(source),
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}
