//! What records are read from: a mapped file, or a stream whose text comes once.

use super::count::{count_file, count_segment};
use super::error::CsvError;
use super::file::CsvFile;
use super::fold::fold_all;
use super::layout::Layout;
use super::record::Record;
use super::segment::Segment;
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

    /// As [`Pool::fold_in_order`].
    #[doc(hidden)]
    fn fold_in_order<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Self::Record<'_>) -> Result<(), CsvError> + Sync,
        take: impl FnMut(A) -> Result<(), CsvError>,
    ) -> Result<(), CsvError>;

    /// As [`Pool::count_records`].
    #[doc(hidden)]
    fn count_records(self, pool: &Pool) -> Result<u64, CsvError>;
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

    fn fold_in_order<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Record<'f>) -> Result<(), CsvError> + Sync,
        take: impl FnMut(A) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        pool.fold_segments_in_order(self, init, |part, segment| fold_all(part, segment, &fold), take)
    }

    fn count_records(self, pool: &Pool) -> Result<u64, CsvError> {
        count_file(pool, self)
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

    fn fold_in_order<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Record<'_>) -> Result<(), CsvError> + Sync,
        take: impl FnMut(A) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        self.fold_segments_in_order(pool, init, |part, segment| fold_all(part, segment, &fold), take)
    }

    fn count_records(self, pool: &Pool) -> Result<u64, CsvError> {
        let count = |records: &mut u64, segment: &Segment<'_>| {
            *records += count_segment(segment)?;
            Ok(())
        };
        self.fold_segments(pool, || 0, count, |left, right| left + right)
    }
}

/// What a plan reads, where what it lends lives for one call either way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'i> {
    File(&'i CsvFile),
    Stream(&'i CsvStream),
}

impl<'i> Source<'i> {
    pub(crate) fn layout(self) -> &'i Layout {
        match self {
            Self::File(file) => file.layout(),
            Self::Stream(stream) => stream.layout(),
        }
    }

    /// Returns the mapped file, if it is one.
    pub(crate) fn file(self) -> Option<&'i CsvFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Stream(_) => None,
        }
    }

    /// As [`Pool::fold_segments`].
    pub(crate) fn fold_segments<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        match self {
            Self::File(file) => pool.fold_segments(file, init, fold, merge),
            Self::Stream(stream) => stream.fold_segments(pool, init, fold, merge),
        }
    }

    /// As [`Pool::each_worker`].
    pub(crate) fn each_worker<A: Send>(
        self,
        pool: &Pool,
        init: impl Fn(usize) -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'_>) -> Result<(), CsvError> + Sync,
    ) -> Result<Vec<A>, CsvError> {
        match self {
            Self::File(file) => pool.each_worker(file, init, fold),
            Self::Stream(stream) => stream.each_worker(pool, init, fold),
        }
    }
}
