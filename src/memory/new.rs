//! A region whose file gets its name when it is complete.

use super::{Region, RegionError};
use crate::error::SystemError;
use crate::sys::file::Unnamed;

/// A region of a file that has no name yet. Dropping it removes the file; [`publish`](Self::publish) gives it its name.
///
/// # Examples
///
/// ```
/// use ringmill::memory::Region;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("result");
/// let mut new = Region::create(&path, 5)?;
/// new.as_bytes_mut().copy_from_slice(b"hello");
/// assert!(!path.exists());
/// new.publish()?;
/// assert_eq!(std::fs::read(&path)?, b"hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping a new region removes its file"]
pub struct NewRegion {
    region: Region,
    name: Unnamed,
}

impl NewRegion {
    pub(super) fn new(region: Region, name: Unnamed) -> Self {
        Self { region, name }
    }

    /// Returns the bytes for change; zeros at first.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // A new region is always writable.
        self.region.as_bytes_mut().unwrap_or_default()
    }

    /// Waits until the disk has what was written, so that the name is given to a file that survives a loss of power.
    ///
    /// # Errors
    ///
    /// As [`Region::flush`].
    pub fn flush(&self) -> Result<(), RegionError> {
        self.region.flush()
    }

    /// Gives the file its name, in one step, and returns the region. A file that had the name before is replaced.
    ///
    /// # Errors
    ///
    /// [`RegionError::System`] if the name cannot be given; the file is removed then.
    pub fn publish(self) -> Result<Region, RegionError> {
        let path = self.name.final_path().to_owned();
        self.name.publish().map_err(|error| RegionError::System(SystemError::at("rename", &path, error)))?;
        Ok(self.region)
    }

    /// Takes the region and its pending name apart.
    pub(crate) fn into_parts(self) -> (Region, Unnamed) {
        (self.region, self.name)
    }
}
