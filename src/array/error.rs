//! What can go wrong with an array.

use std::fmt;
use std::path::PathBuf;

use super::NpyError;
use crate::memory::shared::SharedError;
use crate::memory::{ElementType, RegionError};

/// Says why an array could not be had, or no longer holds what its file held.
///
/// # Examples
///
/// ```
/// use ringmill::array::{ArrayError, SharedArray};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("prices.npy");
/// SharedArray::<f64>::create_npy(&path, &[3])?.publish()?;
/// let error = SharedArray::<f32>::open_npy(&path).unwrap_err();
/// assert!(error.to_string().ends_with("prices.npy: holds f64, opened as f32"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ArrayError {
    /// The memory or the file could not be had.
    Region(RegionError),
    /// The memory that processes share could not be had.
    Shared(SharedError),
    /// The file is no `.npy` file that can be used.
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NpyError,
    },
    /// The file's elements are of another type.
    WrongType {
        /// The file.
        path: PathBuf,
        /// The type in the file.
        found: ElementType,
        /// The type that was asked for.
        wanted: ElementType,
    },
    /// A raw file's size is not a multiple of the element's.
    NotWholeElements {
        /// The file.
        path: PathBuf,
        /// Its size.
        file_bytes: u64,
        /// The size of one element.
        element_bytes: usize,
    },
    /// The region was opened for reading, and the array was to be changed.
    NotForChange {
        /// The region's file.
        path: PathBuf,
    },
    /// The shape has more elements than a process can address.
    TooManyElements {
        /// The shape.
        shape: Vec<usize>,
    },
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(error) => error.fmt(f),
            Self::Shared(error) => error.fmt(f),
            Self::Npy { path, source } => write!(f, "{}: {source}", path.display()),
            Self::WrongType { path, found, wanted } => {
                write!(f, "{}: holds {found}, opened as {wanted}", path.display())
            }
            Self::NotWholeElements { path, file_bytes, element_bytes } => write!(
                f,
                "{}: {file_bytes} bytes are not a whole number of elements of {element_bytes} bytes",
                path.display()
            ),
            Self::NotForChange { path } => write!(f, "{}: was opened for reading only", path.display()),
            Self::TooManyElements { shape } => {
                write!(f, "an array of shape {shape:?} has more elements than can be addressed")
            }
        }
    }
}

impl std::error::Error for ArrayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Region(error) => error.source(),
            Self::Shared(error) => error.source(),
            Self::Npy { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<RegionError> for ArrayError {
    fn from(error: RegionError) -> Self {
        Self::Region(error)
    }
}

impl From<SharedError> for ArrayError {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}
