//! How many records a file has, at the speed of memory.
//!
//! Nothing is indexed and no chunk waits for the one before it. Chunks are cut behind line ends, where there are but
//! two ways to enter one, outside quotes or inside, and each counts for both; what the chunks before came to says
//! which count holds.

use super::chunks::Chunk;
use super::cursor::Cursor;
use super::error::CsvError;
use super::file::CsvFile;
use super::input::Input;
use super::scan::{self, Tally};
use super::segment::Segment;
use crate::pool::Pool;
use memchr::memchr2;
use std::ops::Range;

impl Pool {
    /// Counts the records of a CSV file or [stream](super::CsvStream) on all workers, without the header, blank lines and comments.
    ///
    /// Records are told apart and nothing else: how many fields each has is not looked at. So a file that
    /// [`fold_records`](Pool::fold_records) refuses for a record that is too long or too short is counted nevertheless.
    ///
    /// # Errors
    ///
    /// If a quote is never closed (unless that is [accepted](super::UnclosedQuote)), if the file was cut short meanwhile,
    /// if the [`Token`](crate::pool::Token) under which the caller works is stopped, or if the scan was cancelled
    /// through its [`ScanWatch`](super::ScanWatch).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("says.csv");
    /// # std::fs::write(&path, "name,says\nAda,\"two\nlines\"\n\nBob\n")?;
    /// use ringmill::{Pool, csv::CsvFile};
    ///
    /// let file = CsvFile::open(&path)?;
    /// assert_eq!(Pool::new()?.count_records(&file)?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_records(&self, input: impl Input) -> Result<u64, CsvError> {
        input.count_records(self)
    }
}

/// Counts the records of a file.
pub(super) fn count_file(pool: &Pool, file: &CsvFile) -> Result<u64, CsvError> {
    if !scan::is_dense(&file.layout().dialect) {
        return count_one_by_one(pool, file);
    }
    let tallies = pool.map_reduce_range(
        0..file.chunks().count(),
        1,
        |range| range.map(|chunk| tally(file, &file.chunks().get(chunk))).collect::<Result<Vec<_>, _>>(),
        |left, right| {
            let mut all = left?;
            all.extend(right?);
            Ok(all)
        },
    )??;
    let records = add_up(file, &tallies).map_err(|error| file.located(error))?;
    file.check()?;
    Ok(records)
}

/// Counts by reading each record, for dialects with escapes, comments, or quotes that are not doubled.
fn count_one_by_one(pool: &Pool, file: &CsvFile) -> Result<u64, CsvError> {
    let count = |records: &mut u64, segment: &Segment<'_>| {
        *records += read_all(segment)?;
        Ok(())
    };
    pool.fold_segments(file, || 0, count, |left, right| left + right)
}

/// Counts the records of a segment whose bytes end where its last record does.
pub(super) fn count_segment(segment: &Segment<'_>) -> Result<u64, CsvError> {
    let dialect = &segment.layout.dialect;
    if scan::is_dense(dialect) {
        let walked = scan::count(dialect, &segment.bytes[segment.range.start..]).entered(false);
        if !walked.inside || !segment.layout.refuses_unclosed() {
            return Ok(walked.records);
        }
    }
    read_all(segment)
}

/// Reads each record of a segment.
fn read_all(segment: &Segment<'_>) -> Result<u64, CsvError> {
    let mut cursor = Cursor::with_width(segment, None);
    let mut records = 0;
    while cursor.advance()? {
        records += 1;
    }
    Ok(records)
}

/// Counts one chunk, from behind its first line end to behind the first of the next.
fn tally(file: &CsvFile, chunk: &Chunk) -> Result<Tally, CsvError> {
    let layout = file.layout();
    if layout.is_cancelled() {
        return Err(CsvError::Cancelled);
    }
    let bytes = file.part_bytes(chunk.part);
    let tally = between_lines(bytes, chunk).map(|range| scan::count(&layout.dialect, &bytes[range]));
    file.done_with(chunk);
    Ok(tally.unwrap_or(Tally::EMPTY))
}

/// Moves the ends of a chunk behind the next line end; `None` if no line ends in it before its last byte.
///
/// Between the ends of a chunk that has lines, the next ones that have none belong to it.
fn between_lines(bytes: &[u8], chunk: &Chunk) -> Option<Range<usize>> {
    let Range { start, end } = chunk.range;
    let behind_line_end =
        |from: usize, to: usize| memchr2(b'\n', b'\r', &bytes[from..to]).map(|found| from + found + 1);
    let start = if chunk.is_first { start } else { behind_line_end(start - 1, end - 1)? };
    let end =
        if end == bytes.len() { end } else { behind_line_end(end - 1, bytes.len()).unwrap_or(bytes.len()) };
    Some(start..end)
}

/// Adds the counts up, each for the way in which its chunk is entered.
fn add_up(file: &CsvFile, tallies: &[Tally]) -> Result<u64, CsvError> {
    let mut records = 0;
    let mut inside = false;
    // The last chunk with records that is entered outside quotes: an open quote opens there or behind.
    let mut outside_from = None;
    for (index, tally) in tallies.iter().enumerate() {
        let chunk = file.chunks().get(index);
        if chunk.is_first {
            check_closed(file, inside, outside_from)?;
            inside = false;
        }
        if !inside && *tally != Tally::EMPTY {
            outside_from = Some(index);
        }
        let walked = tally.entered(inside);
        records += walked.records;
        inside = walked.inside;
    }
    check_closed(file, inside, outside_from)?;
    Ok(records)
}

/// Fails with the place of the quote if a part ends inside quotes.
#[cold]
fn check_closed(file: &CsvFile, inside: bool, outside_from: Option<usize>) -> Result<(), CsvError> {
    let layout = file.layout();
    let (true, Some(index)) = (inside && layout.refuses_unclosed(), outside_from) else { return Ok(()) };
    let chunk = file.chunks().get(index);
    let whole = file.segment(chunk.part);
    let start = between_lines(whole.bytes, &chunk).map_or(chunk.range.start, |range| range.start);
    let mut cursor = Cursor::with_width(&Segment { range: start..whole.range.end, ..whole }, None);
    while cursor.advance()? {}
    Ok(())
}
