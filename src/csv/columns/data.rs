//! One column of a batch, of any kind.

#[cfg(feature = "dates")]
use super::dates::{Dates, Timestamps};
use super::parser::{Booleans, Numbers};
use super::plan::ColumnSpec;
use super::report::ColumnReport;
use super::rows::{Rows, Skips};
use super::text::TextColumn;
use super::valid::Valid;
use super::values::{Failure, ValueColumn};
use crate::csv::block::Block;
use crate::csv::column::Column;
use crate::csv::segment::Segment;

/// One column of a batch.
#[derive(Debug)]
pub(crate) enum Data {
    F64(ValueColumn<Numbers<f64>>),
    F32(ValueColumn<Numbers<f32>>),
    I64(ValueColumn<Numbers<i64>>),
    U64(ValueColumn<Numbers<u64>>),
    Bool(ValueColumn<Booleans>),
    Text(TextColumn),
    #[cfg(feature = "dates")]
    Date(ValueColumn<Dates>),
    #[cfg(feature = "dates")]
    Timestamp(ValueColumn<Timestamps>),
}

/// Does the same with a column of any kind.
macro_rules! each_kind {
    ($data:expr, $column:ident => $work:expr) => {
        match $data {
            Data::F64($column) => $work,
            Data::F32($column) => $work,
            Data::I64($column) => $work,
            Data::U64($column) => $work,
            Data::Bool($column) => $work,
            Data::Text($column) => $work,
            #[cfg(feature = "dates")]
            Data::Date($column) => $work,
            #[cfg(feature = "dates")]
            Data::Timestamp($column) => $work,
        }
    };
}

impl Data {
    pub(super) fn new((column, spec): &(Column, ColumnSpec)) -> Self {
        let column = *column;
        match spec {
            ColumnSpec::F64(policy) => Self::F64(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::F32(policy) => Self::F32(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::I64(policy) => Self::I64(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::U64(policy) => Self::U64(ValueColumn::new(Numbers::default(), column, *policy)),
            ColumnSpec::Bool(policy) => Self::Bool(ValueColumn::new(Booleans, column, *policy)),
            ColumnSpec::Str(policy) => Self::Text(TextColumn::new(column, policy.clone(), true)),
            ColumnSpec::Bytes(policy) => Self::Text(TextColumn::new(column, policy.clone(), false)),
            #[cfg(feature = "dates")]
            ColumnSpec::Date(format, policy) => {
                Self::Date(ValueColumn::new(Dates(format.clone()), column, *policy))
            }
            #[cfg(feature = "dates")]
            ColumnSpec::Timestamp(format, policy) => {
                Self::Timestamp(ValueColumn::new(Timestamps(format.clone()), column, *policy))
            }
        }
    }

    pub(super) fn read(
        &mut self,
        segment: &Segment<'_>,
        block: &Block,
        rows: &Rows,
        skips: &mut Skips,
    ) -> Result<(), Failure> {
        each_kind!(self, column => column.read(segment, block, rows, skips))
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        each_kind!(self, column => column.truncate(rows));
    }

    pub(super) fn retain(&mut self, keep: &[bool]) {
        each_kind!(self, column => column.retain(keep));
    }

    pub(crate) fn valid(&self) -> &Valid {
        each_kind!(self, column => column.valid())
    }

    pub(super) fn report(&mut self) -> &mut ColumnReport {
        each_kind!(self, column => &mut column.report)
    }

    /// Returns what the column was asked for as.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::F64(_) => "f64",
            Self::F32(_) => "f32",
            Self::I64(_) => "i64",
            Self::U64(_) => "u64",
            Self::Bool(_) => "bool",
            Self::Text(column) if column.is_text() => "str",
            Self::Text(_) => "bytes",
            #[cfg(feature = "dates")]
            Self::Date(_) => "date",
            #[cfg(feature = "dates")]
            Self::Timestamp(_) => "timestamp",
        }
    }
}
