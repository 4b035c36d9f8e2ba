//! All segments of a stream, in the two shapes of accumulation that a file has (`csv/run.rs`).

use super::flow::Flow;
use super::stream::CsvStream;
use crate::csv::error::CsvError;
use crate::csv::segment::Segment;
use crate::pool::Pool;

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
        let leaf = |(): &mut (), segment: Option<&Segment<'_>>| {
            let mut accumulator = init();
            segment.map_or(Ok(()), |segment| fold(&mut accumulator, segment)).map(|()| accumulator)
        };
        let (all, _) = Flow::new(pool, self, |_| (), leaf, merge)?.run(pool)?;
        Ok(all.unwrap_or_else(init))
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
            segment.map_or(Ok(()), |segment| fold(accumulator, segment))
        };
        let (_, accumulators) = Flow::new(pool, self, init, leaf, |(), ()| ())?.run(pool)?;
        Ok(accumulators)
    }
}
