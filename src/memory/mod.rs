//! Mapped memory: element types, layout arithmetic, regions.
//!
//! A [`Region`] is pages of memory that belong to nobody else, or to a file; everything else in this crate lies in one.

mod advice;
mod element;
mod error;
mod first_touch;
mod fnv;
pub(crate) mod layout;
mod new;
pub(crate) mod open;
pub(crate) mod placed;
mod region;
mod shape;
pub mod shared;
mod value;

pub use advice::{Advice, Faults};
pub use element::{Element, ElementType};
pub use error::RegionError;
pub use new::NewRegion;
pub use open::RegionOptions;
pub use region::Region;
pub use shape::{Field, Shape, TypeShape};
pub use value::Value;

/// Derives [`Shape`](trait@Shape) for a struct.
#[cfg(feature = "derive")]
pub use ringmill_derive::Shape;

/// The crate that says which types are [`Value`]s, for those who implement or derive its `Pod`.
pub use bytemuck;
