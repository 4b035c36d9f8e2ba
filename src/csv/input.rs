//! What records are read from: a mapped file, or a stream whose text comes once.

use super::error::CsvError;
use super::file::CsvFile;
use super::fold::fold_all;
use super::record::Record;
use super::source::CsvStream;
use crate::pool::Pool;

/// What records can be read from: a [`&CsvFile`](CsvFile) or a [`&CsvStream`](CsvStream).
///
/// The records of a file are slices of the file, and what is read from them may be kept as long as the file is open. The
/// records of a stream are lent for one call.
pub trait Input: Sealed + Copy {
    /// A record, as a closure that is called with `'r` gets it.
    type Record<'r>;

    /// As [`Pool::fold_records`].
    #[doc(hidden)]
    fn fold_records<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Self::Record<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError>;
}

/// Keeps others from making inputs.
pub trait Sealed {}

impl Sealed for &CsvFile {}

impl Sealed for &CsvStream {}

impl<'f> Input for &'f CsvFile {
    type Record<'r> = Record<'f>;

    fn fold_records<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Record<'f>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        pool.fold_segments(self, init, |accumulator, segment| fold_all(accumulator, segment, &fold), merge)
    }
}

impl Input for &CsvStream {
    type Record<'r> = Record<'r>;

    fn fold_records<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Record<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        self.fold_segments(pool, init, |accumulator, segment| fold_all(accumulator, segment, &fold), merge)
    }
}
