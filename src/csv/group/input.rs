//! What the measures of a plan are fed with: the columns of one block that were asked for.

use super::table::Keys;
use crate::csv::block::Block;
use crate::csv::column::Column;
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::field::value;
use crate::csv::number;
use crate::csv::place::snippet;
use crate::csv::segment::Segment;

/// Bits of a place for the byte in its part: 16 TiB.
const BYTE_BITS: u32 = 44;

/// The records of a block that are grouped.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    pub(super) segment: &'a Segment<'a>,
    pub(super) block: &'a Block,
    numbers: &'a [NumberInput],
}

/// The numbers of a column: one for each record, of which only the `valid` ones are any, if that is not all.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumbersOf<'a> {
    pub(super) values: &'a [f64],
    pub(super) valid: Option<&'a [u32]>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(segment: &'a Segment<'a>, block: &'a Block, numbers: &'a [NumberInput]) -> Self {
        Self { segment, block, numbers }
    }

    /// Returns the bytes from which the block's places count.
    pub(super) fn bytes(&self) -> &'a [u8] {
        &self.segment.bytes[self.block.base()..]
    }

    pub(super) fn numbers(&self, input: usize) -> NumbersOf<'_> {
        let input = &self.numbers[input];
        NumbersOf { values: &input.values, valid: input.has_holes.then_some(&input.valid) }
    }

    /// Returns where a record starts, as a number that grows along the input.
    pub(super) fn place(&self, row: usize) -> u64 {
        let at = self.segment.base + (self.block.base() + self.block.start_of(row)) as u64;
        (self.segment.part as u64) << BYTE_BITS | at
    }

    /// Visits the values of a column, with their rows; records that have no such field are passed over.
    pub(super) fn each_field(&self, column: usize, mut visit: impl FnMut(usize, &[u8])) {
        let (bytes, dialect) = (self.bytes(), &self.segment.layout.dialect);
        for (row, (start, end)) in self.block.spans(column).enumerate() {
            if start <= end {
                visit(row, &value(&bytes[start..end], dialect));
            }
        }
    }
}

/// A column that is read as numbers, and what was read of the block at hand.
#[derive(Clone, Debug)]
pub(super) struct NumberInput {
    pub(super) column: Column,
    values: Vec<f64>,
    has_holes: bool,
    valid: Vec<u32>,
}

impl NumberInput {
    pub(super) fn new(column: Column) -> Self {
        Self { column, values: Vec::new(), has_holes: false, valid: Vec::new() }
    }

    /// Reads the column. On failure, the row that is to blame is told, too.
    pub(super) fn read(&mut self, segment: &Segment<'_>, block: &Block) -> Result<(), (usize, CsvError)> {
        let bytes = &segment.bytes[block.base()..];
        let dialect = &segment.layout.dialect;
        self.has_holes = false;
        self.values.clear();
        self.values.resize(block.rows(), 0.0);
        for (row, (start, end)) in block.spans(self.column.index()).enumerate() {
            let short = bytes.get(start..).and_then(|rest| rest.first_chunk()).and_then(|word| {
                let quoted = dialect.quote == Some(word[0]);
                if quoted || end < start {
                    None
                } else {
                    number::short_f64(u64::from_le_bytes(*word), end - start)
                }
            });
            if let Some(number) = short {
                self.values[row] = number;
                continue;
            }
            let raw = bytes.get(start..end).unwrap_or_default();
            let field = value(raw, dialect);
            if field.is_empty() {
                self.note_hole(row);
            } else if let Some(number) = number::f64(&field) {
                self.values[row] = number;
            } else {
                let problem = RecordProblem::Value {
                    column: segment.layout.column_label(self.column),
                    expected: "a number (f64)",
                    found: snippet(&field),
                };
                return Err((row, CsvError::record(segment.place(block.base() + start), problem)));
            }
        }
        if self.has_holes {
            let rows = block.rows() as u32;
            let holes = std::mem::take(&mut self.valid);
            let mut next = holes.iter().copied().peekable();
            self.valid = (0..rows).filter(|row| next.next_if_eq(row).is_none()).collect();
        }
        Ok(())
    }

    fn note_hole(&mut self, row: usize) {
        if !self.has_holes {
            self.valid.clear();
            self.has_holes = true;
        }
        self.valid.push(row as u32);
    }
}

/// The keys of a block: fields as they stand, or put together of several.
#[derive(Debug, Default)]
pub(super) struct KeyInput {
    text: Vec<u8>,
    starts: Vec<u32>,
    ends: Vec<u32>,
    joined: bool,
}

impl KeyInput {
    /// Finds the keys of a block. On failure, the row that is to blame is told, too.
    pub(super) fn read(&mut self, columns: &[Column], inputs: &Inputs<'_>) -> Result<(), (usize, CsvError)> {
        self.starts.clear();
        self.ends.clear();
        self.joined = columns.len() != 1;
        for &column in columns {
            self.require(column, inputs)?;
        }
        match columns {
            [only] => {
                let spans = || inputs.block.spans(only.index());
                self.starts.extend(spans().map(|(start, _)| start as u32));
                self.ends.extend(spans().map(|(_, end)| end as u32));
            }
            _ => self.join(columns, inputs),
        }
        Ok(())
    }

    /// Fails if a record has no such field.
    fn require(&self, column: Column, inputs: &Inputs<'_>) -> Result<(), (usize, CsvError)> {
        let (layout, block) = (inputs.segment.layout, inputs.block);
        if layout.expected.is_some_and(|expected| column.index() < expected) {
            return Ok(());
        }
        match block.spans(column.index()).position(|(start, end)| start > end) {
            None => Ok(()),
            Some(row) => {
                let place = inputs.segment.place(block.base() + block.start_of(row));
                let (column, len) = (layout.column_label(column), block.fields_of(row));
                Err((row, CsvError::record(place, RecordProblem::Missing { column, len })))
            }
        }
    }

    fn join(&mut self, columns: &[Column], inputs: &Inputs<'_>) {
        let (bytes, dialect) = (inputs.bytes(), &inputs.segment.layout.dialect);
        self.text.clear();
        for row in 0..inputs.block.rows() {
            self.starts.push(self.text.len() as u32);
            for (left, column) in (0..columns.len()).rev().zip(columns) {
                let (start, end) = inputs.block.span(row, column.index());
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

    /// Makes keys of the keys of groups and the values of a column, for the rows that have it.
    pub(super) fn pair(&mut self, keys: Keys<'_>, column: Column, inputs: &Inputs<'_>) {
        self.starts.clear();
        self.ends.clear();
        self.text.clear();
        self.joined = true;
        inputs.each_field(column.index(), |row, field| {
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

    pub(super) fn keys<'a>(&'a self, inputs: &Inputs<'a>) -> Keys<'a> {
        let (bytes, dialect) = if self.joined {
            (&self.text[..], None)
        } else {
            (inputs.bytes(), Some(&inputs.segment.layout.dialect))
        };
        Keys { bytes, starts: &self.starts, ends: &self.ends, dialect }
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
