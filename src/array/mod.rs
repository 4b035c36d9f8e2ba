//! Typed arrays in mapped memory, changed in place.
//!
//! A [`SharedArray`] is a slice of numbers that lies in memory of its own or in a file, raw or `.npy`. Threads share it
//! by [parts](SharedArray::parts), each the only way to its elements, or by its [atomic view](SharedArray::atomics).
//!
//! ```
//! use ringmill::array::SharedArray;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("prices.npy");
//! # let mut new = SharedArray::<f64>::create_npy(&path, &[4])?;
//! # new.fill(100.0);
//! # new.publish()?;
//! let mut prices = SharedArray::<f64>::open_npy(&path)?; // mapped, changed in place
//! for price in prices.iter_mut() {
//!     *price = *price * 1.07 + 0.5;
//! }
//! assert_eq!(prices.iter().sum::<f64>(), 430.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod atomics;
mod error;
mod named;
mod new;
mod npy;
mod open;
mod part;
mod shared;
mod span;
mod untrusted;

pub use access::{Access, InPlace, Order, ReadOnly};
pub use atomics::{AtomicArray, AtomicElement, Atomics, AtomicsError, WaitElement, WaitOutcome};
pub use error::ArrayError;
pub use new::NewArray;
pub use npy::{NpyError, NpyHeader};
pub use part::{JoinError, Part, ReuniteError};
pub use shared::SharedArray;
pub(crate) use span::Watch;
pub use untrusted::UntrustedArray;
