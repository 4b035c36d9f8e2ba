//! What can go wrong with an atomic access.

use std::fmt;

/// Says why there is no such element to access.
///
/// # Examples
///
/// ```
/// use ringmill::array::{Atomics, AtomicsError};
/// let mut counts = [0u32; 4];
/// let error = Atomics::over(&mut counts)?.add(4, 1).unwrap_err();
/// assert_eq!(error, AtomicsError::OutOfRange { index: 4, len: 4 });
/// # Ok::<(), AtomicsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AtomicsError {
    /// The index is not less than the number of elements.
    OutOfRange {
        /// The index.
        index: usize,
        /// The number of elements.
        len: usize,
    },
    /// The memory does not begin at a multiple of the element's size.
    Misaligned {
        /// The element's size.
        element_bytes: usize,
        /// How far behind such a multiple it begins.
        excess_bytes: usize,
    },
    /// The memory is not a whole number of elements.
    NotWholeElements {
        /// The memory's size.
        len_bytes: usize,
        /// The element's size.
        element_bytes: usize,
    },
}

impl fmt::Display for AtomicsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { index, len } => write!(f, "index {index} of {len} elements"),
            Self::Misaligned { element_bytes, excess_bytes } => write!(
                f,
                "memory begins {excess_bytes} bytes behind a multiple of {element_bytes}, the size of an element"
            ),
            Self::NotWholeElements { len_bytes, element_bytes } => {
                write!(f, "{len_bytes} bytes are not a whole number of elements of {element_bytes} bytes")
            }
        }
    }
}

impl std::error::Error for AtomicsError {}
