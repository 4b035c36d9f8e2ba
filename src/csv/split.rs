//! Where a scan may start in the middle of a file: what state each chunk is entered in, and its first record.
//!
//! The records that start in a chunk are its segment; the last one is read to its end, in the next chunk, whose own
//! segment begins behind it. So each record is read once, by exactly one reader. That is exact for any bytes: the state in
//! which a chunk is entered follows from all bytes before it, by look-back.

use super::chunks::Chunk;
use super::dialect::State;
use super::file::CsvFile;
use super::segment::Segment;
use super::transition::{Transition, first_record_start, state_from_neighbour};
use crate::protocol::look_back::{LookBack, Passage};

/// How often a worker looks again at what another is about to find: some tens of microseconds, a part of what it takes to
/// find it.
const PATIENCE: u32 = 500;

/// Finds the segments of a file's chunks, from all workers at once.
#[derive(Debug)]
pub(crate) struct Split<'f> {
    file: &'f CsvFile,
    /// None if the dialect has neither quotes nor comments: then the byte before a chunk tells.
    look_back: Option<LookBack>,
}

impl<'f> Split<'f> {
    pub(crate) fn new(file: &'f CsvFile) -> Self {
        let by_neighbour = state_from_neighbour(&file.layout().dialect, None).is_some();
        let look_back = (!by_neighbour).then(|| LookBack::new(file.chunks().count(), PATIENCE));
        Self { file, look_back }
    }

    /// Returns the state in which a chunk is entered. Each chunk is asked for once, when all before it are claimed.
    pub(crate) fn enter(&self, chunk: &Chunk) -> State {
        let Some(look_back) = &self.look_back else {
            let before = self.file.part_bytes(chunk.part)[..chunk.range.start].last().copied();
            let before = before.filter(|_| !chunk.is_first);
            return state_from_neighbour(&self.file.layout().dialect, before).unwrap_or(State::RecordStart);
        };
        let find = |index| self.passage(index);
        // A part begins anew, whatever was left open in the one before; and nobody asks how its last chunk is left.
        let entry = match (chunk.is_first, chunk.is_last) {
            (true, true) => return State::RecordStart,
            (true, false) => {
                look_back.settle(chunk.index, find(chunk.index).apply(0));
                return State::RecordStart;
            }
            (false, true) => look_back.state_at(chunk.index, find),
            (false, false) => look_back.enter(chunk.index, find),
        };
        State::ALL[usize::from(entry)]
    }

    /// Finds what a chunk does to the automaton; the first of a part, whatever came before.
    fn passage(&self, index: usize) -> Passage {
        let Chunk { part, range, is_first, .. } = self.file.chunks().get(index);
        let transition = Transition::of(&self.file.layout().dialect, &self.file.part_bytes(part)[range]);
        let after = |before| transition.apply(before) as u8;
        Passage::new(if is_first { [after(State::RecordStart); 7] } else { State::ALL.map(after) })
    }

    /// Returns the records that start in a chunk that is entered in `entry`, or `None` if none does.
    pub(crate) fn segment(&self, chunk: &Chunk, entry: State) -> Option<Segment<'f>> {
        let layout = self.file.layout();
        let &Chunk { index, part, ref range, .. } = chunk;
        let bytes = self.file.part_bytes(part);
        let start = first_record_start(&layout.dialect, bytes, range.start, range.end, entry)?;
        Some(Segment { layout, bytes, range: start..range.end, part, base: 0, index })
    }
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
        let split = Split::new(file);
        let mut all = Vec::new();
        for chunk in 0..file.chunks().count() {
            let chunk = file.chunks().get(chunk);
            let entry = split.enter(&chunk);
            let Some(segment) = split.segment(&chunk, entry) else { continue };
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
