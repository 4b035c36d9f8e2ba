//! What became of a run of segments of a stream.

use crate::csv::error::CsvError;

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
