//! Filters: which records go on, decided before anything else of them is parsed.

use super::parser::{Numbers, Parser};
use super::policy::ColumnPolicy;
use super::rows::{Rows, Skips};
use super::text::TextColumn;
use super::values::{Failure, ValueColumn};
use crate::csv::block::Block;
use crate::csv::column::Column;
use crate::csv::segment::Segment;
use std::fmt;
use std::sync::Arc;

/// Says of each of some values whether its record goes on.
pub(super) type Test<T> = Arc<dyn Fn(&[T], &mut [bool]) + Send + Sync>;

/// Says of a field whether its record goes on.
pub(super) type ByteTest = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// A filter as it was asked for.
#[derive(Clone)]
pub(super) enum FilterSpec {
    F64(Column, ColumnPolicy<f64>, Test<f64>),
    I64(Column, ColumnPolicy<i64>, Test<i64>),
    U64(Column, ColumnPolicy<u64>, Test<u64>),
    Bytes(Column, ByteTest),
}

impl fmt::Debug for FilterSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, column) = match self {
            Self::F64(column, ..) => ("f64", column),
            Self::I64(column, ..) => ("i64", column),
            Self::U64(column, ..) => ("u64", column),
            Self::Bytes(column, _) => ("bytes", column),
        };
        f.debug_tuple("FilterSpec").field(&kind).field(column).finish()
    }
}

/// Makes the test of a column of one value, so that a call stands for a whole column.
pub(super) fn test<T: Copy>(test: impl Fn(T) -> bool + Send + Sync + 'static) -> Test<T> {
    Arc::new(move |values, keep| {
        for (value, keep) in values.iter().zip(keep) {
            *keep = test(*value);
        }
    })
}

/// A filter at work on the blocks of one thread.
pub(super) enum Filter {
    F64(ValueColumn<Numbers<f64>>, Test<f64>),
    I64(ValueColumn<Numbers<i64>>, Test<i64>),
    U64(ValueColumn<Numbers<u64>>, Test<u64>),
    Bytes(TextColumn, ByteTest),
}

impl Filter {
    pub(super) fn new(spec: &FilterSpec) -> Self {
        match spec.clone() {
            FilterSpec::F64(column, policy, test) => {
                Self::F64(ValueColumn::new(Numbers::default(), column, policy), test)
            }
            FilterSpec::I64(column, policy, test) => {
                Self::I64(ValueColumn::new(Numbers::default(), column, policy), test)
            }
            FilterSpec::U64(column, policy, test) => {
                Self::U64(ValueColumn::new(Numbers::default(), column, policy), test)
            }
            // A field that is not there is as good as an empty one.
            FilterSpec::Bytes(column, test) => {
                Self::Bytes(TextColumn::new(column, ColumnPolicy::null(), false), test)
            }
        }
    }

    /// Keeps the rows that pass. A null does not; a record that the policy leaves out does not either.
    ///
    /// # Errors
    ///
    /// The first field that the policy does not take, by its index among the rows before it that have passed.
    pub(super) fn apply(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &mut Rows,
        room: &mut Room,
    ) -> Result<(), Failure> {
        room.skips.clear(rows.len());
        room.keep.clear();
        room.keep.resize(rows.len(), true);
        let failed = match self {
            Self::F64(column, test) => values(column, test, segment, block, rows, room),
            Self::I64(column, test) => values(column, test, segment, block, rows, room),
            Self::U64(column, test) => values(column, test, segment, block, rows, room),
            Self::Bytes(column, test) => {
                let failed = column.read(segment, block, rows, &mut room.skips);
                let read = failed.as_ref().map_or_else(|failure| failure.index, |()| rows.len());
                let fields = column.values(segment.bytes);
                room.keep[..read].iter_mut().zip(fields.iter()).for_each(|(keep, field)| *keep = test(field));
                failed
            }
        };
        if let Some(skips) = room.skips.keep() {
            room.keep.iter_mut().zip(skips).for_each(|(keep, skip)| *keep &= skip);
        }
        let read = failed.as_ref().map_or_else(|failure| failure.index, |()| rows.len());
        rows.truncate(read);
        rows.retain(&room.keep[..read]);
        failed.map_err(|failure| Failure { index: rows.len(), ..failure })
    }
}

/// Memory that filters use in turn.
#[derive(Debug, Default)]
pub(super) struct Room {
    keep: Vec<bool>,
    skips: Skips,
}

fn values<P: Parser>(
    column: &mut ValueColumn<P>,
    test: &Test<P::Value>,
    segment: &Segment<'_>,
    block: &Block,
    rows: &Rows,
    room: &mut Room,
) -> Result<(), Failure> {
    let failed = column.read(segment, block, rows, &mut room.skips);
    // What is behind a failure was not read to the end.
    let read = failed.as_ref().map_or_else(|failure| failure.index, |()| rows.len());
    test(&column.values()[..read], &mut room.keep);
    if column.valid().nulls() > 0 {
        let valid = (0..rows.len()).map(|row| column.valid().is_valid(row));
        room.keep.iter_mut().zip(valid).for_each(|(keep, valid)| *keep &= valid);
    }
    failed
}
