//! Maps over an iterator whose items are worked on by a pool's threads, a window of them at a time.
//!
//! The consumer pulls the source, on its own thread, and submits a task for each item; never more than the window are on
//! their way or finished and not yet taken. So the source may be endless, the consumer slow, and the memory is bounded.
//! Who would wait for a result runs items that nobody has begun instead, so a map inside a job of the same pool ends like any other.
//!
//! - M1: an item is run, or dropped because nobody wants its result, or comes back to the consumer. A task that is dropped
//!   unrun, because the pool closes or its lane drops the oldest, gives its item back as it goes, and the consumer sees to it.
//! - M2: what is numbered beyond `last` is wanted by nobody. It is lowered, never raised: to a failure, to a panic, and to 0
//!   when the map is over.

mod errand;
mod feed;
#[cfg(feature = "futures")]
mod futures;
mod ordered;
mod unordered;

#[cfg(feature = "futures")]
pub use futures::MapStream;
pub use ordered::MapOrdered;
pub use unordered::MapUnordered;
