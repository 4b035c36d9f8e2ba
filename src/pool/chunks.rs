//! What a loop can go over: slices, arrays, parts, and several of one length side by side.
//!
//! A loop takes its data by value, as references, and hands out disjoint chunks of it. That chunks never overlap is
//! the loop's promise to the source; that a chunk is good for the borrow's lifetime is the source's to the body.

#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Range;

use super::error::LoopError;

/// Bytes of a piece: enough to outweigh taking it, few enough for the inner caches.
const PIECE_BYTES: usize = 16 << 10;

/// Pieces that one chunk joins at the most: as much as stays near while a body goes over it twice.
pub(crate) const PIECES_AT_ONCE: u32 = 16;

/// Elements in a row that end on a cache line pair, whatever their size.
const LINE_RUN: usize = 128;

/// Data that a loop can go over in chunks: references to slices, vectors and arrays, and tuples of those.
///
/// Implemented for `&[T]`, `&mut [T]`, `&Vec<T>`, `&mut Vec<T>`, references to [`SharedArray`](crate::SharedArray)s,
/// to [`Part`](crate::array::Part)s and to [`NewArray`](crate::array::NewArray)s, and tuples of two to six of these. The
/// body of the loop gets a tuple of chunks then, all of the same elements.
///
/// # Examples
///
/// ```
/// use ringmill::Pool;
///
/// let pool = Pool::new()?;
/// let (a, b) = (vec![1.0_f32; 10_000], vec![2.0_f32; 10_000]);
/// let mut sum = vec![0.0_f32; 10_000];
/// pool.for_each_chunk((&mut sum, &a, &b), |(sum, a, b)| {
///     for ((s, a), b) in sum.iter_mut().zip(a).zip(b) {
///         *s = a + b;
///     }
/// })?;
/// assert!(sum.iter().all(|&s| s == 3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Chunks: sealed::Sealed {
    /// What hands out the chunks.
    type Source: Source<Chunk = Self::Chunk>;
    /// What the body of the loop gets.
    type Chunk;

    /// Turns the reference into a source of chunks.
    fn into_source(self) -> Self::Source;
}

/// Hands out chunks of what a loop goes over. Not for calling: it is public because [`Chunks`] names it.
///
/// # Safety
///
/// - `chunk` of disjoint ranges within `len` gives values that may be used on different threads at once.
pub unsafe trait Source: Sync {
    /// What the body of the loop gets.
    type Chunk;

    /// Returns the number of elements.
    ///
    /// # Errors
    ///
    /// [`LoopError::Lengths`] if several arrays differ.
    fn elements(&self) -> Result<usize, LoopError>;

    /// Returns the bytes of one element of each array together.
    fn element_bytes(&self) -> usize;

    /// Returns the elements of `range`.
    ///
    /// # Safety
    ///
    /// - `range` lies within `elements`.
    /// - No two calls get ranges that overlap.
    unsafe fn chunk(&self, range: Range<usize>) -> Self::Chunk;

    /// Checks that the memory behind the chunks was sound to the end.
    ///
    /// # Errors
    ///
    /// [`LoopError::Memory`] if a mapped file was truncated meanwhile.
    fn verify(&self) -> Result<(), LoopError> {
        Ok(())
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Returns how many elements a piece of a loop has, when one has `element_bytes`.
pub(crate) fn piece_len(element_bytes: usize) -> usize {
    let len = PIECE_BYTES / element_bytes.max(1);
    if len >= LINE_RUN { len / LINE_RUN * LINE_RUN } else { len.max(1) }
}

/// Chunks of a slice, for reading.
#[derive(Debug)]
pub struct SliceSource<'a, T>(&'a [T]);

/// Chunks of a slice, for writing.
#[derive(Debug)]
pub struct SliceMutSource<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: what is shared is the right to ask for disjoint chunks, each then used by one thread: as good as sending
// the parts of the slice, which wants `T: Send`.
unsafe impl<T: Send> Sync for SliceMutSource<'_, T> {}
// SAFETY: it stands for the `&mut [T]` that it was made of.
unsafe impl<T: Send> Send for SliceMutSource<'_, T> {}

// SAFETY: shared slices of a `Sync` type may be used on any thread.
unsafe impl<'a, T: Sync> Source for SliceSource<'a, T> {
    type Chunk = &'a [T];

    fn elements(&self) -> Result<usize, LoopError> {
        Ok(self.0.len())
    }

    fn element_bytes(&self) -> usize {
        size_of::<T>()
    }

    unsafe fn chunk(&self, range: Range<usize>) -> &'a [T] {
        &self.0[range]
    }
}

// SAFETY: exclusive slices of disjoint ranges of a `Send` type may be used on different threads.
unsafe impl<'a, T: Send> Source for SliceMutSource<'a, T> {
    type Chunk = &'a mut [T];

    fn elements(&self) -> Result<usize, LoopError> {
        Ok(self.len)
    }

    fn element_bytes(&self) -> usize {
        size_of::<T>()
    }

    unsafe fn chunk(&self, range: Range<usize>) -> &'a mut [T] {
        debug_assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: `add` wants to stay within one object: `range` lies within the slice (caller's duty).
        let start = unsafe { self.start.add(range.start) };
        // SAFETY: the slice was borrowed exclusively for `'a`; no other chunk has these elements (caller's duty).
        unsafe { std::slice::from_raw_parts_mut(start, range.len()) }
    }
}

impl<T> sealed::Sealed for &[T] {}
impl<T> sealed::Sealed for &mut [T] {}
impl<T> sealed::Sealed for &Vec<T> {}
impl<T> sealed::Sealed for &mut Vec<T> {}

impl<'a, T: Sync> Chunks for &'a [T] {
    type Source = SliceSource<'a, T>;
    type Chunk = &'a [T];

    fn into_source(self) -> Self::Source {
        SliceSource(self)
    }
}

impl<'a, T: Send> Chunks for &'a mut [T] {
    type Source = SliceMutSource<'a, T>;
    type Chunk = &'a mut [T];

    fn into_source(self) -> Self::Source {
        SliceMutSource { start: self.as_mut_ptr(), len: self.len(), slice: PhantomData }
    }
}

impl<'a, T: Sync> Chunks for &'a Vec<T> {
    type Source = SliceSource<'a, T>;
    type Chunk = &'a [T];

    fn into_source(self) -> Self::Source {
        self.as_slice().into_source()
    }
}

impl<'a, T: Send> Chunks for &'a mut Vec<T> {
    type Source = SliceMutSource<'a, T>;
    type Chunk = &'a mut [T];

    fn into_source(self) -> Self::Source {
        self.as_mut_slice().into_source()
    }
}

/// Returns the length that all have.
fn one_length(lengths: &[usize]) -> Result<usize, LoopError> {
    match lengths.iter().find(|&&other| other != lengths[0]) {
        None => Ok(lengths[0]),
        Some(&other) => Err(LoopError::Lengths { first: lengths[0], other }),
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),+) => {
        impl<$($name: Chunks),+> sealed::Sealed for ($($name,)+) {}

        impl<$($name: Chunks),+> Chunks for ($($name,)+) {
            type Source = ($($name::Source,)+);
            type Chunk = ($($name::Chunk,)+);

            fn into_source(self) -> Self::Source {
                ($(self.$index.into_source(),)+)
            }
        }

        // SAFETY: each member keeps the promise for itself.
        unsafe impl<$($name: Source),+> Source for ($($name,)+) {
            type Chunk = ($($name::Chunk,)+);

            fn elements(&self) -> Result<usize, LoopError> {
                one_length(&[$(self.$index.elements()?),+])
            }

            fn element_bytes(&self) -> usize {
                0 $(+ self.$index.element_bytes())+
            }

            unsafe fn chunk(&self, range: Range<usize>) -> Self::Chunk {
                ($(
                    // SAFETY: the duties are passed on; `elements` has shown that all have one length.
                    unsafe { self.$index.chunk(range.clone()) },
                )+)
            }

            fn verify(&self) -> Result<(), LoopError> {
                $(self.$index.verify()?;)+
                Ok(())
            }
        }
    };
}

tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_on_line_pairs() {
        for bytes in [1, 2, 4, 8, 12, 16, 24, 100, 128] {
            assert_eq!(piece_len(bytes) * bytes % 128, 0, "{bytes}");
            assert!(piece_len(bytes) * bytes <= PIECE_BYTES);
        }
        assert_eq!(piece_len(1 << 20), 1);
        assert_eq!(piece_len(0), PIECE_BYTES);
    }
}
