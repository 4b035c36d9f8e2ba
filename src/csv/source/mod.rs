//! Streams: text that comes once, from standard input, a compressed file or any reader, parsed out of a ring's buffers.
//!
//! ```text
//! decode.rs   text that is compressed, told by its first bytes
//! patient.rs  pipes and terminals, whose reader can be stopped while it waits
//! text.rs     the text as it comes: filled buffers, whatever the reader gives at a time
//! stream.rs   CsvStream: the header is read, the rest is yet to come
//! flow.rs     one thread reads, all parse; the ring's buffers bound the memory
//! cut.rs      chunks as segments: the end of the last record, however long it is
//! records.rs  one record after the other, as they come
//! fold.rs     an accumulator for each segment, merged or taken in order, or one for each worker
//! outcome.rs  what segments came to, and in which line and record one failed
//! ```

mod cut;
mod decode;
mod error;
mod flow;
mod fold;
mod outcome;
mod patient;
mod records;
mod stream;
mod text;

pub use error::{StreamError, StreamProblem};
pub use records::{StreamRecord, StreamRecords};
pub use stream::CsvStream;
