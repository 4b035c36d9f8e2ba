//! How a file becomes a region: opened, looked at, locked, measured, mapped.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::{Faults, NewRegion, Region, RegionError, layout};
use crate::error::SystemError;
use crate::sys::file::{self, Locked, Unnamed};
use crate::sys::map::Mapping;

/// Chooses how a file is mapped. Made by [`Region::options`].
///
/// # Examples
///
/// ```
/// use ringmill::memory::{Faults, Region};
/// let region = Region::options().faults(Faults::Signal).open("Cargo.toml")?;
/// assert_eq!(region.path().unwrap().to_str(), Some("Cargo.toml"));
/// # Ok::<(), ringmill::memory::RegionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "options do nothing until a file is opened with them"]
pub struct RegionOptions {
    faults: Faults,
}

impl RegionOptions {
    /// Chooses what happens when the file is cut short while it is mapped; [`Faults::Guarded`] by default, because a
    /// process should not die of what another program does.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Maps a whole file for reading; as [`Region::open`].
    ///
    /// # Errors
    ///
    /// As [`Region::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Region, RegionError> {
        self.open_file(path.as_ref(), false)
    }

    /// Maps a whole file for change in place; as [`Region::open_for_change`].
    ///
    /// # Errors
    ///
    /// As [`Region::open_for_change`].
    pub fn open_for_change(self, path: impl AsRef<Path>) -> Result<Region, RegionError> {
        self.open_file(path.as_ref(), true)
    }

    /// Creates a file and maps it for change; as [`Region::create`].
    ///
    /// # Errors
    ///
    /// As [`Region::create`].
    pub fn create(self, path: impl AsRef<Path>, len_bytes: usize) -> Result<NewRegion, RegionError> {
        let path = path.as_ref();
        let (name, file) = Unnamed::create(path)
            .map_err(|error| RegionError::System(SystemError::at("open", path, error)))?;
        let file = lock(file, path, true)?;
        file::reserve(file.file(), len_bytes as u64).map_err(|error| {
            let full = file::is_full(&error);
            let source = SystemError::at("fallocate", path, error);
            match full {
                true => {
                    RegionError::Full { path: path.to_owned(), requested_bytes: len_bytes as u64, source }
                }
                false => RegionError::System(source),
            }
        })?;
        Ok(NewRegion::new(self.map(file, path, true)?, name))
    }

    fn open_file(self, path: &Path, for_change: bool) -> Result<Region, RegionError> {
        let file = open_regular(path, for_change)?;
        let file = lock(file, path, for_change)?;
        self.map(file, path, for_change)
    }

    fn map(self, file: Locked, path: &Path, for_change: bool) -> Result<Region, RegionError> {
        let at = |call, error| RegionError::System(SystemError::at(call, path, error));
        // Asked again under the lock: the size before it is nobody's promise.
        let bytes = file.file().metadata().map_err(|error| at("fstat", error))?.len();
        let len = addressable(bytes)?;
        let guarded = self.faults == Faults::Guarded;
        let map = Mapping::file(file.file(), len, for_change, guarded).map_err(|error| at("mmap", error))?;
        Ok(Region::of_file(map, file, path, for_change))
    }
}

/// Opens an ordinary file, and nothing else.
pub(crate) fn open_regular(path: &Path, for_change: bool) -> Result<File, RegionError> {
    let file = file::open(path, for_change).map_err(|error| refusal(path, for_change, error))?;
    let metadata =
        file.metadata().map_err(|error| RegionError::System(SystemError::at("fstat", path, error)))?;
    match file::other_kind(metadata.file_type()) {
        Some(kind) => Err(RegionError::NotAFile { path: path.to_owned(), kind }),
        None => Ok(file),
    }
}

/// Returns a number of bytes that can be mapped.
pub(super) fn addressable(bytes: u64) -> Result<usize, RegionError> {
    match usize::try_from(bytes).ok().and_then(|bytes| layout::align_up(bytes, layout::PAGE_BYTES)) {
        Some(rounded) if rounded <= isize::MAX as usize => Ok(bytes as usize),
        _ => Err(RegionError::TooLarge { requested_bytes: bytes }),
    }
}

/// Says why a file was not opened: what it is, that it may not be changed, or whatever the system said.
fn refusal(path: &Path, for_change: bool, error: io::Error) -> RegionError {
    use io::ErrorKind::{ExecutableFileBusy, IsADirectory, PermissionDenied, ReadOnlyFilesystem};
    if let Some(kind) = std::fs::metadata(path).ok().and_then(|found| file::other_kind(found.file_type())) {
        return RegionError::NotAFile { path: path.to_owned(), kind };
    }
    let kind = error.kind();
    let source = SystemError::at("open", path, error);
    match kind {
        PermissionDenied | ReadOnlyFilesystem | ExecutableFileBusy | IsADirectory if for_change => {
            RegionError::NotWritable { path: path.to_owned(), source }
        }
        _ => RegionError::System(source),
    }
}

/// Locks an open file for as long as a region lies over it: shared for readers, exclusively for change (R2).
fn lock(file: File, path: &Path, for_change: bool) -> Result<Locked, RegionError> {
    Locked::try_new(file, for_change).map_err(|error| match error {
        TryLockError::WouldBlock => RegionError::InUse { path: path.to_owned() },
        TryLockError::Error(error) => RegionError::System(SystemError::at("flock", path, error)),
    })
}
