//! How much room whole columns need, before they have it.
//!
//! The records of a file are counted, and then read to where their values belong. A stream is read once: what its chunks
//! hold is kept chunk by chunk, in vectors, and moved to its place when all have come, on all workers. So for that moment
//! the columns of a stream are there twice. Text of a stream is copied once, from its chunk.

use super::fill::{self, Filled, Out, Piece, Touched};
use super::fold::Readers;
use super::plan::{ColumnSpec, Columns};
use super::report::ColumnsReport;
use crate::csv::error::CsvError;
use crate::csv::input::Source;
use crate::csv::segment::Segment;
use crate::csv::source::{CsvStream, StreamError, StreamProblem};
use crate::pool::Pool;
use std::sync::{Mutex, PoisonError};

/// What whole columns are filled from.
pub(super) enum Counted {
    /// How many records each chunk of a file has; some may be left out.
    File(Vec<usize>),
    Stream(Gathered),
}

/// All rows of a stream, by chunk.
pub(super) struct Gathered {
    chunks: Vec<Chunk>,
    report: ColumnsReport,
}

/// What one chunk holds.
#[derive(Default)]
struct Chunk {
    columns: Vec<Values>,
    filled: Filled,
}

/// One column of a chunk, with room for all of its records.
enum Values {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    Bool(Vec<u8>),
    Text(Vec<u64>, Vec<u32>),
}

/// Whole columns that are filled: how much room each chunk had in them, and what it has put there.
pub(super) struct Full {
    pub(super) counts: Vec<usize>,
    pub(super) filled: Vec<Filled>,
    pub(super) report: ColumnsReport,
}

impl Counted {
    /// Counts the records of a file, or reads a stream to its end.
    pub(super) fn new(pool: &Pool, columns: &Columns<'_>) -> Result<Self, CsvError> {
        match columns.source {
            Source::File(file) => fill::count(pool, file).map(Self::File),
            Source::Stream(stream) => gather(pool, columns, stream).map(Self::Stream),
        }
    }

    /// Returns how much room is needed.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::File(counts) => counts.iter().sum(),
            Self::Stream(gathered) => gathered.chunks.iter().map(|chunk| chunk.filled.rows).sum(),
        }
    }

    /// Fills the columns, each with so much room.
    pub(super) fn fill(
        self,
        pool: &Pool,
        columns: &Columns<'_>,
        outs: Vec<Out<'_>>,
    ) -> Result<Full, CsvError> {
        match self {
            Self::File(counts) => {
                let (filled, report) = fill::fill(pool, columns, &counts, outs)?;
                Ok(Full { counts, filled, report })
            }
            Self::Stream(gathered) => gathered.place(pool, outs),
        }
    }
}

/// Reads all rows of a stream.
fn gather(pool: &Pool, columns: &Columns<'_>, stream: &CsvStream) -> Result<Gathered, CsvError> {
    let readers = Readers::new(columns);
    let has_text =
        columns.specs.iter().any(|(_, spec)| matches!(spec, ColumnSpec::Str(_) | ColumnSpec::Bytes(_)));
    let most = if has_text { fill::MOST_COPIERS } else { usize::MAX };
    let read = |(chunks, report): &mut (Vec<(usize, Chunk)>, ColumnsReport), segment: &Segment<'_>| {
        if segment.index >= most {
            let problem = StreamProblem::TooManyChunks { limit: most };
            return Err(StreamError::new(stream.name(), segment.base, problem).into());
        }
        let rows = fill::records_of(segment);
        let mut columns: Vec<_> =
            columns.specs.iter().map(|(_, spec)| Values::with_room(spec, rows)).collect();
        let mut filled = Filled::new(columns.len(), rows);
        let mut pieces: Vec<_> = columns.iter_mut().map(|values| Touched::new(values.piece())).collect();
        let read = readers.with(|reader| {
            let read = reader.read(segment, |batch| {
                fill::put(batch, segment.index, false, &mut pieces, &mut filled);
                Ok(())
            });
            report.add(&reader.take_report());
            read
        });
        chunks.push((segment.index, Chunk { columns, filled }));
        read
    };
    let (found, report) = stream.fold_segments(
        pool,
        || (Vec::new(), ColumnsReport::new(columns.len())),
        read,
        |(mut left, mut report), (right, next)| {
            left.extend(right);
            report.add(&next);
            (left, report)
        },
    )?;
    // Chunks in which no record starts are not among those found.
    let mut chunks = Vec::new();
    for (index, chunk) in found {
        chunks.resize_with(index, Chunk::default);
        chunks.push(chunk);
    }
    Ok(Gathered { chunks, report })
}

impl Gathered {
    /// Moves all rows to where they belong.
    fn place(self, pool: &Pool, outs: Vec<Out<'_>>) -> Result<Full, CsvError> {
        let Self { chunks, report } = self;
        let counts: Vec<_> = chunks.iter().map(|chunk| chunk.filled.rows).collect();
        let pieces = fill::cut(&counts, outs);
        let (mut moves, mut filled) = (Vec::new(), Vec::new());
        for (chunk, pieces) in chunks.into_iter().zip(pieces) {
            moves.push(Mutex::new(Some((chunk.columns, pieces))));
            filled.push(chunk.filled);
        }
        pool.map_reduce_range(
            0..moves.len(),
            1,
            |range| {
                for one in &moves[range] {
                    let one = one.lock().unwrap_or_else(PoisonError::into_inner).take();
                    let Some((columns, pieces)) = one else { continue };
                    columns.into_iter().zip(pieces).for_each(|(values, piece)| values.move_to(piece));
                }
            },
            |(), ()| (),
        )?;
        Ok(Full { counts, filled, report })
    }
}

impl Values {
    fn with_room(spec: &ColumnSpec, rows: usize) -> Self {
        match spec {
            ColumnSpec::F64(_) => Self::F64(vec![0.0; rows]),
            ColumnSpec::F32(_) => Self::F32(vec![0.0; rows]),
            ColumnSpec::I64(_) => Self::I64(vec![0; rows]),
            #[cfg(feature = "dates")]
            ColumnSpec::Date(..) | ColumnSpec::Timestamp(..) => Self::I64(vec![0; rows]),
            ColumnSpec::U64(_) => Self::U64(vec![0; rows]),
            ColumnSpec::Bool(_) => Self::Bool(vec![0; rows]),
            ColumnSpec::Str(_) | ColumnSpec::Bytes(_) => Self::Text(vec![0; rows], vec![0; rows]),
        }
    }

    fn piece(&mut self) -> Piece<'_> {
        match self {
            Self::F64(values) => Piece::F64(values),
            Self::F32(values) => Piece::F32(values),
            Self::I64(values) => Piece::I64(values),
            Self::U64(values) => Piece::U64(values),
            Self::Bool(values) => Piece::Bool(values),
            Self::Text(places, lens) => Piece::Text(places, lens),
        }
    }

    /// Moves as many values as there is room for: those that were put here.
    fn move_to(self, to: Touched<'_>) {
        fn copy<T: Copy>(to: &mut [T], from: &[T]) {
            to.copy_from_slice(&from[..to.len()]);
        }
        to.touch_all();
        match (to.piece, self) {
            (Piece::F64(to), Self::F64(from)) => copy(to, &from),
            (Piece::F32(to), Self::F32(from)) => copy(to, &from),
            (Piece::I64(to), Self::I64(from)) => copy(to, &from),
            (Piece::U64(to), Self::U64(from)) => copy(to, &from),
            (Piece::Bool(to), Self::Bool(from)) => copy(to, &from),
            (Piece::Text(to, to_lens), Self::Text(from, lens)) => {
                copy(to, &from);
                copy(to_lens, &lens);
            }
            _ => unreachable!("both were made for one column"),
        }
    }
}
