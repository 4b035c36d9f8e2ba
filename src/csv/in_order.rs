//! All records of an input on all workers, and what they came to in the order of the input: a part for each chunk.
//!
//! The calling thread takes the parts. While the next one is not done it works on one itself, and if there is none that
//! may be begun, it waits. The window (`window.rs`) keeps the others from running ahead of it.

use super::error::CsvError;
use super::file::CsvFile;
use super::helpers::Helpers;
use super::input::Input;
use super::run::Run;
use super::segment::Segment;
use super::window::{Next, Window};
use crate::pool::{LoopError, OnPanic, Pool, ScopeError, stopped_here};
use std::panic::resume_unwind;

/// How many parts may be begun and not taken.
pub(super) fn window_width(pool: &Pool) -> usize {
    2 + 2 * pool.workers()
}

impl Pool {
    /// Folds the records of a [`CsvFile`] or a [`CsvStream`](super::CsvStream) on all workers into parts, one for each
    /// chunk, and gives the parts to `take` in the order of the input, on the calling thread.
    ///
    /// Each chunk starts with a part from `init`, and `fold` adds its records in order. Only a few parts for each worker are
    /// there at a time: while `take` is slow, or waits, nothing more is begun. So what is made of an input can be written in
    /// its order, in bounded memory, however large it is.
    ///
    /// # Errors
    ///
    /// As [`fold_records`](Self::fold_records), when all records before the error were taken: the last part holds those of
    /// its chunk. Or what `take` returned, which ends it.
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `init`, `fold` or `take`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("trips.csv");
    /// # std::fs::write(&path, "from,fare\nA,12.5\nB,7.5\nA,3\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    /// use std::io::Write;
    ///
    /// let file = CsvFile::open(&path)?;
    /// let mut out = Vec::new(); // or standard output, a file, ...
    /// Pool::new()?.fold_in_order(
    ///     &file,
    ///     Vec::new,
    ///     |text, record| {
    ///         if record.str(0)? == "A" {
    ///             writeln!(text, "{}", record.f64(1)? * 2.0).map_err(ringmill::csv::CsvError::user)?;
    ///         }
    ///         Ok(())
    ///     },
    ///     |text| out.write_all(&text).map_err(ringmill::csv::CsvError::user),
    /// )?;
    /// assert_eq!(out, b"25\n6\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fold_in_order<I: Input, A: Send>(
        &self,
        input: I,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &I::Record<'_>) -> Result<(), CsvError> + Sync,
        take: impl FnMut(A) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        input.fold_in_order(self, init, fold, take)
    }

    /// The same with the segments of a file.
    pub(crate) fn fold_segments_in_order<'f, A: Send>(
        &self,
        file: &'f CsvFile,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'f>) -> Result<(), CsvError> + Sync,
        mut take: impl FnMut(A) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        let run = Run::new(file);
        let window = Window::new(window_width(self), file.chunks().count() as u64);
        let helpers = Helpers::new(self);
        let one = |chunk: u64| {
            let _guard = window.guard();
            let mut part = init();
            let mut add =
                |_, segment: Option<&Segment<'f>>| segment.map_or(Ok(()), |segment| fold(&mut part, segment));
            if let Err(error) = run.one_if_wanted(chunk as usize, &mut add) {
                run.fail(chunk as usize, error);
                window.end_behind(chunk);
            }
            window.put(chunk, part);
        };
        let work = || {
            while let Some(chunk) = window.begin() {
                one(chunk);
            }
        };
        let taken = self.scope_with(OnPanic::Stop, |scope| {
            loop {
                let next = match window.take() {
                    Next::NotYet => match window.begin() {
                        Some(chunk) => {
                            helpers.call(scope, work);
                            one(chunk);
                            continue;
                        }
                        None => window.wait(),
                    },
                    next => next,
                };
                match next {
                    Next::Part(part) => {
                        helpers.call(scope, work);
                        take(part).inspect_err(|_| window.close())?;
                    }
                    Next::NotYet => {}
                    Next::Over => return Ok::<(), CsvError>(()),
                }
            }
        });
        finished(taken)??;
        run.into_result()
    }
}

/// Goes on with a panic, and names a stop.
pub(super) fn finished<T>(scope: Result<T, ScopeError>) -> Result<T, CsvError> {
    match scope {
        Ok(value) => Ok(value),
        Err(ScopeError::Panicked(panics)) => match panics.into_payloads().pop() {
            Some(payload) => resume_unwind(payload),
            None => unreachable!("at least one job panicked"),
        },
        Err(_) => match stopped_here() {
            Some(stopped) => Err(LoopError::Stopped(stopped).into()),
            None => unreachable!("a scope is stopped by a panic or a token"),
        },
    }
}
