//! Mapped memory: element types, layout arithmetic, regions.
//!
//! A [`Region`] is pages of memory that belong to nobody else, or to a file; everything else in this crate lies in one.

mod advice;
mod element;
mod error;
pub(crate) mod layout;
mod region;

pub use advice::{Advice, Faults};
pub use element::Element;
pub use error::RegionError;
pub use region::{NewRegion, Region, RegionOptions};
