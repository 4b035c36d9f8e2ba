//! All segments of a stream, in the shapes of accumulation that a file has (`csv/run.rs`, `csv/in_order.rs`).

use super::flow::{Finished, Flow, Leaf, Over, Parts};
use super::outcome::{Outcome, Part, move_on};
use super::stream::CsvStream;
use crate::csv::error::CsvError;
use crate::csv::forest::Forest;
use crate::csv::in_order::window_width;
use crate::csv::segment::Segment;
use crate::csv::window::{Next, Window};
use crate::pool::Pool;
use std::ops::ControlFlow;

/// Parts that are merged with their neighbours.
struct Merged<A, M> {
    forest: Forest<Part<A>>,
    merge: M,
}

impl<A: Send, M: Fn(A, A) -> A + Sync> Parts for Merged<A, M> {
    type Of = A;

    fn put(&self, index: u64, part: Part<A>) {
        self.forest.put(index, part, |left, right| left.then(right, &self.merge));
    }
}

/// Parts that are taken in order.
struct Ordered<A>(Window<Part<A>>);

impl<A: Send> Parts for Ordered<A> {
    type Of = A;

    fn put(&self, index: u64, part: Part<A>) {
        self.0.put(index, part);
    }

    fn abandon(&self) {
        self.0.close();
    }
}

/// What has been taken of a stream in order, and the error that came instead of more.
struct Taken<T> {
    take: T,
    records: u64,
    lines: u64,
    error: Option<CsvError>,
}

impl<T> Taken<T> {
    fn part<A>(&mut self, part: Part<A>) -> ControlFlow<()>
    where
        T: FnMut(A) -> Result<(), CsvError>,
    {
        let (part_of, error) = match part.outcome {
            Outcome::Done(part_of) => (Some(part_of), None),
            Outcome::Failed(mut error, part_of) => {
                move_on(&mut error, self.records, self.lines);
                (part_of, Some(error))
            }
            Outcome::Skipped => return ControlFlow::Break(()),
        };
        self.records += part.records;
        self.lines += part.lines;
        let taken = part_of.map_or(Ok(()), &mut self.take);
        self.error = taken.err().or(error);
        if self.error.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl CsvStream {
    /// Folds every segment into an accumulator of its own and merges those of neighbours, left and right, in a shape that
    /// only the text and the size of a chunk decide.
    pub(crate) fn fold_segments<A: Send>(
        &self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'_>) -> Result<(), CsvError> + Sync,
        merge: impl Fn(A, A) -> A + Sync,
    ) -> Result<A, CsvError> {
        let leaf = |(): &mut (), segment: Option<&Segment<'_>>| folded(&init, &fold, segment);
        let parts = Merged { forest: Forest::new(), merge };
        let flow = Flow::new(pool, self, |_| (), leaf, parts)?;
        let Finished { parts, over, .. } = flow.run(pool, |_, _| ControlFlow::Continue(()))?;
        Ok(self.root(parts, over)?.unwrap_or_else(init))
    }

    /// Folds every segment into the accumulator of whichever worker takes it, and returns all of those, by number. A worker
    /// takes segments in the order of the text, but not all of them.
    pub(crate) fn each_worker<A: Send>(
        &self,
        pool: &Pool,
        init: impl Fn(usize) -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'_>) -> Result<(), CsvError> + Sync,
    ) -> Result<Vec<A>, CsvError> {
        let leaf = |accumulator: &mut A, segment: Option<&Segment<'_>>| {
            ((), segment.map_or(Ok(()), |segment| fold(accumulator, segment)))
        };
        let parts = Merged { forest: Forest::new(), merge: |(), ()| () };
        let flow = Flow::new(pool, self, init, leaf, parts)?;
        let Finished { parts, held, over } = flow.run(pool, |_, _| ControlFlow::Continue(()))?;
        self.root(parts, over)?;
        Ok(held)
    }

    /// Folds every segment into a part of its own, and gives the parts to `take` in order.
    pub(crate) fn fold_segments_in_order<A: Send>(
        &self,
        pool: &Pool,
        init: impl Fn() -> A + Sync,
        fold: impl Fn(&mut A, &Segment<'_>) -> Result<(), CsvError> + Sync,
        take: impl FnMut(A) -> Result<(), CsvError>,
    ) -> Result<(), CsvError> {
        let leaf = |(): &mut (), segment: Option<&Segment<'_>>| folded(&init, &fold, segment);
        let parts = Ordered(Window::new(window_width(pool), u64::MAX));
        let flow = Flow::new(pool, self, |_| (), leaf, parts)?;
        let mut taken = Taken { take, records: 0, lines: self.lines_before, error: None };
        let finished = flow.run(pool, |flow, held| {
            let window = &flow.parts().0;
            loop {
                let next = match window.take() {
                    // The chunk that is about to be read is begun here.
                    Next::NotYet if window.begin_holding(held) => return ControlFlow::Continue(()),
                    Next::NotYet if flow.parse_oldest() => continue,
                    Next::NotYet => window.wait(),
                    next => next,
                };
                match next {
                    Next::Part(part) => taken.part(part)?,
                    Next::NotYet => {}
                    Next::Over => return ControlFlow::Break(()),
                }
            }
        })?;
        while let (None, Next::Part(part)) = (&taken.error, finished.parts.0.take()) {
            _ = taken.part(part);
        }
        match taken.error {
            Some(error) => Err(error),
            None => self.ended(finished.over, taken.records, taken.lines - self.lines_before),
        }
    }

    /// Returns what all segments came to, if they came to something.
    fn root<A: Send, M>(&self, parts: Merged<A, M>, over: Over) -> Result<Option<A>, CsvError>
    where
        M: Fn(A, A) -> A + Sync,
    {
        let Merged { forest, merge } = parts;
        let whole = forest.into_root(|left, right| left.then(right, &merge));
        let (records, lines) = whole.as_ref().map_or((0, 0), |whole| (whole.records, whole.lines));
        let all = match whole.map(|whole| whole.outcome) {
            Some(Outcome::Failed(mut error, _)) => {
                move_on(&mut error, 0, self.lines_before);
                return Err(error);
            }
            Some(Outcome::Done(all)) => Some(all),
            Some(Outcome::Skipped) | None => None,
        };
        self.ended(over, records, lines)?;
        Ok(all)
    }

    /// Fails if the first stage did, behind so many records and lines of data.
    fn ended(&self, over: Over, records: u64, lines: u64) -> Result<(), CsvError> {
        match over {
            Over::Ended => Ok(()),
            Over::Failed(CsvError::Stream(error)) => Err(error.after(records).into()),
            Over::Failed(mut error) => {
                move_on(&mut error, records, self.lines_before + lines);
                Err(error)
            }
            Over::Stopped => unreachable!("a scope is stopped by a panic or a token"),
        }
    }
}

/// Folds a segment, if there is one, into an accumulator of its own.
fn folded<A>(
    init: impl Fn() -> A,
    fold: impl Fn(&mut A, &Segment<'_>) -> Result<(), CsvError>,
    segment: Option<&Segment<'_>>,
) -> Leaf<A> {
    let mut accumulator = init();
    let read = segment.map_or(Ok(()), |segment| fold(&mut accumulator, segment));
    (accumulator, read)
}
