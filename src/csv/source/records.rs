//! The records of a stream one after the other, on the thread that asks for them.
//!
//! What has come is kept in a buffer, and the whole records in it are found at once: where each starts, and where its
//! fields end. They are lent one by one; then what is left, the beginning of a record, moves to the front and more is
//! read behind it. A record is there as soon as its line end has come, however little comes at a time; whether it has is
//! seen from what is new alone, or a long record that comes in small pieces would be looked through for each of them. The
//! buffer grows for a record that is longer, up to the limit.

use super::stream::{CsvStream, lines};
use super::text::Text;
use crate::csv::cursor::Cursor;
use crate::csv::dialect;
use crate::csv::error::{CsvError, RecordProblem};
use crate::csv::layout::Layout;
use crate::csv::record::Record;
use crate::csv::segment::Segment;
use crate::csv::transition::{Transition, first_record_start};
use memchr::{memchr, memrchr};
use std::ops::{Deref, Range};

/// Room for text at first, and the least that is asked for at a time.
const BUFFER_BYTES: usize = 128 << 10;
const LEAST_BYTES: usize = 32 << 10;

/// Reads the records of a stream in order, from [`CsvStream::records`].
///
/// Not an `Iterator`: each record is lent until the next one is read, so that none is allocated.
///
/// # Examples
///
/// ```
/// use ringmill::csv::CsvFile;
///
/// let stream = CsvFile::options().open_reader("feed", &b"name,n\na,1\nb,2\n"[..])?;
/// let mut records = stream.records();
/// let mut sum = 0;
/// while let Some(record) = records.next_record()? {
///     sum += record.u64(1)?;
/// }
/// assert_eq!(sum, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct StreamRecords<'s> {
    stream: &'s CsvStream,
    /// Whether the text will be read again.
    is_sample: bool,
    state: State,
    /// The text from `base` on, as far as it has come.
    buffer: Vec<u8>,
    filled: usize,
    base: u64,
    lines_before: u64,
    /// Where the next record may start, behind those that are found.
    at: usize,
    /// Whether a comment goes on there.
    in_comment: bool,
    /// The state at the end of what has come, if a record starts at `at` that has not ended there.
    begun: Option<dialect::State>,
    rows: Vec<Row>,
    ends: Vec<usize>,
    /// Rows that were lent, of the buffer and of all.
    lent: usize,
    records: u64,
    /// The error that stands behind the rows.
    failed: Option<CsvError>,
}

/// How far a stream is.
#[derive(Debug)]
enum State {
    /// Nothing is read yet.
    New,
    Reading(Text),
    /// All has come.
    Ended(Text),
    /// And nothing more is given.
    Over,
}

/// A record in the buffer; where its fields end is in `ends[first..first + len]`.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    first: usize,
    len: usize,
}

/// A record of a stream, lent until the next one is read: a [`Record`] for all that is asked of it.
///
/// # Examples
///
/// See [`StreamRecords`].
#[derive(Debug)]
pub struct StreamRecord<'r> {
    record: Record<'r>,
    /// Where its list of field ends came from.
    home: &'r mut Vec<usize>,
}

impl<'r> Deref for StreamRecord<'r> {
    type Target = Record<'r>;

    fn deref(&self) -> &Record<'r> {
        &self.record
    }
}

impl Drop for StreamRecord<'_> {
    fn drop(&mut self) {
        *self.home = std::mem::take(&mut self.record.ends);
    }
}

impl CsvStream {
    /// Reads the records one after the other, each as soon as it has come.
    ///
    /// # Examples
    ///
    /// See [`StreamRecords`].
    pub fn records(&self) -> StreamRecords<'_> {
        self.read_records(false)
    }

    /// Gives the first records to `look`, as long as that wants more, and keeps them to be read again. Returns whether those
    /// were all.
    pub(crate) fn sample(&self, mut look: impl FnMut(&Record<'_>) -> bool) -> Result<bool, CsvError> {
        let mut records = self.read_records(true);
        let whole = loop {
            match records.next_record()? {
                Some(record) if look(&record) => {}
                Some(_) => break false,
                None => break true,
            }
        };
        if let State::Reading(mut text) | State::Ended(mut text) = records.state {
            text.rewind();
            self.put_text(text);
        }
        Ok(whole)
    }

    fn read_records(&self, is_sample: bool) -> StreamRecords<'_> {
        StreamRecords {
            stream: self,
            is_sample,
            state: State::New,
            buffer: Vec::new(),
            filled: 0,
            base: self.data_start,
            lines_before: self.lines_before,
            at: 0,
            in_comment: false,
            begun: None,
            rows: Vec::new(),
            ends: Vec::new(),
            lent: 0,
            records: 0,
            failed: None,
        }
    }
}

impl StreamRecords<'_> {
    /// Reads the next record; `None` after the last one, and after an error.
    ///
    /// # Errors
    ///
    /// If the record has more or fewer fields than the first (unless the stream is flexible), if a quote in it is never
    /// closed, if it is [too long](crate::csv::CsvOptions::longest_record), if the stream cannot be read on or has been
    /// read before, or if the scan was cancelled.
    pub fn next_record(&mut self) -> Result<Option<StreamRecord<'_>>, CsvError> {
        match self.next_row() {
            Ok(Some(Row { start, first, len })) => {
                let layout = self.stream.layout();
                let record = Record {
                    layout,
                    bytes: &self.buffer[..self.filled],
                    quote: layout.dialect.quote,
                    part: 0,
                    base: self.base,
                    start,
                    ends: std::mem::take(&mut self.ends),
                    first,
                    len,
                };
                Ok(Some(StreamRecord { record, home: &mut self.ends }))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                self.state = State::Over;
                self.lent = self.rows.len();
                Err(error)
            }
        }
    }

    fn next_row(&mut self) -> Result<Option<Row>, CsvError> {
        if matches!(self.state, State::Over) {
            return Ok(None);
        }
        if self.stream.layout().is_cancelled() {
            return Err(CsvError::Cancelled);
        }
        if self.ends.is_empty() && self.lent < self.rows.len() {
            // A record was forgotten, and its list with it.
            self.at = self.rows[self.lent].start;
            self.find();
        }
        while self.lent == self.rows.len() {
            if let Some(error) = self.failed.take() {
                return Err(self.located(error));
            }
            if matches!(self.state, State::Ended(_)) {
                return Ok(None);
            }
            self.read_on()?;
        }
        self.lent += 1;
        self.records += 1;
        Ok(Some(self.rows[self.lent - 1]))
    }

    /// Reads what there is behind what has come, and finds the records.
    fn read_on(&mut self) -> Result<(), CsvError> {
        if matches!(self.state, State::New) {
            let mut text = self.stream.take_text()?;
            if self.is_sample {
                text.remember();
            }
            self.state = State::Reading(text);
            self.buffer = vec![0; BUFFER_BYTES];
        }
        if self.at > 0 {
            self.lines_before += lines(&self.buffer[..self.at]);
            self.buffer.copy_within(self.at..self.filled, 0);
            (self.base, self.filled, self.at) = (self.base + self.at as u64, self.filled - self.at, 0);
        }
        self.rows.clear();
        self.lent = 0;
        let limit = self.stream.longest_record;
        if self.filled > limit {
            let place = self.stream.layout().place(0, self.base);
            return Err(self.located(CsvError::record(place, RecordProblem::NoEnd { limit })));
        }
        if self.buffer.len() - self.filled < LEAST_BYTES {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        let State::Reading(text) = &mut self.state else { return Ok(()) };
        let bytes = text.some(&mut self.buffer[self.filled..]).map_err(|error| match error {
            CsvError::Stream(error) => error.after(self.records).into(),
            error => error,
        })?;
        if bytes == 0
            && let State::Reading(text) = std::mem::replace(&mut self.state, State::Over)
        {
            self.state = State::Ended(text);
        }
        if let (Some(watch), false) = (&self.stream.layout().watch, self.is_sample) {
            watch.add(bytes);
        }
        let new = self.filled..self.filled + bytes;
        self.filled = new.end;
        if self.in_comment {
            let line_end = memchr(b'\n', &self.buffer[new.clone()]);
            self.at = line_end.map_or(new.end, |found| new.start + found + 1);
            self.in_comment = line_end.is_none();
        }
        if !self.in_comment && !self.goes_on(new) {
            self.find();
        }
        Ok(())
    }

    /// Returns whether a record that was begun before goes on to the end of what is new, and beyond.
    fn goes_on(&mut self, new: Range<usize>) -> bool {
        let (dialect, new) = (&self.stream.layout().dialect, &self.buffer[new]);
        let goes_on = |&state: &dialect::State| {
            !new.is_empty() && first_record_start(dialect, new, 0, new.len(), state).is_none()
        };
        self.begun = self.begun.filter(goes_on).map(|state| Transition::of(dialect, new).apply(state));
        self.begun.is_some()
    }

    /// Finds the whole records from `at` on, and goes behind them.
    fn find(&mut self) {
        self.rows.clear();
        self.ends.clear();
        self.lent = 0;
        self.failed = None;
        self.begun = None;
        let ended = matches!(self.state, State::Ended(_));
        let layout = self.stream.layout();
        let bytes = &self.buffer[..self.filled];
        let range = self.at..bytes.len();
        let segment = Segment { layout, bytes, range, part: 0, base: self.base, index: 0 };
        // Of which length they must be is asked when they are known to be whole.
        let mut cursor = Cursor::with_width(&segment, None);
        loop {
            match cursor.advance() {
                Ok(true) => {}
                Ok(false) => {
                    self.skip_comments();
                    return;
                }
                Err(error) => {
                    self.at = cursor.record().start;
                    self.failed = ended.then_some(error);
                    self.begun = Some(state_behind(layout, &bytes[self.at..]));
                    return;
                }
            }
            let record = cursor.record();
            let ends = &record.ends[record.first..record.first + record.len];
            if !ended && ends.last() == Some(&bytes.len()) {
                self.at = record.start;
                self.begun = Some(state_behind(layout, &bytes[self.at..]));
                return;
            }
            if let Some(error) = of_wrong_length(layout, record) {
                self.failed = Some(error);
                return;
            }
            self.rows.push(Row { start: record.start, first: self.ends.len(), len: record.len });
            self.ends.extend_from_slice(ends);
            self.at = cursor.position();
        }
    }

    /// Goes behind empty lines and comments, which are all that is left, and remembers if one goes on.
    fn skip_comments(&mut self) {
        let rest = &self.buffer[self.at..self.filled];
        let last_line = &rest[memrchr(b'\n', rest).map_or(0, |found| found + 1)..];
        self.in_comment = last_line.iter().any(|&byte| byte != b'\r');
        self.at = self.filled;
    }

    /// Says in which line and record an error of the next record is.
    fn located(&self, mut error: CsvError) -> CsvError {
        if let Some(place) = error.place_mut() {
            let at = (place.byte - self.base) as usize;
            place.line = Some(1 + self.lines_before + lines(&self.buffer[..at]));
            place.record = Some(self.records + 1);
        }
        error
    }
}

/// Returns the state behind the beginning of a record.
fn state_behind(layout: &Layout, beginning: &[u8]) -> dialect::State {
    Transition::of(&layout.dialect, beginning).apply(dialect::State::RecordStart)
}

fn of_wrong_length(layout: &Layout, record: &Record<'_>) -> Option<CsvError> {
    let expected = layout.expected.filter(|&expected| expected != record.len)?;
    let problem = RecordProblem::Ragged { expected, len: record.len };
    Some(CsvError::record(record.place(record.start), problem))
}
