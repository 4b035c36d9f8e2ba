//! An atomic array in memory that processes share.
//!
//! The elements are cells and nothing else, here and in every other process: the region's kind says so, and nothing of this library
//! makes slices of one of that kind. So to open it takes no duty.
//!
//! - C1: the cells that the extent counts lie at `first`, in a region that is mapped as long as it lives (V1), at a multiple of their
//!   size: the header, copied out and checked, says where (V2), and the extent that they are there (X1).

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::extent::Extent;
use super::{AtomicArray, AtomicElement, Atomics};
use crate::array::ArrayError;
use crate::memory::shared::{Header, Kind, Place, SharedError, SharedRegion, open_or_create};

/// The cells of a shared region.
#[derive(Debug)]
pub(super) struct NamedCells<T: AtomicElement> {
    first: NonNull<T>,
    extent: Extent,
    region: SharedRegion,
}

// SAFETY: it gives cells and nothing else, which any number of threads may use; the rest is `Send`.
unsafe impl<T: AtomicElement> Send for NamedCells<T> {}
// SAFETY: as above; the rest is `Sync`.
unsafe impl<T: AtomicElement> Sync for NamedCells<T> {}

impl<T: AtomicElement> NamedCells<T> {
    /// Finds the cells in a region.
    fn over(region: SharedRegion) -> Result<Self, SharedError> {
        region.require(Kind::AtomicArray, T::SHAPE)?;
        let (offset, len) = region.elements(size_of::<T>())?;
        // SAFETY: `add` wants to stay in the mapping: the section begins within the region (H1, V1).
        let first = unsafe { region.base().add(offset) };
        // SAFETY: a mapping is never at address zero.
        let first = unsafe { NonNull::new_unchecked(first.cast::<T>()) };
        let extent = Extent::of(&region, offset, len)?;
        Ok(Self { first, extent, region })
    }

    pub(super) fn view(&self) -> Atomics<'_, T> {
        let len = self.extent.len(&self.region, size_of::<T>());
        // SAFETY: valid and aligned (C1) as long as we are borrowed; seen as cells alone, here and elsewhere.
        unsafe { Atomics::from_raw(self.first.as_ptr(), len) }
    }

    pub(super) fn region(&self) -> &SharedRegion {
        &self.region
    }
}

impl<T: AtomicElement> AtomicArray<T> {
    /// Makes an array of `len` zeros in memory that processes share, under a name or at a path.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`]: the name is taken, there is no room, the folder is not this user's alone. Nothing is left behind.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::{Place, unlink};
    /// # let folder = tempfile::tempdir()?;
    /// let place = Place::file(folder.path().join("counts"));
    /// let ours = AtomicArray::<u64>::create_named(place.clone(), 10)?;
    /// let theirs = AtomicArray::<u64>::open_named(place.clone())?; // in another process
    /// theirs.view().add(3, 7)?;
    /// assert_eq!(ours.view().load(3)?, 7);
    /// unlink(place)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_named(place: impl Into<Place>, len: usize) -> Result<Self, ArrayError> {
        Ok(create(&place.into(), fixed::<T>(len)?)?)
    }

    /// Opens an array that a process has [created](Self::create_named), this one or another.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`]: there is none, it is no region, it holds something else or other elements, its file belongs to another
    /// user or could be written by others.
    ///
    /// # Examples
    ///
    /// See [`create_named`](Self::create_named).
    pub fn open_named(place: impl Into<Place>) -> Result<Self, ArrayError> {
        Ok(open(&place.into())?)
    }

    /// Opens the array that is there, or creates one of `len` zeros if nothing is. Of several processes that do so at once one
    /// creates it.
    ///
    /// # Errors
    ///
    /// As [`create_named`](Self::create_named) and [`open_named`](Self::open_named). An array that is there may have another length.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::Place;
    /// # let folder = tempfile::tempdir()?;
    /// let place = || Place::file(folder.path().join("counts"));
    /// let first = AtomicArray::<i32>::open_or_create_named(place(), 4)?;
    /// let second = AtomicArray::<i32>::open_or_create_named(place(), 4)?;
    /// first.view().store(0, -1)?;
    /// assert_eq!(second.view().load(0)?, -1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_or_create_named(place: impl Into<Place>, len: usize) -> Result<Self, ArrayError> {
        let place = place.into();
        Ok(open_or_create(|| open(&place), || create(&place, fixed::<T>(len)?))?)
    }

    /// Makes an array of `len` zeros that may [grow](Self::grow) to `most_len`, in memory that processes share.
    ///
    /// Addresses for all of them are taken now, memory as it grows. So nothing moves when it does, and views that others have
    /// stay as they are.
    ///
    /// # Errors
    ///
    /// As [`create_named`](Self::create_named).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::Place;
    /// # let folder = tempfile::tempdir()?;
    /// let place = Place::file(folder.path().join("counts"));
    /// let ours = AtomicArray::<u64>::create_growing(place.clone(), 10, 1 << 30)?;
    /// let theirs = AtomicArray::<u64>::open_named(place)?; // in another process
    /// ours.grow(1000)?;
    /// theirs.view().add(999, 7)?;
    /// assert_eq!(ours.view().load(999)?, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_growing(place: impl Into<Place>, len: usize, most_len: usize) -> Result<Self, ArrayError> {
        let header = Header::of_growing_array(Kind::AtomicArray, T::SHAPE, len, most_len)?;
        Ok(create(&place.into(), header)?)
    }

    /// Makes room for `len` elements, the new ones zeros, for every process that shares the array. It never becomes shorter.
    ///
    /// A view keeps the length that it had when it was taken; the next one has the new length. Several may do this at once.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`]: more than the array may have, or no room. An array of this process alone does not grow.
    ///
    /// # Examples
    ///
    /// See [`create_growing`](Self::create_growing).
    pub fn grow(&self, len: usize) -> Result<(), ArrayError> {
        match self.named() {
            Some(cells) => Ok(cells.extent.grow(&cells.region, len, size_of::<T>())?),
            None if len <= self.view().len() => Ok(()),
            None => {
                Err(SharedError::TooLarge { requested_bytes: len.saturating_mul(size_of::<T>()) as u64 }
                    .into())
            }
        }
    }

    /// Says whether the array is whole: an error once its file has been cut short, or if others claim what is not true.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::Place;
    /// AtomicArray::<u64>::create_named(Place::memory(), 10)?.check()?;
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn check(&self) -> Result<(), ArrayError> {
        Ok(self.named().map_or(Ok(()), |cells| cells.extent.check(&cells.region))?)
    }

    /// Returns the region that the array lies in, if processes share it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::{AtomicArray, SharedArray};
    /// assert!(SharedArray::<u8>::anonymous(&[1])?.into_atomics().region().is_none());
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn region(&self) -> Option<&SharedRegion> {
        self.named().map(NamedCells::region)
    }
}

fn fixed<T: AtomicElement>(len: usize) -> Result<Header, SharedError> {
    Header::of_array(Kind::AtomicArray, T::SHAPE, &[len])
}

fn create<T: AtomicElement>(place: &Place, header: Header) -> Result<AtomicArray<T>, SharedError> {
    let region = SharedRegion::create(place, header)?.publish()?;
    Ok(AtomicArray::of_named(NamedCells::over(region)?))
}

fn open<T: AtomicElement>(place: &Place) -> Result<AtomicArray<T>, SharedError> {
    let region = SharedRegion::open(place, true)?;
    Ok(AtomicArray::of_named(NamedCells::over(region)?))
}
