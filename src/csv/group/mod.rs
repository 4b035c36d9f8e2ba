//! Group-by without a closure for each record.
//!
//! Everything is done a block of some thousand records at a time, column by column: keys to the numbers of their groups,
//! fields to numbers, and then one loop for each measure over two arrays that lie in the first cache.
//!
//! ```text
//! builder.rs    what is asked: keys, filters, a bound; asked.rs: aggregates; plan.rs: what is measured for them
//! input.rs      the records of a batch, their keys and columns
//! table.rs      a worker's own table: keys to numbers, in the cache
//!               head.rs: sixteen bytes of a key, hashes; lanes.rs: eight keys at once
//! measure.rs    what is kept by those numbers: store.rs, of parts
//!               numbers.rs (counts, sums, extremes), moments.rs (variances), ends.rs (first, last), sketch.rs (quantiles), registers.rs (distinct)
//!               exact_sum.rs, wide.rs: sums that no order changes
//!               running.rs: a worker's own sums, extremes, moments, made for adding
//!               limbs.rs: floats cut into whole numbers; vector.rs: loops for more than the floor of an architecture
//! partition.rs  the groups of all workers, by hash, in compact rows
//! run.rs        from workers' tables to partitions, whenever one is full and at the end
//! grouped.rs    the answer
//! ```
//!
//! - O1: no part of an answer depends on the order in which records are added or on how they were shared out.

mod aggregate;
mod asked;
mod builder;
mod ends;
mod error;
mod exact_sum;
mod grouped;
mod head;
mod input;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod limbs;
mod measure;
mod moments;
mod numbers;
mod partition;
mod plan;
mod registers;
mod run;
mod running;
mod sketch;
mod store;
mod table;
mod vector;
mod wide;

pub use aggregate::Value;
pub use builder::GroupBuilder;
pub use error::GroupError;
pub use grouped::{Group, Grouped};
pub use plan::GroupPlan;
