//! Memory that processes share: a file with a header that says what is in it.
//!
//! Whoever creates a region writes its [`Header`] once, and gives the file its name when all is there. Whoever opens it copies the
//! header out, checks every field against the others and against the file's size, and never looks at the mapped one again.
//!
//! A name belongs to a user: `prices` is the file `/dev/shm/ringmill-UID/prices`, in a folder that nobody else can write to.
//! [`list`] and [`unlink`] are for these names; a region may also be at any [path](Place::file).

mod create;
mod elements;
mod error;
mod fields;
mod header;
mod header_check;
mod header_error;
mod list;
mod place;
mod region;
mod tag;

pub use error::SharedError;
pub use fields::{Creator, Kind, QueueEntry, RegionId, Section};
pub use header::Header;
pub use header_error::HeaderError;
pub use list::{Entry, EntryState, list, unlink};
pub use place::Place;
pub use region::SharedRegion;
pub use tag::Tag;

pub(crate) use create::{PendingName, open_or_create};
pub(crate) use fields::RingFields;
