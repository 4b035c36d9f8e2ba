//! What became of a run of segments of a stream, and in which line and record it failed.
//!
//! A stream's text cannot be read again to count the lines before an error. So each part has its own counted, an
//! error's place is told from where its part begins, and joining neighbours moves it on by what lies before.

use super::stream::lines;
use crate::csv::cursor::Cursor;
use crate::csv::error::CsvError;
use crate::csv::segment::Segment;

/// What became of a run of segments.
pub(super) enum Outcome<A> {
    Done(A),
    /// And what the failed segment had come to until then, if it was begun.
    Failed(CsvError, Option<A>),
    /// Not read to the end, because a segment before it failed.
    Skipped,
}

impl<A> Outcome<A> {
    pub(super) fn then(self, next: Self, merge: &impl Fn(A, A) -> A) -> Self {
        match (self, next) {
            (Self::Done(left), Self::Done(right)) => Self::Done(merge(left, right)),
            (Self::Failed(error, _), _) | (Self::Done(_), Self::Failed(error, _)) => {
                Self::Failed(error, None)
            }
            (Self::Skipped, _) | (Self::Done(_), Self::Skipped) => Self::Skipped,
        }
    }
}

/// What some segments came to, one after the other.
pub(super) struct Part<A> {
    pub(super) records: u64,
    pub(super) lines: u64,
    pub(super) outcome: Outcome<A>,
}

impl<A> Part<A> {
    pub(super) const SKIPPED: Self = Self { records: 0, lines: 0, outcome: Outcome::Skipped };

    /// Joins two neighbours. The line and the record of an error are counted from where its part begins.
    pub(super) fn then(self, next: Self, merge: &impl Fn(A, A) -> A) -> Self {
        let (records, lines) = (self.records + next.records, self.lines + next.lines);
        let outcome = match (self.outcome, next.outcome) {
            (Outcome::Done(_), Outcome::Failed(mut error, _)) => {
                move_on(&mut error, self.records, self.lines);
                Outcome::Failed(error, None)
            }
            (left, right) => left.then(right, merge),
        };
        Self { records, lines, outcome }
    }
}

/// Moves the place of an error so far on in the stream.
pub(super) fn move_on(error: &mut CsvError, records: u64, lines: u64) {
    if let Some(place) = error.place_mut() {
        place.record = place.record.map(|record| record + records);
        place.line = place.line.map(|line| line + lines);
    }
}

/// Counts the records of a segment that start before `end`, one with an unclosed quote too.
fn records(segment: &Segment<'_>, end: usize) -> u64 {
    let mut segment = segment.clone();
    segment.range.end = segment.range.end.min(end);
    let mut cursor = Cursor::with_width(&segment, None);
    let mut records = 0;
    loop {
        match cursor.advance() {
            Ok(true) => records += 1,
            Ok(false) => return records,
            Err(_) => return records + 1,
        }
    }
}

/// Says in which line and record of its segment an error is, from 1.
pub(super) fn locate(error: &mut CsvError, segment: &Segment<'_>) {
    let Some(place) = error.place_mut() else { return };
    let Some(at) = place.byte.checked_sub(segment.base) else { return };
    let at = (at as usize).min(segment.bytes.len());
    place.line = Some(1 + lines(&segment.bytes[segment.range.start.min(at)..at]));
    place.record.get_or_insert_with(|| records(segment, at + 1));
}
