//! All records of a file, on all workers: a closure over every record of every segment.

use super::cursor::Cursor;
use super::error::CsvError;
use super::input::Input;
use super::record::Record;
use super::segment::Segment;
use crate::pool::Pool;

impl Pool {
    /// Folds all records of a [`CsvFile`](super::CsvFile) or a [`CsvStream`](super::CsvStream) on all workers.
    ///
    /// Each chunk of the input starts with an accumulator from `init`, `fold` adds its records in order, and `merge`
    /// joins the accumulators of neighbours, left and right. The fields of a file are slices of it, so an accumulator may
    /// keep them; those of a stream are lent for the call. The result is the same on any number of workers, to the bit, floating point included; another
    /// [`chunk_bytes`](super::CsvOptions::chunk_bytes) may round sums differently.
    ///
    /// # Errors
    ///
    /// The first error in the order of the file: the first record that has more or fewer fields than the header
    /// (unless the file is flexible), an unclosed quote, or what `fold` returned, with file, line, record and byte.
    /// Also if the file was cut short meanwhile, if the [`Token`](crate::pool::Token) under which the caller works is stopped, or if the scan was cancelled through its
    /// [`ScanWatch`](super::ScanWatch).
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `init`, `fold` or `merge`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("weather.csv");
    /// # std::fs::write(&path, "station,degrees\nOslo,-3.5\nRoma,18.5\nOslo,1.5\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    /// use std::collections::HashMap;
    ///
    /// let pool = Pool::new()?;
    /// let file = CsvFile::open(&path)?;
    /// let (station, degrees) = (file.column("station")?, file.column("degrees")?);
    /// let warmest = pool.fold_records(
    ///     &file,
    ///     HashMap::new,
    ///     |warmest, record| {
    ///         let degrees = record.f64(degrees)?;
    ///         let highest = warmest.entry(record.bytes(station)?).or_insert(degrees);
    ///         *highest = highest.max(degrees);
    ///         Ok(())
    ///     },
    ///     |mut warmest, other| {
    ///         for (station, degrees) in other {
    ///             let highest = warmest.entry(station).or_insert(degrees);
    ///             *highest = highest.max(degrees);
    ///         }
    ///         warmest
    ///     },
    /// )?;
    /// assert_eq!(warmest[&b"Oslo"[..]], 1.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fold_records<I: Input, A: Send>(
        &self,
        input: I,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &I::Record<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        input.fold_records(self, init, fold, merge)
    }
}

/// Folds all records of a segment.
pub(super) fn fold_all<'s, A>(
    accumulator: &mut A,
    segment: &Segment<'s>,
    fold: impl Fn(&mut A, &Record<'s>) -> Result<(), CsvError>,
) -> Result<(), CsvError> {
    let mut cursor = Cursor::new(segment);
    while cursor.advance()? {
        let record = cursor.record();
        if let Err(mut error) = fold(accumulator, record) {
            error.place_if_none(|| record.place(record.start));
            return Err(error);
        }
    }
    Ok(())
}
