//! The one way through an input: every segment of it once, on all workers.
//!
//! Two shapes of accumulation. One accumulator for each segment, merged in a shape that only the input decides, gives
//! the same bits on any number of workers. One for each worker is for what does not depend on order. A failure is the
//! same either way: once a segment fails, those behind it are skipped and those before it are still finished, and the
//! first error in the order of the input is the one reported.

use super::error::CsvError;
use super::file::CsvFile;
use super::segment::Segment;
use super::split::{self, Entries, classify};
use crate::pool::Pool;
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What became of a run of segments.
pub(super) enum Outcome<A> {
    Done(A),
    Failed(CsvError),
    /// Not read to the end, because a segment before it failed.
    Skipped,
}

impl<A> Outcome<A> {
    pub(super) fn then(self, next: Self, merge: &impl Fn(A, A) -> A) -> Self {
        match (self, next) {
            (Self::Done(left), Self::Done(right)) => Self::Done(merge(left, right)),
            (Self::Failed(error), _) | (Self::Done(_), Self::Failed(error)) => Self::Failed(error),
            (Self::Skipped, _) | (Self::Done(_), Self::Skipped) => Self::Skipped,
        }
    }
}

/// One way through a file.
struct Run<'f> {
    file: &'f CsvFile,
    entries: Entries,
    first_failed: AtomicUsize,
}

impl<'f> Run<'f> {
    /// Folds the records that start in one chunk.
    fn fold<A>(
        &self,
        chunk: usize,
        accumulator: &mut A,
        fold: &impl Fn(&mut A, &Segment<'f>) -> Result<(), CsvError>,
    ) -> Outcome<()> {
        // ORDERING: Relaxed; a chunk that sees it late is read in vain, nothing rides on it.
        if chunk > self.first_failed.load(Relaxed) {
            return Outcome::Skipped;
        }
        match self.fold_one(chunk, accumulator, fold) {
            Ok(()) => Outcome::Done(()),
            Err(error) => {
                // ORDERING: Relaxed; the error itself comes back with the chunk's result.
                self.first_failed.fetch_min(chunk, Relaxed);
                Outcome::Failed(error)
            }
        }
    }

    fn fold_one<A>(
        &self,
        chunk: usize,
        accumulator: &mut A,
        fold: &impl Fn(&mut A, &Segment<'f>) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        let layout = self.file.layout();
        if layout.is_cancelled() {
            return Err(CsvError::Cancelled);
        }
        let chunk = self.file.chunks().get(chunk);
        if let Some(segment) = split::segment(self.file, &chunk, &self.entries) {
            fold(accumulator, &segment)?;
        }
        if let Some(watch) = &layout.watch {
            watch.add(chunk.range.len());
        }
        Ok(())
    }
}

impl Pool {
    /// Folds every segment of an input into an accumulator of its own and merges those of neighbours, left and right,
    /// in a shape that only the input decides.
    pub(crate) fn fold_segments<'f, A: Send>(
        &self,
        file: &'f CsvFile,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'f>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        let run = self.run_through(file)?;
        let one = |chunk| {
            let mut accumulator = init();
            match run.fold(chunk, &mut accumulator, &fold) {
                Outcome::Done(()) => Outcome::Done(accumulator),
                Outcome::Failed(error) => Outcome::Failed(error),
                Outcome::Skipped => Outcome::Skipped,
            }
        };
        let outcome = self.map_reduce_range(
            0..file.chunks().count(),
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

    /// Folds every segment of an input into the accumulator of whichever worker takes it, and returns those of the
    /// workers that took any, by number. A worker takes segments in the order of the input, but not all of them.
    #[allow(dead_code, reason = "for consumers to come")]
    pub(crate) fn each_worker<'f, A: Send>(
        &self,
        file: &'f CsvFile,
        init: impl Fn(usize) -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'f>) -> Result<(), CsvError> + Sync,
    ) -> Result<Vec<A>, CsvError> {
        let run = self.run_through(file)?;
        let failed: Mutex<Option<(usize, CsvError)>> = Mutex::new(None);
        let workers: Vec<Mutex<Option<A>>> = (0..self.workers()).map(|_| Mutex::new(None)).collect();
        let chunks = u32::try_from(file.chunks().count()).unwrap_or(u32::MAX);
        self.crew().run(chunks, 1, &|worker, chunks: Range<u32>| {
            let mut accumulator = workers[worker].lock().unwrap_or_else(PoisonError::into_inner);
            let accumulator = accumulator.get_or_insert_with(|| init(worker));
            for chunk in chunks {
                let chunk = chunk as usize;
                if let Outcome::Failed(error) = run.fold(chunk, accumulator, &fold) {
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    if failed.as_ref().is_none_or(|(first, _)| chunk < *first) {
                        *failed = Some((chunk, error));
                    }
                }
            }
        })?;
        if let Some((_, error)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(file.located(error));
        }
        file.check()?;
        let taken = |worker: Mutex<Option<A>>| worker.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(workers.into_iter().filter_map(taken).collect())
    }

    /// Finds the state in which each chunk is entered.
    fn run_through<'f>(&self, file: &'f CsvFile) -> Result<Run<'f>, CsvError> {
        let mut entries = Entries::ByNeighbour;
        if Entries::need_transitions(file) {
            let transitions = self.map_reduce_range(
                0..file.chunks().count(),
                1,
                |range| range.map(|chunk| classify(file, chunk)).collect::<Vec<_>>(),
                |mut left, right| {
                    left.extend(right);
                    left
                },
            )?;
            entries = Entries::from_transitions(file, &transitions);
        }
        Ok(Run { file, entries, first_failed: AtomicUsize::new(usize::MAX) })
    }
}
