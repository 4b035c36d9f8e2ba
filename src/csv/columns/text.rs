//! A column of text of a block: places in the file, and copies only of what quotes and escapes had to be taken out of.

use super::policy::ColumnPolicy;
use super::report::ColumnReport;
use super::rows::{Rows, Skips, SpanWork};
use super::valid::Valid;
use super::values::{Failure, FieldAt, Instead};
use crate::csv::block::Block;
use crate::csv::column::Column;
use crate::csv::dialect::Dialect;
use crate::csv::error::CsvError;
use crate::csv::field::{is_quoted, value};
use crate::csv::segment::Segment;
use std::borrow::Cow;

/// Where a field's value lies: in the file, or among the copies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: usize,
    len: u32,
    copied: bool,
}

/// A column of text of the rows of a block.
#[derive(Debug)]
pub(crate) struct TextColumn {
    column: usize,
    policy: ColumnPolicy<String>,
    /// Whether it must be UTF-8.
    text: bool,
    spans: Vec<Span>,
    copies: Vec<u8>,
    valid: Valid,
    odd: Vec<u32>,
    pub(crate) report: ColumnReport,
}

/// Lists the fields of rows as they stand in the file.
struct List<'a> {
    bytes: &'a [u8],
    quote: Option<u8>,
    text: bool,
    keep_empty: bool,
    spans: &'a mut Vec<Span>,
    odd: &'a mut Vec<u32>,
}

impl SpanWork for List<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, spans: impl Iterator<Item = (usize, usize)>) {
        for (index, (start, end)) in spans.enumerate() {
            let usual = match self.bytes.get(start..end) {
                Some([]) => self.keep_empty,
                Some(raw) => !is_quoted(raw, self.quote) && (!self.text || is_text(self.bytes, start, end)),
                None => false,
            };
            // A field that is longer is not to be told by its length.
            let len = u32::try_from(end.wrapping_sub(start)).unwrap_or(0);
            self.spans.push(Span { start, len, copied: false });
            if !(usual && len as usize == end.wrapping_sub(start)) {
                self.odd.push(index as u32);
            }
        }
    }
}

/// Returns whether bytes are UTF-8: a few by a look at their top bits.
#[inline(always)]
fn is_text(bytes: &[u8], start: usize, end: usize) -> bool {
    let len = end - start;
    if let (Some(word), 1..=8) = (bytes[start..].first_chunk(), len) {
        let word = u64::from_le_bytes(*word) << (64 - 8 * len);
        if word & 0x8080_8080_8080_8080 == 0 {
            return true;
        }
    }
    std::str::from_utf8(&bytes[start..end]).is_ok()
}

impl TextColumn {
    pub(crate) fn new(column: Column, policy: ColumnPolicy<String>, text: bool) -> Self {
        let report = ColumnReport::default();
        let (spans, copies, valid, odd) = Default::default();
        Self { column: column.index(), policy, text, spans, copies, valid, odd, report }
    }

    /// Finds the fields of the rows, as [`ValueColumn::read`](super::values::ValueColumn::read) does.
    pub(crate) fn read(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        skips: &mut Skips,
    ) -> Result<(), Failure> {
        let (column, text) = (self.column, self.text);
        self.copies.clear();
        self.spans.clear();
        self.odd.clear();
        self.valid.reset(rows.len());
        let Dialect { quote, .. } = segment.layout.dialect;
        let keep_empty = self.policy.empty.is_none();
        let (spans, odd) = (&mut self.spans, &mut self.odd);
        rows.with_spans(block, column, List { bytes: segment.bytes, quote, text, keep_empty, spans, odd });
        for at in 0..self.odd.len() {
            let index = self.odd[at] as usize;
            if skips.is_skipped(index) {
                continue;
            }
            let field = FieldAt { segment, block, row: rows.get(index), column };
            self.read_odd(index, field, skips).map_err(|error| Failure { index, error })?;
        }
        Ok(())
    }

    fn read_odd(&mut self, index: usize, field: FieldAt<'_, '_>, skips: &mut Skips) -> Result<(), CsvError> {
        self.spans[index] = Span::default();
        let mut empty = true;
        if let Some((start, raw)) = field.raw() {
            let value = value(raw, &field.segment.layout.dialect);
            empty = value.is_empty();
            let usual = !(empty && self.policy.empty.is_some());
            if usual && (!self.text || std::str::from_utf8(&value).is_ok()) {
                self.spans[index] = match value {
                    // All that is not copied begins behind the opening quote, if there is one.
                    Cow::Borrowed(value) => {
                        let quoted = usize::from(is_quoted(raw, field.segment.layout.dialect.quote));
                        Span { start: start + quoted, len: value.len() as u32, copied: false }
                    }
                    Cow::Owned(value) => self.copy(&value),
                };
                return Ok(());
            }
        } else if self.policy.empty.is_none() {
            return Err(field.error("text"));
        }
        match self.policy.instead(empty, &mut self.report) {
            Instead::Value(value) => self.spans[index] = self.copy(value.as_bytes()),
            Instead::Null => self.valid.set_null(index),
            Instead::Skip => skips.skip(index),
            Instead::Fail => return Err(field.error("text (UTF-8)")),
        }
        self.report.keep_place(field.segment.part, field.byte());
        Ok(())
    }

    fn copy(&mut self, value: &[u8]) -> Span {
        let start = self.copies.len();
        self.copies.extend_from_slice(value);
        Span { start, len: value.len() as u32, copied: true }
    }

    pub(crate) fn valid(&self) -> &Valid {
        &self.valid
    }

    pub(crate) fn is_text(&self) -> bool {
        self.text
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        if rows < self.spans.len() {
            self.spans.truncate(rows);
            self.valid.truncate(rows);
        }
    }

    /// Keeps the rows at whose index there is true.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut index = 0;
        self.spans.retain(|_| {
            index += 1;
            keep[index - 1]
        });
        self.valid.retain(keep);
    }

    /// Returns the values, which lie in the segment's bytes or among the copies.
    pub(crate) fn values<'b>(&'b self, bytes: &'b [u8]) -> Bytes<'b> {
        Bytes { bytes, copies: &self.copies, spans: &self.spans }
    }
}

/// The fields of a column of a batch as bytes: slices of the file, or of copies where quotes were doubled or escaped.
///
/// # Examples
///
/// See [`Batch`](super::Batch).
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'b> {
    bytes: &'b [u8],
    copies: &'b [u8],
    spans: &'b [Span],
}

impl<'b> Bytes<'b> {
    /// Returns how many there are: one for each record of the batch.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns a record's field, quotes taken off; of a null, nothing.
    ///
    /// # Panics
    ///
    /// If there are not so many records.
    #[inline]
    pub fn get(&self, row: usize) -> &'b [u8] {
        let Span { start, len, copied } = self.spans[row];
        let from = if copied { self.copies } else { self.bytes };
        &from[start..start + len as usize]
    }

    /// Returns all fields in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'b [u8]> + use<'b> {
        let bytes = *self;
        (0..self.len()).map(move |row| bytes.get(row))
    }

    /// Returns whether a field had to be copied, and where it begins among the copies or else in the segment.
    pub(crate) fn place(&self, row: usize) -> (bool, usize, u32) {
        let Span { start, len, copied } = self.spans[row];
        (copied, start, len)
    }
}

/// The texts of a column of a batch: slices of the file, or of copies where quotes were doubled or escaped.
///
/// # Examples
///
/// See [`Batch`](super::Batch).
#[derive(Clone, Copy, Debug)]
pub struct Texts<'b>(pub(crate) Bytes<'b>);

impl<'b> Texts<'b> {
    /// Returns how many there are: one for each record of the batch.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a record's field, quotes taken off; of a null, the empty text.
    ///
    /// That it is text was seen when it was read. A file that another program changes meanwhile, which it must not, may
    /// give the empty text instead.
    ///
    /// # Panics
    ///
    /// If there are not so many records.
    #[inline]
    pub fn get(&self, row: usize) -> &'b str {
        std::str::from_utf8(self.0.get(row)).unwrap_or_default()
    }

    /// Returns all texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'b str> + use<'b> {
        let texts = *self;
        (0..self.len()).map(move |row| texts.get(row))
    }
}
