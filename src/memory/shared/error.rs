//! What can go wrong with a region that processes share.

use std::fmt;
use std::path::PathBuf;

use super::{HeaderError, Kind};
use crate::error::SystemError;

/// Says why a shared region could not be had.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::{Place, SharedError, SharedRegion};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("prices");
/// std::fs::write(&path, "no region")?;
/// let error = SharedRegion::inspect(&Place::file(&path)).unwrap_err();
/// assert!(matches!(error, SharedError::TooOpen { .. } | SharedError::Header { .. }));
/// assert!(error.to_string().contains("prices: "));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SharedError {
    /// A name that is none: 1 to 200 of letters, digits and `._-`, not beginning with a dot.
    BadName {
        /// The name.
        name: String,
    },
    /// The folder of the names is not one that only this user can write to.
    BadFolder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no such region.
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The name is taken.
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// The path leads to something that is no file.
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there.
        kind: &'static str,
    },
    /// The file belongs to another user, who can change it at any time.
    ForeignOwner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Whose it was expected to be.
        user: u32,
    },
    /// Others than the file's owner may write to it.
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is no region that can be used.
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// The region holds something else.
    WrongKind {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: Kind,
        /// What was asked for.
        wanted: Kind,
    },
    /// The elements are of another type, or their type has changed.
    WrongShape {
        /// The file.
        path: PathBuf,
        /// The shape in the region.
        found: String,
        /// The shape that was asked for.
        wanted: String,
    },
    /// The region lacks a part, or has it in another size.
    WrongSections {
        /// The file.
        path: PathBuf,
        /// The part.
        section: super::Tag,
    },
    /// A word in the region says what cannot be: who shares it is broken, or hostile.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The word.
        word: &'static str,
        /// What it says.
        found: u64,
    },
    /// The file was cut short while it was in use, or a page of it could not be had.
    Truncated {
        /// The file.
        path: PathBuf,
        /// The bytes that it had.
        needed_bytes: u64,
        /// The bytes that it has.
        found_bytes: u64,
    },
    /// There is no room for the file.
    Full {
        /// The file.
        path: PathBuf,
        /// How many bytes it needed.
        requested_bytes: u64,
        /// The system's refusal.
        source: SystemError,
    },
    /// More bytes than a region can have, or more than this one may grow to.
    TooLarge {
        /// How many bytes were asked for.
        requested_bytes: u64,
    },
    /// Others make and remove the region without end.
    Unsettled {
        /// Where it would be.
        path: PathBuf,
    },
    /// A system call failed.
    System(SystemError),
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName { name } => write!(
                f,
                "'{}' is no name: 1 to 200 letters, digits and '._-', not beginning with a dot",
                name.escape_debug()
            ),
            Self::BadFolder { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Missing { path } => write!(f, "{}: there is no such region", path.display()),
            Self::Exists { path } => write!(f, "{}: exists already", path.display()),
            Self::NotAFile { path, kind } => {
                write!(f, "{}: is a {kind}, not an ordinary file", path.display())
            }
            Self::ForeignOwner { path, owner, user } => {
                write!(f, "{}: belongs to user {owner}, not to {user}", path.display())
            }
            Self::TooOpen { path, mode } => {
                write!(f, "{}: others than its owner may write to it (mode {mode:03o})", path.display())
            }
            Self::Header { path, source } => write!(f, "{}: {source}", path.display()),
            Self::WrongKind { path, found, wanted } => {
                write!(f, "{}: holds a {found}, opened as a {wanted}", path.display())
            }
            Self::WrongShape { path, found, wanted } => {
                write!(f, "{}: holds '{found}', opened as '{wanted}'", path.display())
            }
            Self::WrongSections { path, section } => {
                write!(f, "{}: its part {section} is missing or of another size", path.display())
            }
            Self::Corrupt { path, word, found } => {
                write!(f, "{}: is corrupt: its word '{word}' is {found:#x}", path.display())
            }
            Self::Truncated { path, needed_bytes, found_bytes } => write!(
                f,
                "{}: was cut from {needed_bytes} to {found_bytes} bytes while it was in use, or could not be read",
                path.display()
            ),
            Self::Full { path, requested_bytes, source } => {
                write!(f, "{}: no room for {requested_bytes} bytes: {}", path.display(), source.io())
            }
            Self::TooLarge { requested_bytes } => {
                write!(f, "{requested_bytes} bytes are more than the region can have")
            }
            Self::Unsettled { path } => {
                write!(f, "{}: others make and remove it again and again", path.display())
            }
            Self::System(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SharedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Header { source, .. } => Some(source),
            Self::Full { source, .. } => Some(source),
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}
