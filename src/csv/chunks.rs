//! Chunk edges: pure arithmetic.
//!
//! A file is cut by its size alone, never by the number of workers, so that a reduction over its chunks has one shape
//! and floating-point sums are bit-identical on one worker and on sixty-four.

use std::ops::Range;

/// The smallest chunk a file is cut into unless the caller asks for another size.
const MIN_CHUNK_BYTES: usize = 1 << 20;
/// The most chunks that a file is cut into by default: enough to share out evenly, few enough to keep their results.
const MAX_CHUNKS: usize = 256;

/// The most chunks at any wish: their entry states are kept, so their number must not grow with the file.
const MOST_CHUNKS: usize = 1 << 20;

/// How the bytes of a file's records are cut into chunks.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    data: Range<usize>,
    chunk_bytes: usize,
}

impl Chunks {
    /// Cuts `data`, in chunks of `chunk_bytes` if given, or of more if that would be over a million.
    pub(crate) fn new(data: Range<usize>, chunk_bytes: Option<usize>) -> Self {
        let by_size = data.len().div_ceil(MAX_CHUNKS).next_multiple_of(1 << 16);
        let least = data.len().div_ceil(MOST_CHUNKS).max(1);
        let chunk_bytes = chunk_bytes.unwrap_or(by_size.max(MIN_CHUNK_BYTES)).max(least);
        Self { data, chunk_bytes }
    }

    pub(crate) fn count(&self) -> usize {
        self.data.len().div_ceil(self.chunk_bytes)
    }

    /// Returns the bytes of one chunk, as positions in the file.
    pub(crate) fn range(&self, chunk: usize) -> Range<usize> {
        let from = self.data.start + (chunk * self.chunk_bytes).min(self.data.len());
        let to = from + self.chunk_bytes.min(self.data.end - from);
        from..to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_bytes_no_chunks() {
        assert_eq!(Chunks::new(7..7, None).count(), 0);
        assert_eq!(Chunks::new(7..8, None).count(), 1);
    }

    proptest! {
        #[test]
        fn chunks_cover_the_data_once(
            start in 0..1000_usize,
            len in prop_oneof![0..5000_usize, 0..usize::MAX / 4],
            size in prop_oneof![Just(None), (0..64_usize).prop_map(Some)],
        ) {
            let chunks = Chunks::new(start..start + len, size);
            prop_assert!(chunks.count() <= MOST_CHUNKS);
            prop_assume!(size.is_none() || len < 5000);
            let mut at = start;
            for chunk in 0..chunks.count() {
                let range = chunks.range(chunk);
                prop_assert_eq!(range.start, at);
                prop_assert!(!range.is_empty());
                at = range.end;
            }
            prop_assert_eq!(at, start + len);
            prop_assert!(size.is_some() || chunks.count() <= MAX_CHUNKS);
        }
    }
}
