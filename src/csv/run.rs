//! The one way through an input: every segment of it once, on all workers, each read from memory once.
//!
//! Workers claim chunks in order (`protocol/claims.rs`). A worker looks through its chunk for what leads in and out of
//! quotes, finds by look-back (`protocol/look_back.rs`) in which state the chunk is entered, and reads its records while it
//! is in its cache. What is kept for the chunks is a word each; what is kept of their results, as much as the workers
//! have in hand.
//!
//! Two shapes of accumulation. One accumulator for each segment, merged in a shape that only the input decides, gives
//! the same bits on any number of workers. One for each worker is for what does not depend on order. A failure is the
//! same either way: once a segment fails, none behind it is begun and those before it are finished, and the
//! first error in the order of the input is the one reported.

use super::error::CsvError;
use super::file::CsvFile;
use super::forest::Forest;
use super::segment::Segment;
use super::split::Split;
use crate::pool::{LoopError, Pool, stopped_here};
use crate::protocol::claims::Claims;
use std::sync::{Mutex, PoisonError};

/// One way through a file.
pub(super) struct Run<'f> {
    file: &'f CsvFile,
    split: Split<'f>,
    claims: Claims,
    /// The first failure in the order of the input, so far.
    failure: Mutex<Option<(usize, CsvError)>>,
}

/// Lets nobody begin another chunk if it is dropped by a panic.
struct EndOnUnwind<'r>(&'r Claims);

impl Drop for EndOnUnwind<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end_here();
        }
    }
}

impl<'f> Run<'f> {
    pub(super) fn new(file: &'f CsvFile) -> Self {
        let claims = Claims::new(file.chunks().count());
        Self { file, split: Split::new(file), claims, failure: Mutex::new(None) }
    }

    /// Claims chunks until none is left, and calls `each` with the number of each and its records, if any start in it.
    fn work(&self, mut each: impl FnMut(usize, Option<&Segment<'f>>) -> Result<(), CsvError>) {
        let _end = EndOnUnwind(&self.claims);
        while let Some(chunk) = self.claims.claim() {
            if let Err(error) = self.one_if_wanted(chunk, &mut each) {
                self.fail(chunk, error);
            }
        }
    }

    /// Calls `each` with the number of a chunk and its records, if any start in it, unless somebody wants no more of it.
    /// Chunks are begun in order.
    pub(super) fn one_if_wanted(
        &self,
        chunk: usize,
        each: &mut impl FnMut(usize, Option<&Segment<'f>>) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        self.look_around()?;
        self.one(chunk, each)
    }

    /// Fails if somebody wants no more of it.
    fn look_around(&self) -> Result<(), CsvError> {
        if self.file.layout().is_cancelled() {
            return Err(CsvError::Cancelled);
        }
        stopped_here().map_or(Ok(()), |stopped| Err(LoopError::from(stopped).into()))
    }

    fn one(
        &self,
        index: usize,
        each: &mut impl FnMut(usize, Option<&Segment<'f>>) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        let chunk = self.file.chunks().get(index);
        let entry = self.split.enter(&chunk);
        each(index, self.split.segment(&chunk, entry).as_ref())?;
        self.file.done_with(&chunk);
        Ok(())
    }

    /// Takes note of a failure; no chunk behind it is claimed.
    pub(super) fn fail(&self, chunk: usize, error: CsvError) {
        self.claims.end_behind(chunk);
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| chunk < *first) {
            *failure = Some((chunk, error));
        }
    }

    /// Fails if a segment has, or if what was read is not what the files held.
    pub(super) fn into_result(self) -> Result<(), CsvError> {
        match self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(self.file.located(error)),
            None => self.file.check(),
        }
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
        let run = Run::new(file);
        let forest = Forest::new();
        self.crew().gather(file.chunks().count(), &|_| {
            run.work(|chunk, segment| {
                let mut accumulator = init();
                segment.map_or(Ok(()), |segment| fold(&mut accumulator, segment))?;
                forest.put(chunk as u64, accumulator, &merge);
                Ok(())
            });
        })?;
        run.into_result()?;
        Ok(forest.into_root(&merge).unwrap_or_else(init))
    }

    /// Folds every segment of an input into the accumulator of whichever worker takes it, and returns those of the
    /// workers that took any, by number: none if there is no data. A worker takes segments in the order of the input, but
    /// not all of them.
    pub(crate) fn each_worker<'f, A: Send>(
        &self,
        file: &'f CsvFile,
        init: impl Fn(usize) -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'f>) -> Result<(), CsvError> + Sync,
    ) -> Result<Vec<A>, CsvError> {
        let run = Run::new(file);
        let taken = Mutex::new(Vec::new());
        self.crew().gather(file.chunks().count(), &|worker| {
            let mut own = None;
            run.work(|_, segment| {
                let accumulator = own.get_or_insert_with(|| init(worker));
                segment.map_or(Ok(()), |segment| fold(accumulator, segment))
            });
            if let Some(own) = own {
                taken.lock().unwrap_or_else(PoisonError::into_inner).push((worker, own));
            }
        })?;
        run.into_result()?;
        let mut taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
        taken.sort_by_key(|&(worker, _)| worker);
        Ok(taken.into_iter().map(|(_, accumulator)| accumulator).collect())
    }
}
