//! Where a scan may start in the middle of a file: chunks, their transitions, and what those add up to.
//!
//! Two passes. The first classifies every chunk, in any order, and a fold over the results gives the state in which
//! each chunk is entered. The second reads the records that start in a chunk; the last one is read to its end, in the
//! next chunk, whose own reader begins behind it. So each record is read once, by exactly one reader.

use super::chunks::Chunk;
use super::dialect::State;
use super::file::CsvFile;
use super::segment::Segment;
use super::transition::{Transition, first_record_start, state_from_neighbour};

/// The states in which the chunks of a file are entered.
#[derive(Debug)]
pub(crate) enum Entries {
    /// One for each chunk.
    Known(Vec<State>),
    /// The dialect has neither quotes nor comments: the byte before a chunk tells.
    ByNeighbour,
}

impl Entries {
    /// Returns whether the chunks of a file must be classified before they can be read.
    pub(crate) fn need_transitions(file: &CsvFile) -> bool {
        state_from_neighbour(&file.layout().dialect, None).is_none() && file.chunks().count() > 1
    }

    /// Adds up the transitions of all chunks, in order.
    pub(crate) fn from_transitions(file: &CsvFile, transitions: &[Transition]) -> Self {
        let mut state = State::RecordStart;
        let entries = transitions.iter().enumerate().map(|(index, transition)| {
            let entry = if file.chunks().get(index).is_first { State::RecordStart } else { state };
            state = transition.apply(entry);
            entry
        });
        Self::Known(entries.collect())
    }

    fn of(&self, file: &CsvFile, chunk: &Chunk) -> State {
        match self {
            _ if chunk.is_first => State::RecordStart,
            Self::Known(states) => states[chunk.index],
            Self::ByNeighbour => {
                let before = file.part_bytes(chunk.part)[chunk.range.start - 1];
                state_from_neighbour(&file.layout().dialect, Some(before)).unwrap_or(State::RecordStart)
            }
        }
    }
}

/// Classifies one chunk.
pub(crate) fn classify(file: &CsvFile, chunk: usize) -> Transition {
    let Chunk { part, range, .. } = file.chunks().get(chunk);
    Transition::of(&file.layout().dialect, &file.part_bytes(part)[range])
}

/// Returns the records that start in one chunk, or `None` if none does.
pub(crate) fn segment<'f>(file: &'f CsvFile, chunk: &Chunk, entries: &Entries) -> Option<Segment<'f>> {
    let layout = file.layout();
    let &Chunk { index, part, ref range, .. } = chunk;
    let bytes = file.part_bytes(part);
    let entry = entries.of(file, chunk);
    let start = first_record_start(&layout.dialect, bytes, range.start, range.end, entry)?;
    Some(Segment { layout, bytes, range: start..range.end, part, base: 0, index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::cursor::Cursor;
    use crate::csv::error::CsvError;
    use crate::csv::record::Record;
    use crate::csv::{CsvOptions, UnclosedQuote};
    use proptest::prelude::*;

    type Fields = Vec<Vec<u8>>;

    fn keep(all: &mut Vec<Fields>, record: &Record<'_>) -> Result<(), CsvError> {
        all.push(record.fields().map(|field| field.bytes().into_owned()).collect());
        Ok(())
    }

    /// Reads every chunk on its own and joins what they gave.
    fn by_chunks(file: &CsvFile) -> Vec<Fields> {
        let entries = if Entries::need_transitions(file) {
            let chunks = 0..file.chunks().count();
            let transitions: Vec<_> = chunks.map(|chunk| classify(file, chunk)).collect();
            Entries::from_transitions(file, &transitions)
        } else {
            Entries::ByNeighbour
        };
        let mut all = Vec::new();
        for chunk in 0..file.chunks().count() {
            let Some(segment) = segment(file, &file.chunks().get(chunk), &entries) else { continue };
            let mut cursor = Cursor::new(&segment);
            while cursor.advance().unwrap() {
                keep(&mut all, cursor.record()).unwrap();
            }
        }
        all
    }

    fn in_order(file: &CsvFile) -> Vec<Fields> {
        let mut all = Vec::new();
        let mut records = file.records();
        while let Some(record) = records.next_record().unwrap() {
            keep(&mut all, record).unwrap();
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn chunks_hold_each_record_once(
            data in proptest::collection::vec(proptest::sample::select(&b",,\"\"\r\n\n#\\ab"[..]), 0..60),
            quote in prop_oneof![3 => Just(Some(b'"')), 1 => Just(None)],
            escape in proptest::option::weighted(0.3, Just(b'\\')),
            comment in proptest::option::weighted(0.3, Just(b'#')),
            double_quote: bool,
            chunk_bytes in 1..9_usize,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("t.csv");
            std::fs::write(&path, &data).unwrap();
            let file = CsvOptions::default()
                .quote(quote)
                .escape(escape)
                .comment(comment)
                .double_quote(double_quote)
                .flexible(true)
                .headers(false)
                .unclosed_quote(UnclosedQuote::Accept)
                .chunk_bytes(chunk_bytes)
                .open(&path)
                .unwrap();
            prop_assert_eq!(by_chunks(&file), in_order(&file));
        }
    }
}
