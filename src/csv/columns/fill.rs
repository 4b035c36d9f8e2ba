//! Whole columns, written where they belong: each segment knows from a count where its rows begin.
//!
//! Records are counted first, at the speed of memory; then every segment is read batch by batch, on all workers, and its
//! values go to its own part of the arrays. Where filters or policies leave records out, parts are not filled to their
//! end, and are moved together afterwards.

use super::batch::Batch;
use super::data::Data;
use super::fold::Readers;
use super::plan::Columns;
use super::report::ColumnsReport;
use super::valid::Valid;
use crate::array::Watch;
use crate::csv::cursor::Cursor;
use crate::csv::error::CsvError;
use crate::csv::file::CsvFile;
use crate::csv::scan;
use crate::csv::segment::Segment;
use crate::pool::Pool;
use std::sync::{Mutex, PoisonError};

/// Bit of a text's place that says that it was copied; the others are the number of its part or of the segment whose
/// copies it lies among, and where it begins there.
const COPIED: u64 = 1 << 63;
const START_BITS: u32 = 43;

/// How many segments of a stream can have copies.
pub(super) const MOST_COPIERS: usize = 1 << (u64::BITS - 1 - START_BITS);

/// Where a text of a whole column lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextPlace {
    InFile { part: usize, start: usize },
    Copied { segment: usize, start: usize },
}

impl TextPlace {
    fn pack(self) -> u64 {
        let pack = |number: usize, start: usize| (number as u64) << START_BITS | start as u64;
        match self {
            Self::InFile { part, start } => pack(part, start),
            Self::Copied { segment, start } => COPIED | pack(segment, start),
        }
    }

    pub(super) fn unpack(word: u64) -> Self {
        let number = ((word & !COPIED) >> START_BITS) as usize;
        let start = (word & ((1 << START_BITS) - 1)) as usize;
        match word & COPIED {
            0 => Self::InFile { part: number, start },
            _ => Self::Copied { segment: number, start },
        }
    }
}

/// The elements of an array that is filled, and what keeps watch over their memory.
pub(super) type Elements<'a, T> = (&'a mut [T], Watch<'a>);

/// A whole column that is to be filled.
pub(super) enum Out<'a> {
    F64(Elements<'a, f64>),
    F32(Elements<'a, f32>),
    I64(Elements<'a, i64>),
    U64(Elements<'a, u64>),
    Bool(Elements<'a, u8>),
    /// Places and lengths.
    Text(Elements<'a, u64>, Elements<'a, u32>),
}

/// The part of a column that is one segment's.
pub(super) enum Piece<'a> {
    F64(&'a mut [f64]),
    F32(&'a mut [f32]),
    I64(&'a mut [i64]),
    U64(&'a mut [u64]),
    Bool(&'a mut [u8]),
    Text(&'a mut [u64], &'a mut [u32]),
}

/// What a segment has put in its place.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) rows: usize,
    /// For each column, which values are there.
    pub(super) valid: Vec<Valid>,
    /// For each column of text, what had to be copied.
    pub(super) copies: Vec<Vec<u8>>,
}

impl Filled {
    /// Says that nothing is put yet where there is room for so many rows.
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        let mut valid = Valid::default();
        valid.reset(rows);
        Self { rows: 0, valid: vec![valid; columns], copies: vec![Vec::new(); columns] }
    }
}

/// Counts the records of each segment.
pub(super) fn count(pool: &Pool, file: &CsvFile) -> Result<Vec<usize>, CsvError> {
    let one = |counts: &mut Vec<(usize, usize)>, segment: &Segment<'_>| {
        counts.push((segment.index, records_of(segment)));
        Ok(())
    };
    let join = |mut left: Vec<_>, right: Vec<_>| {
        left.extend(right);
        left
    };
    let mut counts = vec![0; file.chunks().count()];
    pool.fold_segments(file, Vec::new, one, join)?
        .into_iter()
        .for_each(|(index, count)| counts[index] = count);
    Ok(counts)
}

/// Counts the records of a segment, up to one whose quote is never closed: who reads them finds that, or an error before.
pub(super) fn records_of(segment: &Segment<'_>) -> usize {
    let dialect = &segment.layout.dialect;
    if scan::is_dense(dialect) {
        return scan::count(dialect, &segment.bytes[segment.range.clone()]).from_outside.records as usize;
    }
    let mut cursor = Cursor::with_width(segment, None);
    let mut records = 0;
    while let Ok(true) = cursor.advance() {
        records += 1;
    }
    records
}

/// Fills whole columns, each with room for all records. Returns what each segment has put in its place, which begins
/// where the counts before it add up to.
pub(super) fn fill(
    pool: &Pool,
    columns: &Columns<'_>,
    counts: &[usize],
    outs: Vec<Out<'_>>,
) -> Result<(Vec<Filled>, ColumnsReport), CsvError> {
    let pieces: Vec<_> =
        cut(counts, outs).into_iter().map(|pieces| Mutex::new((pieces, Filled::default()))).collect();
    let readers = Readers::new(columns);
    let report = columns.source.fold_segments(
        pool,
        || ColumnsReport::new(columns.len()),
        |report, segment| {
            let mut piece = pieces[segment.index].lock().unwrap_or_else(PoisonError::into_inner);
            let (pieces, filled) = &mut *piece;
            *filled = Filled::new(pieces.len(), counts[segment.index]);
            readers.with(|reader| {
                let read = reader.read(segment, |batch| {
                    put(batch, segment.index, true, pieces, filled);
                    Ok(())
                });
                report.add(&reader.take_report());
                read
            })
        },
        |mut left, right| {
            left.add(&right);
            left
        },
    )?;
    let filled = |piece: Mutex<(_, Filled)>| piece.into_inner().unwrap_or_else(PoisonError::into_inner).1;
    Ok((pieces.into_iter().map(filled).collect(), report))
}

/// Cuts columns into the pieces of segments.
pub(super) fn cut<'a>(counts: &[usize], outs: Vec<Out<'a>>) -> Vec<Vec<Touched<'a>>> {
    let mut pieces: Vec<Vec<Touched<'a>>> = counts.iter().map(|_| Vec::with_capacity(outs.len())).collect();
    macro_rules! each_piece {
        ($kind:ident, $elements:expr) => {{
            let (mut rest, watch) = $elements;
            let mut first = 0;
            for (pieces, &count) in pieces.iter_mut().zip(counts) {
                let (piece, behind) = rest.split_at_mut(count);
                pieces.push(Touched { piece: Piece::$kind(piece), first, watches: [Some(watch), None] });
                (rest, first) = (behind, first + count);
            }
        }};
    }
    for out in outs {
        match out {
            Out::F64(elements) => each_piece!(F64, elements),
            Out::F32(elements) => each_piece!(F32, elements),
            Out::I64(elements) => each_piece!(I64, elements),
            Out::U64(elements) => each_piece!(U64, elements),
            Out::Bool(elements) => each_piece!(Bool, elements),
            Out::Text((mut places, of_places), (mut lens, of_lens)) => {
                let mut first = 0;
                for (pieces, &count) in pieces.iter_mut().zip(counts) {
                    let (place, places_behind) = places.split_at_mut(count);
                    let (len, lens_behind) = lens.split_at_mut(count);
                    let watches = [Some(of_places), Some(of_lens)];
                    pieces.push(Touched { piece: Piece::Text(place, len), first, watches });
                    (places, lens, first) = (places_behind, lens_behind, first + count);
                }
            }
        }
    }
    pieces
}

/// A piece, and what is told before it is first used.
pub(super) struct Touched<'a> {
    pub(super) piece: Piece<'a>,
    first: usize,
    watches: [Option<Watch<'a>>; 2],
}

impl<'a> Touched<'a> {
    /// Takes a piece of which nobody needs to be told.
    pub(super) fn new(piece: Piece<'a>) -> Self {
        Self { piece, first: 0, watches: [None, None] }
    }

    /// Tells that all of it is about to be used.
    pub(super) fn touch_all(&self) {
        let len = match &self.piece {
            Piece::F64(piece) => piece.len(),
            Piece::F32(piece) => piece.len(),
            Piece::I64(piece) => piece.len(),
            Piece::U64(piece) => piece.len(),
            Piece::Bool(piece) => piece.len(),
            Piece::Text(places, _) => places.len(),
        };
        self.watches.iter().flatten().for_each(|watch| watch.before_use(self.first..self.first + len));
    }
}

/// Puts the values of a batch behind those that the segment has put in its place before. Text stays where it is if that
/// lasts.
pub(super) fn put(
    batch: &Batch<'_>,
    segment: usize,
    lasts: bool,
    pieces: &mut [Touched<'_>],
    filled: &mut Filled,
) {
    let (from, to) = (filled.rows, filled.rows + batch.len());
    for (column, Touched { piece, first, watches }) in pieces.iter_mut().enumerate() {
        // Pages are made many at a time by who fills them.
        watches.iter().flatten().for_each(|watch| watch.before_use(*first + from..*first + to));
        match piece {
            Piece::F64(piece) => piece[from..to].copy_from_slice(batch.f64(column)),
            Piece::F32(piece) => piece[from..to].copy_from_slice(batch.f32(column)),
            Piece::I64(piece) => piece[from..to].copy_from_slice(batch.i64(column)),
            Piece::U64(piece) => piece[from..to].copy_from_slice(batch.u64(column)),
            Piece::Bool(piece) => {
                piece[from..to]
                    .iter_mut()
                    .zip(batch.bool(column))
                    .for_each(|(to, &from)| *to = u8::from(from));
            }
            Piece::Text(places, lens) => {
                let texts = batch.bytes(column);
                let Segment { part, base, .. } = *batch.segment();
                let copies = &mut filled.copies[column];
                for (row, (place, len)) in places[from..to].iter_mut().zip(&mut lens[from..to]).enumerate() {
                    let (copied, start, bytes) = texts.place(row);
                    *len = bytes;
                    *place = if copied || !lasts {
                        let start = copies.len();
                        copies.extend_from_slice(texts.get(row));
                        TextPlace::Copied { segment, start }.pack()
                    } else {
                        TextPlace::InFile { part, start: base as usize + start }.pack()
                    };
                }
            }
        }
        let valid = batch_valid(batch, column);
        filled.valid[column].copy_nulls(valid, from);
    }
    filled.rows = to;
}

fn batch_valid<'b>(batch: &'b Batch<'_>, column: usize) -> &'b Valid {
    Data::valid(batch.data(column))
}

/// Moves what segments have put in their places together at the front of the column, and returns how much it is.
pub(super) fn close_gaps<T: Copy>(elements: &mut [T], counts: &[usize], filled: &[Filled]) -> usize {
    let (mut from, mut to) = (0, 0);
    for (count, filled) in counts.iter().zip(filled) {
        if from != to {
            elements.copy_within(from..from + filled.rows, to);
        }
        from += count;
        to += filled.rows;
    }
    to
}

/// Returns which values of a whole column are there.
pub(super) fn join_valid(column: usize, filled: &[Filled]) -> Valid {
    let mut valid = Valid::default();
    valid.reset(filled.iter().map(|filled| filled.rows).sum());
    let mut at = 0;
    for filled in filled {
        if let Some(segment) = filled.valid.get(column) {
            valid.copy_nulls(segment, at);
        }
        at += filled.rows;
    }
    valid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_was_packed() {
        for (part, start) in [(0, 0), (3, 17), ((1 << 20) - 1, (1 << START_BITS) - 1)] {
            let word = TextPlace::InFile { part, start }.pack();
            assert!(
                matches!(TextPlace::unpack(word), TextPlace::InFile { part: p, start: s } if (p, s) == (part, start))
            );
            let word = TextPlace::Copied { segment: part, start }.pack();
            assert!(
                matches!(TextPlace::unpack(word), TextPlace::Copied { segment: p, start: s } if (p, s) == (part, start))
            );
        }
    }
}
