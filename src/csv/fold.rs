//! All records of a file, on all workers.
//!
//! Each chunk is folded on its own and the results are merged in a shape that only the file's length decides, so the
//! answer has the same bits on any number of workers. So has a failure: once a chunk fails, chunks behind it are
//! skipped and those before it are still finished, and the first error in the order of the file is the one reported.

use super::error::CsvError;
use super::file::CsvFile;
use super::record::Record;
use super::split::{Entries, classify, fold_chunk};
use crate::pool::Pool;
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What became of a run of chunks.
enum Outcome<A> {
    Done(A),
    Failed(CsvError),
    /// Not read to the end, because a chunk before it failed.
    Skipped,
}

impl<A> Outcome<A> {
    fn then(self, next: Self, merge: &impl Fn(A, A) -> A) -> Self {
        match (self, next) {
            (Self::Done(left), Self::Done(right)) => Self::Done(merge(left, right)),
            (Self::Failed(error), _) | (Self::Done(_), Self::Failed(error)) => Self::Failed(error),
            (Self::Skipped, _) | (Self::Done(_), Self::Skipped) => Self::Skipped,
        }
    }
}

impl Pool {
    /// Folds all records of a CSV file on all workers.
    ///
    /// Each chunk of the file starts with an accumulator from `init`, `fold` adds its records in order, and `merge`
    /// joins the accumulators of neighbours, left and right. Fields are slices of the file, so an accumulator may keep
    /// them. The result is the same on any number of workers, to the bit, floating point included; another
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
    pub fn fold_records<'f, A: Send>(
        &self,
        file: &'f CsvFile,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Record<'f>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        let chunks = file.chunks().count();
        let entries = self.entries(file)?;
        let first_failed = AtomicUsize::new(usize::MAX);
        let one = |chunk: usize| {
            // ORDERING: Relaxed; a chunk that sees it late is read in vain, nothing rides on it.
            if chunk > first_failed.load(Relaxed) {
                return Outcome::Skipped;
            }
            let mut accumulator = init();
            match fold_chunk(file, chunk, &entries, &mut accumulator, &fold) {
                Ok(()) => Outcome::Done(accumulator),
                Err(error) => {
                    // ORDERING: Relaxed; the error itself comes back with the chunk's result.
                    first_failed.fetch_min(chunk, Relaxed);
                    Outcome::Failed(error)
                }
            }
        };
        let outcome = self.map_reduce_range(
            0..chunks,
            1,
            // One chunk, or none if the file has no data.
            |mut range| range.next().map_or_else(|| Outcome::Done(init()), one),
            |left, right| left.then(right, &merge),
        )?;
        match outcome {
            Outcome::Done(all) => file.check().map(|()| all),
            Outcome::Failed(error) => Err(file.located(error)),
            Outcome::Skipped => unreachable!("a chunk is skipped only behind one that failed"),
        }
    }

    /// Finds the state in which each chunk is entered.
    fn entries(&self, file: &CsvFile) -> Result<Entries, CsvError> {
        if !Entries::need_transitions(file) {
            return Ok(Entries::ByNeighbour);
        }
        let transitions = self.map_reduce_range(
            0..file.chunks().count(),
            1,
            |range| range.map(|chunk| classify(file, chunk)).collect::<Vec<_>>(),
            |mut left, right| {
                left.extend(right);
                left
            },
        )?;
        Ok(Entries::from_transitions(&transitions))
    }
}
