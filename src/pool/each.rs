//! Loops that change data in place, or do something for every index.

#![allow(unsafe_code)]

use std::ops::Range;

use super::chunks::{Chunks, PIECES_AT_ONCE, Source, piece_len};
use super::cut::Cut;
use super::error::LoopError;
use super::handle::Pool;

impl Pool {
    /// Calls `body` with chunks that cover `data`, in place, on all workers.
    ///
    /// Chunks are disjoint and non-empty, 16 to 256 KiB long where there is as much; their edges lie on multiples of
    /// 128 elements, but for the end. Where they are cut is not fixed. For a cut of your own see
    /// [`for_each_chunk_of`](Self::for_each_chunk_of).
    ///
    /// # Errors
    ///
    /// [`LoopError::Forked`] and [`LoopError::Lengths`] before anything ran; [`LoopError::Memory`] if a mapped file
    /// was truncated meanwhile; [`LoopError::Stopped`] when the [`Token`](super::Token) under which the caller works is
    /// stopped before all is done. No chunk is begun then, and those that have run stay as they are.
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `body`; some chunks have run then and others never will.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// let pool = Pool::new()?;
    /// let mut temperatures = vec![20.0_f32; 1_000];
    /// pool.for_each_chunk(&mut temperatures, |chunk| for t in chunk { *t = *t * 1.8 + 32.0 })?;
    /// assert!(temperatures.iter().all(|&t| t == 68.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_chunk<D: Chunks>(
        &self,
        data: D,
        body: impl Fn(D::Chunk) + Sync,
    ) -> Result<(), LoopError> {
        let source = data.into_source();
        let cut = Cut::new(source.elements()?, piece_len(source.element_bytes()));
        self.crew().run(cut.pieces(), PIECES_AT_ONCE, &|_, pieces: Range<u32>| {
            // SAFETY: the range is within the elements, as the cut's are; no other has any of them, because the loop
            // hands out each piece once (S1 of the shares) and pieces do not overlap.
            body(unsafe { source.chunk(cut.elements(pieces)) });
        })?;
        source.verify()
    }

    /// Calls `body` with chunks of `len` elements each, the last one shorter, that cover `data`, on all workers.
    ///
    /// Take this where a chunk means something, such as a row, or where an element is much work: a chunk of 1 is a
    /// task of its own.
    ///
    /// # Errors
    ///
    /// As [`for_each_chunk`](Self::for_each_chunk).
    ///
    /// # Panics
    ///
    /// If `len` is 0. Goes on with the first panic of `body`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Pool;
    ///
    /// let pool = Pool::new()?;
    /// let mut matrix = vec![1.0_f64; 40 * 25];
    /// pool.for_each_chunk_of(&mut matrix, 25, |row| row[0] = row.iter().sum())?;
    /// assert!(matrix.chunks(25).all(|row| row[0] == 25.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_chunk_of<D: Chunks>(
        &self,
        data: D,
        len: usize,
        body: impl Fn(D::Chunk) + Sync,
    ) -> Result<(), LoopError> {
        assert!(len > 0, "a chunk has at least one element");
        let source = data.into_source();
        let elements = source.elements()?;
        self.for_each_range(0..elements.div_ceil(len), 1, |chunks| {
            for k in chunks {
                let chunk = k * len..elements.min((k + 1).saturating_mul(len));
                // SAFETY: within the elements; no other chunk has any of them, because the loop runs each number once.
                body(unsafe { source.chunk(chunk) });
            }
        })?;
        source.verify()
    }

    /// Calls `body` with every index of `range`, on all workers.
    ///
    /// # Errors
    ///
    /// [`LoopError::Forked`] before anything ran; [`LoopError::Stopped`] when the [`Token`](super::Token) under which the
    /// caller works is stopped before all is done.
    ///
    /// # Panics
    ///
    /// Goes on with the first panic of `body`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// let pool = ringmill::Pool::new()?;
    /// let found = AtomicUsize::new(0);
    /// pool.for_each_index(0..1000, |i| {
    ///     if i % 7 == 0 {
    ///         found.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// })?;
    /// assert_eq!(found.into_inner(), 143);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_index(&self, range: Range<usize>, body: impl Fn(usize) + Sync) -> Result<(), LoopError> {
        self.for_each_range(range, 1, |indices| indices.for_each(&body))
    }

    /// Calls `body` with ranges that cover `range`, on all workers; each but the last is a multiple of `grain` long.
    ///
    /// # Errors
    ///
    /// [`LoopError::Forked`] before anything ran; [`LoopError::Stopped`] when the [`Token`](super::Token) under which the
    /// caller works is stopped before all is done.
    ///
    /// # Panics
    ///
    /// If `grain` is 0. Goes on with the first panic of `body`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// let pool = ringmill::Pool::new()?;
    /// let ranges = Mutex::new(Vec::new());
    /// pool.for_each_range(0..1000, 100, |range| ranges.lock().unwrap().push(range))?;
    /// let mut ranges = ranges.into_inner()?;
    /// ranges.sort_by_key(|range| range.start);
    /// assert!(ranges.iter().all(|range| range.start % 100 == 0 && range.end % 100 == 0));
    /// assert_eq!(ranges.iter().map(|range| range.len()).sum::<usize>(), 1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_range(
        &self,
        range: Range<usize>,
        grain: usize,
        body: impl Fn(Range<usize>) + Sync,
    ) -> Result<(), LoopError> {
        assert!(grain > 0, "a grain has at least one index");
        let cut = Cut::new(range.len(), grain);
        let start = range.start;
        self.crew().run(cut.pieces(), u32::MAX, &|_, pieces: Range<u32>| {
            let Range { start: from, end } = cut.elements(pieces);
            body(start + from..start + end);
        })
    }
}
