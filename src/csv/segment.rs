//! A segment: a run of bytes that can be parsed alone.
//!
//! Whoever cuts an input has found where the first record of each segment starts, so that a segment is all that a
//! reader needs. It says nothing of files: a mapping is as good as a buffer.
//!
//! - T1: records start in `range`, whose first byte is outside every record and every comment.
//! - T2: `bytes` goes on behind `range` to the end of the last record that starts in it, or else it ends where the part
//!   does.

use super::layout::Layout;
use super::place::Place;
use std::ops::Range;

/// A run of bytes that can be parsed alone.
#[derive(Clone, Debug)]
pub(crate) struct Segment<'s> {
    pub(crate) layout: &'s Layout,
    /// What may be looked at; a record that starts in `range` may run on behind its end.
    pub(crate) bytes: &'s [u8],
    /// Where records start, as indices into `bytes`.
    pub(crate) range: Range<usize>,
    /// The number of the part that it is of.
    pub(crate) part: usize,
    /// Where `bytes[0]` lies in that part.
    pub(crate) base: u64,
    /// The number of the segment in the input, in order; segments of which no record is part are left out.
    pub(crate) index: usize,
}

impl Segment<'_> {
    /// Returns the place of `bytes[at]`.
    pub(crate) fn place(&self, at: usize) -> Place {
        self.layout.place(self.part, self.base + at as u64)
    }
}
