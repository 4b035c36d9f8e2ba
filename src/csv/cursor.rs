//! The reader: walks from mark to mark and finds where records and fields end.
//!
//! A window of the file is searched for marks; a record whose marks are delimiters and one line end is plain, and its
//! field ends *are* the marks, so nothing is copied and nothing is decided but "delimiter or line end". Where quotes
//! take turns, the search leaves out what is inside them, so that quoted records are plain too. Any other mark sends
//! the record the careful way, which knows the whole dialect and records that are longer than a window.

use super::dialect::{Dialect, is_line_end};
use super::error::{CsvError, RecordProblem};
use super::record::Record;
use super::scan;
use super::segment::Segment;
use memchr::memchr;
use std::ops::Range;

/// Bytes searched for marks at once: a small part of the first cache, the worst case of a mark per byte included.
const WINDOW: usize = 8192;
/// Bytes searched at once where the careful way has to search for itself: it is seldom used for long.
const CAREFUL_WINDOW: usize = 256;
/// Where the careful way keeps its field ends: behind the marks of the window.
const CAREFUL: usize = WINDOW + scan::SLACK;

/// Reads records one after the other.
#[derive(Debug)]
pub(crate) struct Cursor<'f> {
    record: Record<'f>,
    dialect: Dialect,
    /// Whether the marks are only those outside quotes.
    outside_quotes: bool,
    /// Where the next record may start.
    at: usize,
    /// Records start before this.
    limit: usize,
    /// What the marks in hand were searched from.
    window: Range<usize>,
    /// The marks of the window that are not used up: all that are not before `at`.
    marks: Range<usize>,
    /// How many fields each record must have.
    expected: Option<usize>,
}

impl<'f> Cursor<'f> {
    /// Reads the records that start in the segment, each as long as its layout says.
    pub(crate) fn new(segment: &Segment<'f>) -> Self {
        Self::with_width(segment, segment.layout.expected)
    }

    /// Reads the records that start in the segment, each of `expected` fields.
    pub(crate) fn with_width(segment: &Segment<'f>, expected: Option<usize>) -> Self {
        let &Segment { layout, bytes, ref range, part, base, .. } = segment;
        let mut cursor = Self {
            record: Record {
                layout,
                bytes,
                quote: layout.dialect.quote,
                part,
                base,
                start: range.start,
                ends: vec![0; CAREFUL],
                first: 0,
                len: 0,
            },
            dialect: layout.dialect,
            outside_quotes: layout.dialect.only_doubles(),
            at: range.start,
            limit: range.end,
            window: range.start..range.start,
            marks: 0..0,
            expected,
        };
        cursor.search(range.start);
        cursor
    }

    /// Goes on with the records that start in another range of the same bytes, whose first byte is outside every record.
    pub(crate) fn seek(&mut self, range: Range<usize>) {
        (self.at, self.limit) = (range.start, range.end);
        self.search(range.start);
    }

    /// Returns the record that the last [`advance`](Self::advance) found.
    #[inline]
    pub(crate) fn record(&self) -> &Record<'f> {
        &self.record
    }

    /// Returns where the next record may start.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Goes to the next record; `false` if there is none.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, CsvError> {
        while self.at < self.limit {
            let found = match self.plain_record() {
                Some(found) => found,
                None => self.careful_record()?,
            };
            if found {
                return match self.expected {
                    Some(expected) if expected != self.record.len => Err(self.ragged(expected)),
                    _ => Ok(true),
                };
            }
        }
        Ok(false)
    }

    /// Takes a record that is nothing but delimiters and a line end: true; or skips an empty line: false.
    #[inline]
    fn plain_record(&mut self) -> Option<bool> {
        let marks = &self.record.ends[self.marks.clone()];
        for (index, &mark) in marks.iter().enumerate() {
            let byte = self.record.bytes[mark];
            if byte == self.dialect.delimiter {
                continue;
            }
            if !is_line_end(byte) {
                return None;
            }
            let found = mark != self.at;
            if found {
                self.record.start = self.at;
                self.record.first = self.marks.start;
                self.record.len = index + 1;
            }
            self.at = mark + 1;
            self.marks.start += index + 1;
            return Some(found);
        }
        None
    }

    /// Takes any record: true; or skips a comment or comes to the next window: false.
    #[inline(never)]
    fn careful_record(&mut self) -> Result<bool, CsvError> {
        let file_end = self.record.bytes.len();
        if self.dialect.comment == Some(self.record.bytes[self.at]) {
            self.skip_comment();
            return Ok(false);
        }
        let whole =
            self.record.ends[self.marks.clone()].iter().any(|&mark| is_line_end(self.record.bytes[mark]));
        if !whole && self.window.start != self.at && self.window.end < file_end {
            // What is left of the window is less than a record: search on from the record's start.
            self.search(self.at);
            return Ok(false);
        }
        self.dissect()?;
        Ok(true)
    }

    /// Follows the dialect through one record, window after window.
    fn dissect(&mut self) -> Result<(), CsvError> {
        let bytes = self.record.bytes;
        let Dialect { delimiter, quote, escape, double_quote, .. } = self.dialect;
        self.record.ends.truncate(CAREFUL);
        self.record.start = self.at;
        let mut field_start = self.at;
        let mut open_quote = None;
        // Marks before this are letters: escaped, or the second of a doubled quote.
        let mut skip_to = self.at;
        if self.outside_quotes {
            self.search_all(self.at, CAREFUL_WINDOW);
        }
        loop {
            let Some(mark) = self.next_mark() else {
                if let (Some(open), true) = (open_quote, self.record.layout.refuses_unclosed()) {
                    return Err(self.unclosed(open));
                }
                self.record.ends.push(bytes.len());
                self.at = bytes.len();
                break;
            };
            let byte = bytes[mark];
            if mark < skip_to {
                continue;
            }
            if open_quote.is_some() {
                if Some(byte) == escape {
                    skip_to = mark + 2;
                } else if Some(byte) == quote {
                    if double_quote && bytes.get(mark + 1).copied() == quote {
                        skip_to = mark + 2;
                    } else {
                        open_quote = None;
                    }
                }
            } else if byte == delimiter {
                self.record.ends.push(mark);
                field_start = mark + 1;
            } else if is_line_end(byte) {
                self.record.ends.push(mark);
                self.at = mark + 1;
                break;
            } else if Some(byte) == quote && mark == field_start {
                open_quote = Some(mark);
            }
        }
        if self.outside_quotes {
            self.search(self.at);
        }
        self.record.first = CAREFUL;
        self.record.len = self.record.ends.len() - CAREFUL;
        Ok(())
    }

    /// Takes the next mark, of the next window that has one if need be.
    fn next_mark(&mut self) -> Option<usize> {
        while self.marks.is_empty() {
            if self.window.end >= self.record.bytes.len() {
                return None;
            }
            self.search_all(self.window.end, WINDOW);
        }
        let mark = self.record.ends[self.marks.start];
        self.marks.start += 1;
        Some(mark)
    }

    /// Goes behind the line that starts here.
    fn skip_comment(&mut self) {
        let rest = &self.record.bytes[self.at..];
        self.at += memchr(b'\n', rest).map_or(rest.len(), |found| found + 1);
        if self.at > self.window.end {
            self.search(self.at);
        }
        let marks = &self.record.ends[self.marks.clone()];
        self.marks.start += marks.partition_point(|&mark| mark < self.at);
    }

    /// Searches the window that starts at `from`, where a record may start.
    fn search(&mut self, from: usize) {
        if !self.outside_quotes {
            return self.search_all(from, WINDOW);
        }
        let bytes = self.record.bytes;
        let window = from..bytes.len().min(from + WINDOW);
        let marks = &mut self.record.ends[..CAREFUL];
        self.marks = 0..scan::outside_quotes(&self.dialect, bytes, window.clone(), marks);
        self.window = window;
    }

    /// Searches for all that has a meaning, inside quotes or out.
    fn search_all(&mut self, from: usize, len: usize) {
        let bytes = self.record.bytes;
        self.window = from..bytes.len().min(from + len);
        let marks = &mut self.record.ends[..CAREFUL];
        self.marks = 0..scan::all(&self.dialect, bytes, self.window.clone(), marks);
    }

    #[cold]
    fn ragged(&self, expected: usize) -> CsvError {
        let place = self.record.place(self.record.start);
        CsvError::record(place, RecordProblem::Ragged { expected, len: self.record.len })
    }

    #[cold]
    fn unclosed(&self, open: usize) -> CsvError {
        let place = self.record.place(open);
        CsvError::record(place, RecordProblem::UnclosedQuote)
    }
}
