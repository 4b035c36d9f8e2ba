//! What an embedder says about a region's use, and about files that shrink.

use crate::sys::map::Hint;

/// Tells the kernel how the pages of a region will be used. Only speed changes, never content.
///
/// # Examples
///
/// ```
/// use ringmill::memory::{Advice, Region};
/// let region = Region::anonymous(8 << 20)?;
/// region.advise(Advice::HugePages)?;
/// # Ok::<(), ringmill::memory::RegionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// No particular order: the kernel's own read-ahead.
    Normal,
    /// First byte to last: read far ahead.
    Sequential,
    /// No order at all: read nothing ahead.
    Random,
    /// Soon: start to read now.
    WillNeed,
    /// With large pages where the kernel has them for this kind of memory.
    HugePages,
    /// For reading: map every page before the call returns (Linux 5.14).
    PopulateRead,
    /// For writing: map every page, writable, before the call returns (Linux 5.14).
    PopulateWrite,
}

impl Advice {
    pub(crate) fn hint(self) -> Hint {
        match self {
            Self::Normal => Hint::Normal,
            Self::Sequential => Hint::Sequential,
            Self::Random => Hint::Random,
            Self::WillNeed => Hint::WillNeed,
            Self::HugePages => Hint::HugePages,
            Self::PopulateRead => Hint::PopulateRead,
            Self::PopulateWrite => Hint::PopulateWrite,
        }
    }
}

/// Chooses what happens when a mapped file is cut short while it is in use.
///
/// # Examples
///
/// ```
/// use ringmill::memory::{Faults, Region};
/// let region = Region::options().faults(Faults::Signal).open("Cargo.toml")?;
/// assert!(region.check().is_ok());
/// # Ok::<(), ringmill::memory::RegionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Faults {
    /// Missing pages read as zeros, what is written to them is lost, and [`Region::check`](super::Region::check) is an
    /// error from then on. Installs a handler for SIGBUS, once per process, that hands every other fault to the handler
    /// that was there before. On Linux; elsewhere as [`Faults::Signal`].
    #[default]
    Guarded,
    /// The kernel raises SIGBUS, which ends the process unless it handles that signal itself. No handler is installed;
    /// `check` still compares the file's size.
    Signal,
}
