//! An array whose file gets its name when it is complete.

use std::ops::{Deref, DerefMut};

use super::{ArrayError, SharedArray, Watch};
use crate::error::SystemError;
use crate::memory::shared::PendingName;
use crate::memory::{Element, RegionError};
use crate::sys::file::Unnamed;

/// An array in a file that has no name yet. Dropping it removes the file; [`publish`](Self::publish) gives it its name.
///
/// So nobody ever finds half a file under the name, whatever happens to the program that fills it.
///
/// # Examples
///
/// ```
/// use ringmill::array::SharedArray;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("squares.npy");
/// let mut squares = SharedArray::<u32>::create_npy(&path, &[10])?;
/// for (n, square) in (0..).zip(squares.iter_mut()) {
///     *square = n * n;
/// }
/// assert!(!path.exists());
/// squares.flush()?;
/// let squares = squares.publish()?;
/// assert_eq!(squares[9], 81);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping a new array removes its file"]
pub struct NewArray<T: Element> {
    array: SharedArray<T>,
    name: Name,
}

/// The name that is to be given.
#[derive(Debug)]
enum Name {
    File(Unnamed),
    Shared(Box<PendingName>),
}

impl<T: Element> NewArray<T> {
    pub(super) fn new(array: SharedArray<T>, name: Unnamed) -> Self {
        Self { array, name: Name::File(name) }
    }

    pub(super) fn of_shared(array: SharedArray<T>, name: PendingName) -> Self {
        Self { array, name: Name::Shared(Box::new(name)) }
    }

    /// Returns the elements for change, and beside them what keeps watch over their memory.
    pub(crate) fn as_watched_mut(&mut self) -> (&mut [T], Watch<'_>) {
        self.array.as_watched_mut()
    }

    /// Waits until the disk has what was written, so that the name is given to a file that survives a loss of power.
    ///
    /// # Errors
    ///
    /// As [`SharedArray::flush`].
    pub fn flush(&self) -> Result<(), ArrayError> {
        self.array.flush()
    }

    /// Gives the file its name, in one step, and returns the array. A file that had the name before is replaced, but never by
    /// [an array that processes share](SharedArray::create_named).
    ///
    /// # Errors
    ///
    /// [`ArrayError::Region`] if the name cannot be given, or if the file has been cut short,
    /// [`ArrayError::Shared`] likewise, or if the name is taken. The file is removed then.
    pub fn publish(self) -> Result<SharedArray<T>, ArrayError> {
        self.array.check()?;
        match self.name {
            Name::File(name) => {
                let path = name.final_path().to_owned();
                name.publish()
                    .map_err(|error| RegionError::System(SystemError::at("rename", &path, error)))?;
            }
            Name::Shared(name) => name.publish()?,
        }
        Ok(self.array)
    }
}

impl<T: Element> Deref for NewArray<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.array
    }
}

impl<T: Element> DerefMut for NewArray<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.array
    }
}
