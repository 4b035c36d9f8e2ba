//! A stream's chunks, cut into segments: whose last record goes on in the next chunk, and may be longer than that.
//!
//! A record that its buffer has no room for grows in a vector, up to a limit: there is one such vector at a time.

use super::stream::CsvStream;
use crate::csv::cursor::Cursor;
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::segment::Segment;
use crate::ring::Buffer;
use std::ops::Range;

/// A chunk whose last record is yet to be read to its end.
pub(super) struct Pending {
    pub(super) index: u64,
    /// Where the first record starts.
    pub(super) start: usize,
    pub(super) bytes: Whole,
}

/// A chunk and the rest of its last record.
pub(super) enum Whole {
    Buffer(Buffer<u8>),
    /// Where the buffer had no room for it; and where that record starts.
    Grown(Vec<u8>, usize),
}

/// Cuts a stream's chunks.
pub(super) struct Cutter<'s> {
    pub(super) stream: &'s CsvStream,
    pub(super) chunk_bytes: usize,
}

impl Cutter<'_> {
    /// Appends what the last record still lacked.
    pub(super) fn append(&self, mut pending: Pending, tail: &[u8]) -> Pending {
        pending.bytes = match pending.bytes {
            Whole::Buffer(mut buffer) => {
                let (from, to) = (buffer.len(), buffer.len() + tail.len());
                if to <= buffer.capacity() {
                    buffer.set_len(to);
                    buffer[from..].copy_from_slice(tail);
                    Whole::Buffer(buffer)
                } else {
                    let record = self.last_record(&buffer, pending.start);
                    Whole::Grown([&buffer, tail].concat(), record)
                }
            }
            Whole::Grown(mut bytes, record) => {
                bytes.extend_from_slice(tail);
                Whole::Grown(bytes, record)
            }
        };
        pending
    }

    /// Returns where the last record starts that starts in a chunk.
    pub(super) fn last_record(&self, bytes: &[u8], start: usize) -> usize {
        let range = start..bytes.len().min(self.chunk_bytes);
        let mut cursor = Cursor::with_width(&self.segment(0, bytes, range), None);
        // An unclosed quote is an error of the last record.
        while let Ok(true) = cursor.advance() {}
        cursor.record().start.max(start)
    }

    pub(super) fn too_long(&self, pending: &Pending) -> Option<CsvError> {
        let limit = self.stream.longest_record;
        let Whole::Grown(bytes, record) = &pending.bytes else { return None };
        if bytes.len() - record <= limit {
            return None;
        }
        let mut place = self.stream.layout().place(0, self.base(pending.index) + *record as u64);
        (place.record, place.line) = (Some(1), Some(1));
        Some(CsvError::record(place, RecordProblem::NoEnd { limit }))
    }

    /// Takes the last record away, which is not whole.
    pub(super) fn cut(&self, mut pending: Pending) -> Pending {
        match &mut pending.bytes {
            Whole::Buffer(buffer) => buffer.truncate(self.last_record(buffer, pending.start)),
            Whole::Grown(bytes, record) => bytes.truncate(*record),
        }
        pending
    }

    pub(super) fn segment<'b>(&'b self, index: u64, bytes: &'b [u8], range: Range<usize>) -> Segment<'b> {
        let layout = self.stream.layout();
        Segment { layout, bytes, range, part: 0, base: self.base(index), index: index as usize }
    }

    /// Returns where a chunk begins in the text.
    pub(super) fn base(&self, index: u64) -> u64 {
        self.stream.data_start + index * self.chunk_bytes as u64
    }
}
