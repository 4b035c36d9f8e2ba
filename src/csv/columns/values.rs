//! A column of values of a block: read at once, and what could not be read one by one, by the column's policy.

use super::parser::{Fields, Parser, ReadSpans};
use super::policy::{ColumnPolicy, Otherwise};
use super::report::ColumnReport;
use super::rows::{Rows, Skips, SpanWork};
use super::valid::Valid;
use crate::csv::block::Block;
use crate::csv::column::Column;
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::field::{is_quoted, value};
use crate::csv::place::snippet;
use crate::csv::segment::Segment;
use std::borrow::Cow;

/// An error at a row, by its index among those that were read.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) index: usize,
    pub(crate) error: CsvError,
}

/// What a policy makes of a field that holds no value.
pub(crate) enum Instead<T> {
    Value(T),
    Null,
    Skip,
    Fail,
}

impl<T: Clone> ColumnPolicy<T> {
    /// Decides, and counts it.
    pub(crate) fn instead(&self, empty: bool, report: &mut ColumnReport) -> Instead<T> {
        let otherwise = match (&self.empty, empty) {
            (Some(otherwise), true) => otherwise,
            _ => &self.invalid,
        };
        let (instead, count) = match otherwise {
            Otherwise::Fail => return Instead::Fail,
            Otherwise::Null => (Instead::Null, &mut report.nulls),
            Otherwise::Default(value) => (Instead::Value(value.clone()), &mut report.defaults),
            Otherwise::SkipRecord => (Instead::Skip, &mut report.skipped),
        };
        *count += 1;
        if empty {
            report.empty += 1
        } else {
            report.invalid += 1
        }
        instead
    }
}

/// One field of a row of a block.
#[derive(Clone, Copy)]
pub(crate) struct FieldAt<'s, 'b> {
    pub(crate) segment: &'b Segment<'s>,
    pub(crate) block: &'b Block,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl<'s> FieldAt<'s, '_> {
    /// Returns the field as it stands in the file, and where, unless the record has no such field.
    pub(crate) fn raw(&self) -> Option<(usize, &'s [u8])> {
        let (start, end) = self.block.span(self.row, self.column);
        let base = self.block.base();
        let bytes: &'s [u8] = self.segment.bytes;
        (start <= end).then(|| (base + start, &bytes[base + start..base + end]))
    }

    /// Returns what the field says, unless the record has no such field.
    pub(crate) fn value(&self) -> Option<Cow<'s, [u8]>> {
        self.raw().map(|(_, raw)| value(raw, &self.segment.layout.dialect))
    }

    /// Returns where it is in its part: the record, if that has no such field.
    pub(crate) fn byte(&self) -> u64 {
        let record = || self.block.base() + self.block.start_of(self.row);
        self.segment.base + self.raw().map_or_else(record, |(start, _)| start) as u64
    }

    /// Says what was expected instead.
    #[cold]
    pub(crate) fn error(&self, expected: &'static str) -> CsvError {
        let layout = self.segment.layout;
        let column = layout.column_label(Column::from(self.column));
        let problem = match self.value() {
            Some(found) => RecordProblem::Value { column, expected, found: snippet(&found) },
            None => RecordProblem::Missing { column, len: self.block.fields_of(self.row) },
        };
        CsvError::record(layout.place(self.segment.part, self.byte()), problem)
    }
}

/// A column of values of the rows of a block.
#[derive(Debug)]
pub(crate) struct ValueColumn<P: Parser> {
    parser: P,
    column: usize,
    policy: ColumnPolicy<P::Value>,
    values: Vec<P::Value>,
    valid: Valid,
    odd: Vec<u32>,
    /// Where the fields start and end, counted from the block's base.
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// Whether fields have been seen to be quoted.
    quoted: bool,
    pub(crate) report: ColumnReport,
}

impl<P: Parser> ValueColumn<P> {
    pub(crate) fn new(parser: P, column: Column, policy: ColumnPolicy<P::Value>) -> Self {
        let report = ColumnReport::default();
        let (values, valid, odd, starts, ends) = Default::default();
        Self {
            parser,
            column: column.index(),
            policy,
            values,
            valid,
            odd,
            starts,
            ends,
            quoted: false,
            report,
        }
    }

    /// Reads the fields of the rows. Rows that the policy leaves out are marked, and those that are marked already are
    /// not looked at.
    ///
    /// # Errors
    ///
    /// The first field that the policy does not take; the values of the rows before it hold.
    pub(crate) fn read(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        skips: &mut Skips,
    ) -> Result<(), Failure> {
        let (column, len) = (self.column, rows.len());
        self.values.resize(len, P::NULL);
        self.odd.resize(self.odd.len().max(len), 0);
        self.valid.reset(len);
        let mut odd = self.read_all(segment, block, rows);
        if odd > len / 8 && !self.quoted && self.is_quoted(segment, block, rows) {
            self.quoted = true;
            odd = self.read_all(segment, block, rows);
        }
        for at in 0..odd {
            let index = self.odd[at] as usize;
            if skips.is_skipped(index) {
                continue;
            }
            let field = FieldAt { segment, block, row: rows.get(index), column };
            self.read_odd(index, field, skips).map_err(|error| Failure { index, error })?;
        }
        Ok(())
    }

    /// Reads what can be read at once, and returns how many fields are left.
    fn read_all(&mut self, segment: &Segment<'_>, block: &Block, rows: &Rows) -> usize {
        let dialect = &segment.layout.dialect;
        let quoted = self.quoted && dialect.escape.is_none();
        let fields = Fields { bytes: segment.bytes, quote: dialect.quote, quoted };
        let work = ReadSpans { parser: &self.parser, fields, values: &mut self.values, odd: &mut self.odd };
        if rows.list().is_some() || rows.len() != block.rows() {
            return rows.with_spans(block, self.column, work);
        }
        // Of all rows spans are copied first, by a loop for vectors, and gone through as two slices.
        self.starts.resize(rows.len(), 0);
        self.ends.resize(rows.len(), 0);
        block.copy_spans(self.column, &mut self.starts, &mut self.ends);
        let base = block.base();
        let behind = |(&start, &end): (&u32, &u32)| (base + start as usize, base.wrapping_add(end as usize));
        work.run(self.starts.iter().zip(&self.ends).map(behind))
    }

    /// Returns whether the first field that is left is so because it is quoted.
    fn is_quoted(&self, segment: &Segment<'_>, block: &Block, rows: &Rows) -> bool {
        let row = rows.get(self.odd[0] as usize);
        let raw = FieldAt { segment, block, row, column: self.column }.raw();
        raw.is_some_and(|(_, raw)| is_quoted(raw, segment.layout.dialect.quote))
    }

    /// Reads a field that the fast way left.
    fn read_odd(&mut self, index: usize, field: FieldAt<'_, '_>, skips: &mut Skips) -> Result<(), CsvError> {
        let value = field.value();
        let bytes = value.as_deref().unwrap_or_default();
        if let (Some(value), true) = (self.parser.parse(bytes), value.is_some()) {
            self.values[index] = value;
            return Ok(());
        }
        let missing = value.is_none() && self.policy.empty.is_none();
        let instead = match missing {
            true => Instead::Fail,
            false => self.policy.instead(bytes.is_empty(), &mut self.report),
        };
        self.values[index] = P::NULL;
        match instead {
            Instead::Value(value) => self.values[index] = value,
            Instead::Null => self.valid.set_null(index),
            Instead::Skip => skips.skip(index),
            Instead::Fail => return Err(field.error(P::EXPECTED)),
        }
        self.report.keep_place(field.segment.part, field.byte());
        Ok(())
    }

    /// Returns the values, one for each row.
    pub(crate) fn values(&self) -> &[P::Value] {
        &self.values
    }

    /// Returns which of them are there.
    pub(crate) fn valid(&self) -> &Valid {
        &self.valid
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        if rows < self.values.len() {
            self.values.truncate(rows);
            self.valid.truncate(rows);
        }
    }

    /// Keeps the rows at whose index there is true.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut kept = 0;
        for (index, &keep) in keep.iter().enumerate() {
            self.values[kept] = self.values[index];
            kept += usize::from(keep);
        }
        self.values.truncate(kept);
        self.valid.retain(keep);
    }
}
