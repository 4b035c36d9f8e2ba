//! From a segment to blocks: tables of places, taken as they are scanned where the records allow it.
//!
//! A window of the segment is scanned into a list of marks. If every `width`-th mark ends a line and no other does, the
//! list is the table, and nothing is done for any single record but to look at that one byte. Else the rows before the
//! first that differs are taken, and a few records from there on are read one by one, by the [`Cursor`], which knows
//! every dialect: blank lines, records of another length, line ends of both kinds, comments, escapes, and records
//! longer than a window. The more of those follow each other, the more are read before the next window is tried.

use super::block::Block;
use super::cursor::Cursor;
use super::dialect::is_line_end;
use super::error::{CsvError, RecordProblem};
use super::record::Record;
use super::scan::{self, Found};
use super::segment::Segment;

#[cfg(test)]
mod tests;

/// The most records of a block.
pub(crate) const MOST_ROWS: usize = 4096;
/// The most bytes scanned at once. With their places they fit into the second cache of any processor of today.
const WINDOW: usize = 1 << 16;
/// The fewest, where the rest of a window is often scanned in vain.
const LEAST_WINDOW: usize = 1 << 12;
/// Bytes scanned behind the segment's end, so that its last record is found with the others.
const OVERRUN: usize = 1 << 10;
/// Places that a block has room for: the first start, and one for each byte of a window.
const CAPACITY: usize = 1 + WINDOW + scan::SLACK;
/// Records read one by one before a window is tried again, at first.
const LEAST_CAREFUL: usize = 16;
/// Places up to which a table of records that differ is made wider as they come.
const WIDENED: usize = 1 << 12;

/// Reads the records that start in a segment, block by block.
#[derive(Debug)]
pub(crate) struct Blocks<'s> {
    segment: Segment<'s>,
    /// Whether a window's marks can be a table at all.
    dense: bool,
    /// Where the next record may start.
    at: usize,
    /// Bytes to scan next.
    window: usize,
    /// Whether the next records are to be read one by one, and how many.
    careful: Option<usize>,
    least_careful: usize,
    cursor: Option<Cursor<'s>>,
    block: Block,
    /// Rows of the table that are not handed out yet.
    left: usize,
    /// The error that stands behind those rows.
    failed: Option<CsvError>,
}

/// What is kept from segment to segment: memory, and how regular the last one was.
#[derive(Debug)]
pub(crate) struct BlocksMemory {
    window: usize,
    least_careful: usize,
    block: Block,
}

impl BlocksMemory {
    pub(crate) fn new() -> Self {
        let block = Block { base: 0, rows: 0, width: 1, stride: 2, first: 0, places: vec![0; CAPACITY] };
        Self { window: WINDOW, least_careful: LEAST_CAREFUL, block }
    }
}

impl<'s> Blocks<'s> {
    #[cfg(test)]
    pub(crate) fn new(segment: &Segment<'s>) -> Self {
        Self::with_memory(segment, BlocksMemory::new())
    }

    /// Reads a segment with the memory in which another was read.
    pub(crate) fn with_memory(segment: &Segment<'s>, memory: BlocksMemory) -> Self {
        let BlocksMemory { window, least_careful, block } = memory;
        Self {
            segment: segment.clone(),
            dense: scan::is_dense(&segment.layout.dialect),
            at: segment.range.start,
            window,
            careful: None,
            least_careful,
            cursor: None,
            block: Block { rows: 0, ..block },
            left: 0,
            failed: None,
        }
    }

    /// Returns the memory, for another segment.
    pub(crate) fn into_memory(self) -> BlocksMemory {
        let Self { window, least_careful, block, .. } = self;
        BlocksMemory { window, least_careful, block }
    }

    /// Returns the next records; `None` if there are no more, and after an error.
    ///
    /// # Errors
    ///
    /// The first record that is not as long as the layout says, or ends in a quote that is never closed, or is longer
    /// than 4 GiB. The records before it come first.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<&Block>, CsvError> {
        self.block.first += self.block.rows * self.block.stride;
        while self.left == 0 {
            if let Some(error) = self.failed.take() {
                self.at = self.segment.range.end;
                return Err(error);
            }
            if !self.fill() {
                return Ok(None);
            }
        }
        self.block.rows = self.left.min(MOST_ROWS);
        self.left -= self.block.rows;
        Ok(Some(&self.block))
    }

    /// Makes a table of the next records, maybe of none; false if the segment is read to its end.
    fn fill(&mut self) -> bool {
        let limit = self.segment.range.end;
        if self.at >= limit {
            return false;
        }
        self.block.first = 0;
        self.block.rows = 0;
        match self.careful.take() {
            None if self.dense => self.fill_densely(),
            rows => self.fill_carefully(rows.unwrap_or(MOST_ROWS)),
        }
        true
    }

    /// Takes the rows of a window that are as they should be.
    fn fill_densely(&mut self) {
        let Segment { layout, bytes, ref range, .. } = self.segment;
        while self.at < range.end && is_line_end(bytes[self.at]) {
            self.at += 1;
        }
        let end = bytes.len().min(self.at + self.window).min(range.end.max(self.at) + OVERRUN);
        let window = &bytes[self.at..end];
        let places = &mut self.block.places;
        places[0] = 0;
        let found = scan::dense(&layout.dialect, window, &mut places[1..]);
        let places = &places[..found.marks + 1];
        let width = layout.expected.unwrap_or_else(|| first_width(places, window)).max(1);
        let table = Table { places, window, width };
        let (mut rows, stride) = match table.whole(found) {
            Some(whole) => {
                self.least_careful = LEAST_CAREFUL;
                self.window = WINDOW.min(2 * self.window);
                whole
            }
            None => {
                self.careful = Some(self.least_careful);
                self.least_careful = MOST_ROWS.min(2 * self.least_careful);
                self.window = LEAST_WINDOW.max(self.window / 4);
                table.beginning()
            }
        };
        if rows == 0 {
            self.careful = Some(self.careful.unwrap_or(1));
            // Not more than a record of this length needs.
            self.window = WINDOW.min(2 * self.window);
            return;
        }
        while rows > 0 && self.at + places[(rows - 1) * stride] as usize >= range.end {
            rows -= 1;
        }
        self.block.base = self.at;
        self.at += places[rows * stride] as usize;
        (self.block.width, self.block.stride, self.left) = (width, stride, rows);
    }

    /// Reads up to `most` records one by one.
    fn fill_carefully(&mut self, most: usize) {
        let range = self.at..self.segment.range.end;
        let cursor = match &mut self.cursor {
            Some(cursor) => {
                cursor.seek(range);
                cursor
            }
            none => none.insert(Cursor::new(&Segment { range, ..self.segment.clone() })),
        };
        let block = &mut self.block;
        block.width = self.segment.layout.expected.unwrap_or(1).max(1);
        block.stride = block.width + 1;
        while self.left < most {
            match cursor.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
            let record = cursor.record();
            if self.left == 0 {
                block.base = record.start;
            }
            if !block.add(self.left, record) {
                self.at = record.start;
                if self.left == 0 {
                    self.failed = Some(CsvError::record(record.place(record.start), RecordProblem::TooLong));
                }
                return;
            }
            self.left += 1;
        }
        self.at = cursor.position();
    }
}

impl Block {
    /// Adds a record behind `rows` others; false if the table has no room for it, or places cannot count so far.
    fn add(&mut self, rows: usize, record: &Record<'_>) -> bool {
        let ends = &record.ends[record.first..record.first + record.len];
        let last = record.start.max(ends.last().map_or(0, |end| end + 1));
        if last - self.base > u32::MAX as usize {
            return false;
        }
        let width = self.width.max(ends.len());
        let stride = width + 1;
        let most = if width > self.width { WIDENED } else { CAPACITY };
        if rows > 0 && (rows + 1) * stride > most {
            return false;
        }
        if self.places.len() < (rows + 1) * stride {
            self.places.resize((rows + 1) * stride, 0);
        }
        if width > self.width {
            self.widen(rows, width);
        }
        let (row, base) = (&mut self.places[rows * stride..][..stride], self.base);
        row[0] = (record.start - base) as u32;
        for (place, end) in row[1..].iter_mut().zip(ends) {
            *place = (end + 1 - base) as u32;
        }
        row[1 + ends.len()..].fill((last - base) as u32);
        true
    }

    /// Gives each row room for more fields, which it does not have.
    fn widen(&mut self, rows: usize, width: usize) {
        let (old, new) = (self.stride, width + 1);
        for row in (0..rows).rev() {
            self.places.copy_within(row * old..(row + 1) * old, row * new);
            let last = self.places[row * new + old - 1];
            self.places[row * new + old..(row + 1) * new].fill(last);
        }
        (self.width, self.stride) = (width, new);
    }
}

/// A window that may be a table: the places behind its marks, and a 0 before them.
struct Table<'w> {
    places: &'w [u32],
    window: &'w [u8],
    width: usize,
}

impl Table<'_> {
    /// Returns how many rows the window holds and how many places lie from one to the next, if it is regular.
    fn whole(&self, found: Found) -> Option<(usize, usize)> {
        let in_pairs = found.returns != 0 && found.returns != found.lines;
        if in_pairs && !found.paired {
            return None;
        }
        // Each `\n` comes right behind a mark of its own, the `\r`; else all the line ends are the same byte.
        let stride = self.width + usize::from(in_pairs);
        let (line_end, lines) = match (in_pairs, found.returns) {
            (true, _) => (b'\n', found.lines - found.returns),
            (false, 0) => (b'\n', found.lines),
            (false, _) => (b'\r', found.lines),
        };
        let ends = self.places[1..].chunks_exact(stride).map(|row| self.window[row[stride - 1] as usize - 1]);
        let rows = ends.len();
        let regular = rows == lines
            && ends.fold(0, |wrong, end| wrong | (end ^ line_end)) == 0
            && (self.width > 1 || (0..rows).all(|row| !self.is_blank(row, stride)));
        regular.then_some((rows, stride))
    }

    /// The same for the rows before the first that is not as it should be.
    fn beginning(&self) -> (usize, usize) {
        let byte = |place: u32| self.window[place as usize - 1];
        let is_pair = |pair: &[u32]| matches!(pair, &[ret, feed] if byte(ret) == b'\r' && byte(feed) == b'\n' && ret + 1 == feed);
        let in_pairs =
            self.places[1..].windows(2).find(|pair| is_line_end(byte(pair[0]))).is_some_and(is_pair);
        let stride = self.width + usize::from(in_pairs);
        let last = self.width - 1;
        let is_regular = |row: &&[u32]| {
            let (delimiters, ends) = row.split_at(last);
            delimiters.iter().all(|&place| !is_line_end(byte(place)))
                && if in_pairs { is_pair(ends) } else { is_line_end(byte(ends[0])) }
        };
        let regular = self.places[1..].chunks_exact(stride).take_while(is_regular).count();
        let rows = (0..regular).take_while(|&row| self.width > 1 || !self.is_blank(row, stride));
        (rows.count(), stride)
    }

    /// Returns whether the first field of a row is empty: if it is the only one, the line is blank and no record.
    fn is_blank(&self, row: usize, stride: usize) -> bool {
        self.places[row * stride + 1] == self.places[row * stride] + 1
    }
}

/// Returns how many fields the first line of a window has.
fn first_width(places: &[u32], window: &[u8]) -> usize {
    let line_end = places[1..].iter().position(|&place| is_line_end(window[place as usize - 1]));
    line_end.map_or(1, |index| index + 1)
}
