//! Arrays as what a loop goes over: their slices, and a watch over the memory they lie in.
//!
//! The watch hears of each chunk before it is used, so that pages are made by who uses them and many at once; and when
//! the loop is over it is asked whether the file was there all the time.

#![allow(unsafe_code)]

use std::ops::Range;

use super::chunks::{Chunks, SliceMutSource, SliceSource, Source, sealed::Sealed};
use super::error::LoopError;
use crate::array::{Access, NewArray, Part, SharedArray, Watch};
use crate::memory::Element;

/// Chunks of a slice that lies in memory under watch.
#[derive(Debug)]
pub struct WatchedSource<'a, S> {
    slice: S,
    watch: Watch<'a>,
}

// SAFETY: the slice's promise; the watch is only asked, and is `Sync`.
unsafe impl<S: Source> Source for WatchedSource<'_, S> {
    type Chunk = S::Chunk;

    fn elements(&self) -> Result<usize, LoopError> {
        self.slice.elements()
    }

    fn element_bytes(&self) -> usize {
        self.slice.element_bytes()
    }

    unsafe fn chunk(&self, range: Range<usize>) -> S::Chunk {
        self.watch.before_use(range.clone());
        // SAFETY: the duties are passed on.
        unsafe { self.slice.chunk(range) }
    }

    fn verify(&self) -> Result<(), LoopError> {
        Ok(self.watch.check()?)
    }
}

impl<T: Element, A: Access> Sealed for &SharedArray<T, A> {}
impl<T: Element> Sealed for &mut SharedArray<T> {}
impl<T: Element> Sealed for &Part<T> {}
impl<T: Element> Sealed for &mut Part<T> {}
impl<T: Element> Sealed for &mut NewArray<T> {}

impl<'a, T: Element, A: Access> Chunks for &'a SharedArray<T, A> {
    type Source = WatchedSource<'a, SliceSource<'a, T>>;
    type Chunk = &'a [T];

    fn into_source(self) -> Self::Source {
        WatchedSource { slice: self.as_slice().into_source(), watch: self.watch() }
    }
}

impl<'a, T: Element> Chunks for &'a Part<T> {
    type Source = WatchedSource<'a, SliceSource<'a, T>>;
    type Chunk = &'a [T];

    fn into_source(self) -> Self::Source {
        WatchedSource { slice: (**self).into_source(), watch: self.watch() }
    }
}

macro_rules! chunks_for_change {
    ($($array:ident)*) => {$(
        impl<'a, T: Element> Chunks for &'a mut $array<T> {
            type Source = WatchedSource<'a, SliceMutSource<'a, T>>;
            type Chunk = &'a mut [T];

            fn into_source(self) -> Self::Source {
                let (elements, watch) = self.as_watched_mut();
                WatchedSource { slice: elements.into_source(), watch }
            }
        }
    )*};
}

chunks_for_change! { SharedArray Part NewArray }
