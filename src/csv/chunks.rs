//! Chunk edges: pure arithmetic.
//!
//! An input is cut by the sizes of its parts alone, never by the number of workers, so that a reduction over its chunks
//! has one shape and floating-point sums are bit-identical on one worker and on sixty-four. No chunk has bytes of two
//! parts.

use std::ops::Range;

/// The size of a chunk unless the caller asks for another: read once from memory, and then from a core's own cache.
pub(crate) const CHUNK_BYTES: usize = 1 << 19;

/// The most chunks of one part at any wish: a word is kept for each, so their number must not grow with the file.
const MOST_CHUNKS: usize = 1 << 20;

/// How the bytes of the records of an input are cut into chunks.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    parts: Vec<Part>,
    count: usize,
}

#[derive(Clone, Debug)]
struct Part {
    data: Range<usize>,
    chunk_bytes: usize,
    /// The number of its first chunk, or of the next part's if it has none.
    first: usize,
}

/// One chunk: some bytes of one part, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) index: usize,
    pub(crate) part: usize,
    pub(crate) range: Range<usize>,
    /// Whether it is the first of its part, so that it is entered where a record may start.
    pub(crate) is_first: bool,
    /// Whether it is the last of its part.
    pub(crate) is_last: bool,
}

impl Chunks {
    /// Cuts the data of each part, in chunks of `chunk_bytes` if given, or of more if that would be over a million.
    pub(crate) fn new(data: impl IntoIterator<Item = Range<usize>>, chunk_bytes: Option<usize>) -> Self {
        let mut count = 0;
        let parts = data.into_iter().map(|data| {
            let least = data.len().div_ceil(MOST_CHUNKS).max(1);
            let chunk_bytes = chunk_bytes.unwrap_or(CHUNK_BYTES).max(least);
            let first = count;
            count += data.len().div_ceil(chunk_bytes);
            Part { data, chunk_bytes, first }
        });
        Self { parts: parts.collect(), count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns a chunk by its number, which is less than the count.
    pub(crate) fn get(&self, index: usize) -> Chunk {
        debug_assert!(index < self.count);
        // The last part that does not begin behind it; parts without chunks begin where the next one does.
        let part = self.parts.partition_point(|part| part.first <= index) - 1;
        let Part { data, chunk_bytes, first } = &self.parts[part];
        let from = data.start + (index - first) * chunk_bytes;
        let to = from + (*chunk_bytes).min(data.end - from);
        Chunk { index, part, range: from..to, is_first: index == *first, is_last: to == data.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The chunks of one part.
    fn of_one(part: Range<usize>, chunk_bytes: Option<usize>) -> Chunks {
        Chunks::new(std::iter::once(part), chunk_bytes)
    }

    #[test]
    fn no_bytes_no_chunks() {
        assert_eq!(Chunks::new([], None).count(), 0);
        assert_eq!(of_one(7..7, None).count(), 0);
        assert_eq!(of_one(7..8, None).count(), 1);
    }

    #[test]
    fn the_largest_file_has_a_bounded_number_of_chunks() {
        assert!(of_one(0..usize::MAX / 4, Some(1)).count() <= MOST_CHUNKS);
        assert!(of_one(0..usize::MAX / 4, None).count() <= MOST_CHUNKS);
    }

    proptest! {
        #[test]
        fn chunks_cover_the_data_once(
            parts in proptest::collection::vec((0..1000_usize, 0..500_usize), 0..6),
            size in prop_oneof![Just(None), (0..64_usize).prop_map(Some)],
        ) {
            let data: Vec<_> = parts.iter().map(|&(start, len)| start..start + len).collect();
            let chunks = Chunks::new(data.clone(), size);
            let mut index = 0;
            for (part, data) in data.into_iter().enumerate() {
                let mut at = data.start;
                while at < data.end {
                    let chunk = chunks.get(index);
                    prop_assert_eq!((chunk.index, chunk.part), (index, part));
                    prop_assert_eq!(chunk.range.start, at);
                    prop_assert_eq!(chunk.is_first, at == data.start);
                    prop_assert_eq!(chunk.is_last, chunk.range.end == data.end);
                    prop_assert!(!chunk.range.is_empty());
                    at = chunk.range.end;
                    index += 1;
                }
                prop_assert_eq!(at, data.end);
            }
            prop_assert_eq!(index, chunks.count());
        }
    }
}
