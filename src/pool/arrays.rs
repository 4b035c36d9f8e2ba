//! Arrays as what a loop goes over: their slices, and a look at the file when the loop is over.

#![allow(unsafe_code)]

use std::ops::Range;

use super::chunks::{Chunks, SliceMutSource, SliceSource, Source, sealed::Sealed};
use super::error::LoopError;
use crate::array::{Access, NewArray, Part, SharedArray};
use crate::memory::{Element, Region};

/// Chunks of a slice that lies in a region, which is asked in the end whether the file was there all the time.
#[derive(Debug)]
pub struct RegionSource<'a, S> {
    slice: S,
    region: &'a Region,
}

// SAFETY: the slice's promise; the region is only asked, and is `Sync`.
unsafe impl<S: Source> Source for RegionSource<'_, S> {
    type Chunk = S::Chunk;

    fn elements(&self) -> Result<usize, LoopError> {
        self.slice.elements()
    }

    fn element_bytes(&self) -> usize {
        self.slice.element_bytes()
    }

    unsafe fn chunk(&self, range: Range<usize>) -> S::Chunk {
        // SAFETY: the duties are passed on.
        unsafe { self.slice.chunk(range) }
    }

    fn verify(&self) -> Result<(), LoopError> {
        Ok(self.region.check()?)
    }
}

impl<T: Element, A: Access> Sealed for &SharedArray<T, A> {}
impl<T: Element> Sealed for &mut SharedArray<T> {}
impl<T: Element> Sealed for &Part<T> {}
impl<T: Element> Sealed for &mut Part<T> {}
impl<T: Element> Sealed for &mut NewArray<T> {}

impl<'a, T: Element, A: Access> Chunks for &'a SharedArray<T, A> {
    type Source = RegionSource<'a, SliceSource<'a, T>>;
    type Chunk = &'a [T];

    fn into_source(self) -> Self::Source {
        RegionSource { slice: self.as_slice().into_source(), region: self.region() }
    }
}

impl<'a, T: Element> Chunks for &'a mut SharedArray<T> {
    type Source = RegionSource<'a, SliceMutSource<'a, T>>;
    type Chunk = &'a mut [T];

    fn into_source(self) -> Self::Source {
        let (elements, region) = self.parts_mut();
        RegionSource { slice: elements.into_source(), region }
    }
}

impl<'a, T: Element> Chunks for &'a Part<T> {
    type Source = RegionSource<'a, SliceSource<'a, T>>;
    type Chunk = &'a [T];

    fn into_source(self) -> Self::Source {
        RegionSource { slice: (**self).into_source(), region: self.region() }
    }
}

impl<'a, T: Element> Chunks for &'a mut Part<T> {
    type Source = RegionSource<'a, SliceMutSource<'a, T>>;
    type Chunk = &'a mut [T];

    fn into_source(self) -> Self::Source {
        let (elements, region) = self.parts_mut();
        RegionSource { slice: elements.into_source(), region }
    }
}

impl<'a, T: Element> Chunks for &'a mut NewArray<T> {
    type Source = SliceMutSource<'a, T>;
    type Chunk = &'a mut [T];

    fn into_source(self) -> Self::Source {
        (&mut **self).into_source()
    }
}
