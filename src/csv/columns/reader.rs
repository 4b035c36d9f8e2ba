//! From segments to batches: filters first, then what is asked for of the rows that are left.

use super::batch::Batch;
use super::data::Data;
use super::filter::{Filter, Room};
use super::plan::Columns;
use super::report::ColumnsReport;
use super::rows::{Rows, Skips};
use super::values::Failure;
use crate::csv::block::Block;
use crate::csv::blocks::{Blocks, BlocksMemory};
use crate::csv::error::CsvError;
use crate::csv::segment::Segment;

/// Reads segments batch by batch, with the same memory for all.
#[derive(Debug)]
pub(crate) struct BatchReader {
    memory: Option<BlocksMemory>,
    work: Work,
}

/// What a block is turned into a batch with.
struct Work {
    filters: Vec<Filter>,
    columns: Vec<Data>,
    rows: Rows,
    skips: Skips,
    room: Room,
    report: ColumnsReport,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work")
            .field("columns", &self.columns)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl BatchReader {
    pub(crate) fn new(columns: &Columns<'_>) -> Self {
        let filters = columns.filters.iter().map(Filter::new).collect();
        let report = ColumnsReport::new(columns.len());
        let columns = columns.specs.iter().map(Data::new).collect();
        let (rows, skips, room) = Default::default();
        Self { memory: None, work: Work { filters, columns, rows, skips, room, report } }
    }

    /// Reads the records of a segment and gives each batch to `take`, with what was found in it.
    ///
    /// # Errors
    ///
    /// The first in the order of the file, of those that records have and those of `take`.
    pub(crate) fn read(
        &mut self,
        segment: &Segment<'_>,
        mut take: impl FnMut(&Batch<'_>) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        let memory = self.memory.take().unwrap_or_else(BlocksMemory::new);
        let mut blocks = Blocks::with_memory(segment, memory);
        while let Some(block) = blocks.next()? {
            let read = self.work.read(segment, block);
            let batch = Batch { segment, block, rows: &self.work.rows, columns: &self.work.columns };
            if !batch.is_empty() {
                take(&batch).map_err(|mut error| {
                    error.place_if_none(|| batch.place(0));
                    error
                })?;
            }
            read?;
        }
        self.memory = Some(blocks.into_memory());
        Ok(())
    }

    /// Returns what was found since the last call.
    pub(crate) fn take_report(&mut self) -> ColumnsReport {
        let Work { columns, report, .. } = &mut self.work;
        let next = ColumnsReport::new(columns.len());
        let mut report = std::mem::replace(report, next);
        for (column, data) in report.columns.iter_mut().zip(columns) {
            *column = std::mem::take(data.report());
        }
        report
    }
}

impl Work {
    /// Reads a block; what there is of it then ends before the record that the error is about.
    fn read(&mut self, segment: &Segment<'_>, block: &Block) -> Result<(), CsvError> {
        let Self { filters, columns, rows, skips, room, report } = self;
        rows.take_first(block.rows());
        report.records += block.rows() as u64;
        let mut failed = None;
        for filter in filters {
            // A later failure is one of an earlier record.
            if let Err(failure) = filter.apply(segment, block, rows, room) {
                failed = Some(failure.error);
            }
        }
        report.selected += rows.len() as u64;
        skips.clear(rows.len());
        for column in &mut *columns {
            if let Err(Failure { index, error }) = column.read(segment, block, rows, skips) {
                rows.truncate(index);
                failed = Some(error);
            }
        }
        let len = rows.len();
        if failed.is_some() {
            columns.iter_mut().for_each(|column| column.truncate(len));
        }
        if let Some(keep) = skips.keep() {
            let keep = &keep[..len];
            columns.iter_mut().for_each(|column| column.retain(keep));
            rows.retain(keep);
            report.skipped += (len - rows.len()) as u64;
        }
        failed.map_or(Ok(()), Err)
    }
}
