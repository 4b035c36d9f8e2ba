//! Columns: typed values of many records at a time.
//!
//! What a caller asks for is a plan: columns, each with a type and a policy, and filters. A worker turns each block of a
//! segment into a batch by it: filters first, then one column after the other over the rows that are left, all in
//! memory that it keeps.
//!
//! ```text
//! plan.rs     what is wanted                 policy.rs  what becomes of fields that hold no value
//! filter.rs   which rows go on               rows.rs    which those are, and which are left out in the end
//! values.rs   a column of values             parser.rs  how a field is read; valid.rs: which values are there
//! text.rs     a column of text
//! reader.rs   a block turned into columns    data.rs    one of them; batch.rs: all, as they are lent
//! fold.rs     batches, on all workers        report.rs  what was found
//! fill.rs     whole columns, in their places  whole.rs  in arrays; npy.rs: in files; arrow.rs: as a record batch
//! gather.rs   how much room they need, and those of a stream until that is known
//! infer.rs    what columns seem to hold, by a sample (sample.rs); dates.rs: dates and points in time
//! ```

#[cfg(feature = "arrow")]
mod arrow;
mod batch;
mod data;
#[cfg(feature = "dates")]
mod dates;
mod fill;
mod filter;
mod fold;
mod gather;
mod infer;
mod npy;
pub(crate) mod parser;
mod plan;
mod policy;
pub(crate) mod reader;
mod report;
pub(crate) mod rows;
mod sample;
mod text;
pub(crate) mod valid;
pub(crate) mod values;
mod whole;

pub use batch::Batch;
#[cfg(feature = "dates")]
pub use dates::TimeFormat;
pub use infer::{ColumnType, Inference, InferredColumn};
pub use npy::WriteError;
pub(crate) use plan::ColumnSpec;
pub use plan::{Columns, ColumnsBuilder};
pub use policy::{ColumnPolicy, Otherwise};
pub use report::{ColumnReport, ColumnsReport};
pub use text::{Bytes, Texts};
pub use whole::{Collected, TextArray};
