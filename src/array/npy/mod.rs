//! The `.npy` format: a short text that says type, order and shape, then the elements as they lie in memory.
//!
//! ```text
//! \x93NUMPY | major | minor | text length: u16 in version 1, u32 in 2 and 3 | text, spaces, newline | elements
//! text = {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
//! ```
//! Pure: bytes in, header out, and back. Source: numpy.lib.format, NEP 1.

// Elements are used as they lie, and they lie in little-endian order.
const _: () = assert!(cfg!(target_endian = "little"), "arrays in files need a little-endian machine");

mod error;
mod header;
mod text;
mod write;

pub use error::NpyError;
pub use header::NpyHeader;
pub(crate) use write::header_bytes;
