//! What the measures of a plan are fed with: the records of a batch, their keys, and their columns.

use super::table::Keys;
use crate::csv::column::Column;
use crate::csv::columns::Batch;
use crate::csv::columns::rows::SpanWork;
use crate::csv::columns::valid::Valid;
use crate::csv::dialect::Dialect;
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::field::value;

/// Bits of a place for the byte in its part: 16 TiB.
const BYTE_BITS: u32 = 44;
/// Keys of a batch that are looked at for quotes.
const LOOKED_AT: usize = 16;

/// The records of a batch that are grouped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inputs<'a> {
    batch: &'a Batch<'a>,
}

/// The numbers of a column: one for each record, of which those that are not valid are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumbersOf<'a> {
    pub(super) values: &'a [f64],
    pub(super) valid: &'a Valid,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(batch: &'a Batch<'a>) -> Self {
        Self { batch }
    }

    /// Returns the bytes from which the places of the block count.
    fn bytes(&self) -> &'a [u8] {
        &self.batch.segment().bytes[self.batch.block().base()..]
    }

    fn dialect(&self) -> &'a Dialect {
        &self.batch.segment().layout.dialect
    }

    pub(super) fn numbers(&self, input: usize) -> NumbersOf<'a> {
        NumbersOf { values: self.batch.f64(input), valid: self.batch.valid(input) }
    }

    /// Returns where a record starts, as a number that grows along the input.
    pub(super) fn place(&self, row: usize) -> u64 {
        let (segment, block) = (self.batch.segment(), self.batch.block());
        let at = segment.base + (block.base() + block.start_of(self.batch.rows().get(row))) as u64;
        (segment.part as u64) << BYTE_BITS | at
    }

    /// Returns where a field starts and ends in the bytes; it ends before it starts if the record has none.
    fn span(&self, row: usize, column: Column) -> (usize, usize) {
        self.batch.block().span(self.batch.rows().get(row), column.index())
    }

    /// Returns whether a record has a field of a column that says something.
    pub(super) fn is_filled(&self, row: usize, column: Column) -> bool {
        let (start, end) = self.span(row, column);
        let dialect = self.dialect();
        start < end && {
            let raw = &self.bytes()[start..end];
            // What begins with a quote may say nothing.
            dialect.quote != Some(raw[0]) || !value(raw, dialect).is_empty()
        }
    }

    /// Visits the values of a column, with their rows; records that have no such field are passed over.
    pub(super) fn each_field(&self, column: Column, mut visit: impl FnMut(usize, &[u8])) {
        let (bytes, dialect) = (self.bytes(), self.dialect());
        for row in 0..self.batch.len() {
            let (start, end) = self.span(row, column);
            if start <= end {
                visit(row, &value(&bytes[start..end], dialect));
            }
        }
    }
}

/// The keys of some records: fields as they stand, or put together of several.
#[derive(Debug, Default)]
pub(super) struct KeyInput {
    text: Vec<u8>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    joined: bool,
}

impl KeyInput {
    /// Finds the keys of the records.
    ///
    /// # Errors
    ///
    /// The first record that does not have all columns of the key.
    pub(super) fn read(&mut self, columns: &[Column], inputs: Inputs<'_>) -> Result<(), CsvError> {
        self.starts.clear();
        self.ends.clear();
        self.joined = columns.len() != 1;
        self.require(columns, inputs)?;
        match columns {
            [only] => {
                let rows = inputs.batch.len();
                self.starts.resize(rows, 0);
                self.ends.resize(rows, 0);
                let block = inputs.batch.block();
                if inputs.batch.rows().list().is_none() && rows == block.rows() {
                    block.copy_spans(only.index(), &mut self.starts, &mut self.ends);
                } else {
                    let copy =
                        CopySpans { base: block.base(), starts: &mut self.starts, ends: &mut self.ends };
                    inputs.batch.rows().with_spans(block, only.index(), copy);
                }
                self.take_quotes_off(inputs);
            }
            _ => self.join(columns, inputs),
        }
        Ok(())
    }

    /// Takes the quotes off keys that need no more than that, if any of the first are quoted. The others stay as they stand.
    fn take_quotes_off(&mut self, inputs: Inputs<'_>) {
        let (bytes, dialect) = (inputs.bytes(), inputs.dialect());
        let (Some(quote), None) = (dialect.quote, dialect.escape) else { return };
        if !self.starts.iter().take(LOOKED_AT).any(|&start| bytes.get(start as usize) == Some(&quote)) {
            return;
        }
        for (start, end) in self.starts.iter_mut().zip(&mut self.ends) {
            if let Some(&[first, ref inner @ .., last]) = bytes.get(*start as usize..*end as usize)
                && (first == quote) & (last == quote)
                // No way out before the end, which is what the compiler makes vectors of.
                && !inner.iter().fold(false, |found, &byte| found | (byte == quote))
            {
                *start += 1;
                *end -= 1;
            }
        }
    }

    /// Fails if a record does not have all columns.
    fn require(&self, columns: &[Column], inputs: Inputs<'_>) -> Result<(), CsvError> {
        let layout = inputs.batch.segment().layout;
        let Some(&last) = columns.iter().max() else { return Ok(()) };
        if layout.expected.is_some_and(|expected| last.index() < expected) {
            return Ok(());
        }
        let short = (0..inputs.batch.len()).find_map(|row| {
            let lacks = |&&column: &&Column| {
                let (start, end) = inputs.span(row, column);
                start > end
            };
            columns.iter().find(lacks).map(|&column| (row, column))
        });
        let Some((row, column)) = short else { return Ok(()) };
        let len = inputs.batch.block().fields_of(inputs.batch.rows().get(row));
        let problem = RecordProblem::Missing { column: layout.column_label(column), len };
        Err(CsvError::record(inputs.batch.place(row), problem))
    }

    fn join(&mut self, columns: &[Column], inputs: Inputs<'_>) {
        let (bytes, dialect) = (inputs.bytes(), inputs.dialect());
        self.text.clear();
        for row in 0..inputs.batch.len() {
            self.starts.push(self.text.len() as u32);
            for (left, &column) in (0..columns.len()).rev().zip(columns) {
                let (start, end) = inputs.span(row, column);
                let value = value(&bytes[start..end], dialect);
                if left > 0 {
                    push_len(&mut self.text, value.len());
                }
                self.text.extend_from_slice(&value);
            }
            self.ends.push(self.text.len() as u32);
        }
        self.pad();
    }

    /// Makes keys of the keys of groups and the values of a column, for the records that have it.
    pub(super) fn pair(&mut self, keys: Keys<'_>, column: Column, inputs: Inputs<'_>) {
        self.starts.clear();
        self.ends.clear();
        self.text.clear();
        self.joined = true;
        inputs.each_field(column, |row, field| {
            self.starts.push(self.text.len() as u32);
            let raw = &keys.bytes[keys.starts[row] as usize..keys.ends[row] as usize];
            let key = keys.dialect.map_or(raw.into(), |dialect| value(raw, dialect));
            push_len(&mut self.text, key.len());
            self.text.extend_from_slice(&key);
            self.text.extend_from_slice(field);
            self.ends.push(self.text.len() as u32);
        });
        self.pad();
    }

    /// Sixteen bytes more, so that a head can be loaded from each key.
    fn pad(&mut self) {
        self.text.extend_from_slice(&[0; super::head::HEAD]);
    }

    pub(super) fn keys<'a>(&'a self, inputs: Inputs<'a>) -> Keys<'a> {
        let (bytes, dialect) =
            if self.joined { (&self.text[..], None) } else { (inputs.bytes(), Some(inputs.dialect())) };
        Keys { bytes, starts: &self.starts, ends: &self.ends, dialect }
    }
}

/// Takes down where fields start and end, counted from the block's base.
struct CopySpans<'a> {
    base: usize,
    starts: &'a mut [u32],
    ends: &'a mut [u32],
}

impl SpanWork for CopySpans<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, spans: impl Iterator<Item = (usize, usize)>) {
        let Self { base, starts, ends } = self;
        for ((from, to), (start, end)) in starts.iter_mut().zip(ends).zip(spans) {
            (*from, *to) = ((start - base) as u32, (end - base) as u32);
        }
    }
}

/// Writes a length, seven bits to a byte, the last one below 128.
fn push_len(text: &mut Vec<u8>, mut len: usize) {
    while len >= 128 {
        text.push(len as u8 | 128);
        len >>= 7;
    }
    text.push(len as u8);
}

/// Joins the values of a key.
pub(super) fn join(values: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut joined = Vec::new();
    for (left, value) in (0..values.len()).rev().zip(values) {
        if left > 0 {
            push_len(&mut joined, value.as_ref().len());
        }
        joined.extend_from_slice(value.as_ref());
    }
    joined
}

/// Takes the first of several values off a joined key.
pub(super) fn split_first(joined: &[u8]) -> (&[u8], &[u8]) {
    let (mut len, mut bits, mut at) = (0, 0, 0);
    while let Some(&byte) = joined.get(at) {
        at += 1;
        len |= usize::from(byte & 127) << bits;
        bits += 7;
        if byte < 128 {
            break;
        }
    }
    joined[at..].split_at(len.min(joined.len() - at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_keys_come_apart() {
        for len in [0, 1, 127, 128, 300, 20_000] {
            let (first, rest) = (vec![b'k'; len], b"rest");
            let mut joined = Vec::new();
            push_len(&mut joined, len);
            joined.extend_from_slice(&first);
            joined.extend_from_slice(rest);
            assert_eq!(split_first(&joined), (&first[..], &rest[..]));
        }
    }
}
