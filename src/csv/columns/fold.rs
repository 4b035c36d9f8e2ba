//! All records of a file in batches, on all workers.

use super::batch::Batch;
use super::plan::Columns;
use super::reader::BatchReader;
use super::report::ColumnsReport;
use crate::csv::error::CsvError;
use crate::pool::Pool;
use std::sync::{Mutex, PoisonError};

/// Readers that wait for their next segment: at most one for each worker, each with memory of its own.
pub(crate) struct Readers<'p> {
    columns: &'p Columns<'p>,
    idle: Mutex<Vec<BatchReader>>,
}

impl<'p> Readers<'p> {
    pub(crate) fn new(columns: &'p Columns<'_>) -> Self {
        Self { columns, idle: Mutex::default() }
    }

    /// Lends a reader. One whose user panics is not used again.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut BatchReader) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = idle().pop();
        let mut reader = reader.unwrap_or_else(|| BatchReader::new(self.columns));
        let result = work(&mut reader);
        idle().push(reader);
        result
    }
}

impl Pool {
    /// Folds the records of a CSV file in batches, on all workers: the columns that were asked for, of the records that
    /// pass the filters.
    ///
    /// Each chunk of the file starts with an accumulator from `init`, `fold` adds its batches in order, and `merge` joins
    /// the accumulators of neighbours, left and right. Nothing is allocated for a batch. The result is the same on any
    /// number of workers, to the bit, floating point included.
    ///
    /// # Errors
    ///
    /// The first error in the order of the file: a field that its column's policy does not take, a record that has more
    /// or fewer fields than the header (unless the file is flexible), an unclosed quote, or what `fold` returned, with
    /// file, line, record and byte. Also as [`fold_records`](Self::fold_records).
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `init`, `fold` or `merge`.
    ///
    /// # Examples
    ///
    /// See [`ColumnsBuilder`](crate::csv::ColumnsBuilder).
    pub fn fold_batches<A: Send>(
        &self,
        columns: &Columns<'_>,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Batch<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        self.fold_batches_reported(columns, init, fold, merge).map(|(all, _)| all)
    }

    /// The same, with a report on what was found in the columns beside values.
    ///
    /// # Errors
    ///
    /// As [`fold_batches`](Self::fold_batches).
    ///
    /// # Panics
    ///
    /// As [`fold_batches`](Self::fold_batches).
    ///
    /// # Examples
    ///
    /// See [`ColumnPolicy`](crate::csv::ColumnPolicy).
    pub fn fold_batches_reported<A: Send>(
        &self,
        columns: &Columns<'_>,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Batch<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<(A, ColumnsReport), CsvError> {
        let readers = Readers::new(columns);
        columns.source.fold_segments(
            self,
            || (init(), ColumnsReport::new(columns.len())),
            |(all, report), segment| {
                readers.with(|reader| {
                    let read = reader.read(segment, |batch| fold(all, batch));
                    report.add(&reader.take_report());
                    read
                })
            },
            |(left, mut report), (right, next)| {
                report.add(&next);
                (merge(left, right), report)
            },
        )
    }
}
