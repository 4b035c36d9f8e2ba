//! Arrays in memory that processes share.

#![allow(unsafe_code)]

use std::path::{Path, PathBuf};

use super::span::Storage;
use super::{Access, ArrayError, NewArray, Order, ReadOnly, SharedArray, UntrustedArray};
use crate::memory::Element;
use crate::memory::shared::{Header, Kind, Place, SharedError, SharedRegion};

impl<T: Element> SharedArray<T> {
    /// Makes an array of zeros, in C order, in memory that processes share. It has no name until [`NewArray::publish`].
    ///
    /// Whoever opens it says that nobody is in the other's way: opening is where the [duty](Self::open_named) is. To
    /// count together, or to change single elements at any time, there is [`AtomicArray`](super::AtomicArray).
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`]: the name is taken, there is no room, more than eight dimensions, the folder is not this user's alone.
    /// Nothing is left behind.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::shared::{Place, unlink};
    /// # let folder = tempfile::tempdir()?;
    /// let place = Place::file(folder.path().join("prices"));
    /// let mut prices = SharedArray::<f64>::create_named(place.clone(), &[3, 4])?;
    /// prices.fill(1.5);
    /// drop(prices.publish()?);
    ///
    /// // In another process. SAFETY: the first one only writes before it publishes, and nobody else writes.
    /// let theirs = unsafe { SharedArray::<f64>::open_named_read_only(place.clone()) }?;
    /// assert_eq!((theirs.shape(), theirs.iter().sum()), (&[3, 4][..], 18.0));
    /// unlink(place)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_named(place: impl Into<Place>, shape: &[usize]) -> Result<NewArray<T>, ArrayError> {
        let header = Header::of_array(Kind::Array, T::SHAPE, shape)?;
        let (region, name) = SharedRegion::create(&place.into(), header)?.into_parts();
        // SAFETY: nobody can open the region before it is published; whoever does then has the duties of `open_named`.
        let array = unsafe { over(region, true) }?;
        Ok(NewArray::of_shared(array, name))
    }

    /// Opens an array that a process has [created](Self::create_named), for change in place.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`]: there is none, it is no region, it holds something else or other elements, its file belongs to another
    /// user or could be written by others.
    ///
    /// # Safety
    ///
    /// As long as the array or a part of it lives, in this process and in all others that have the region open:
    ///
    /// - Nobody changes an element that is read through this array, from when a slice with it is borrowed until it is returned.
    /// - Nobody reads or changes an element that is changed through this array, likewise.
    ///
    /// How processes agree on who does what when is theirs: by an order in which they run, by an
    /// [`AtomicArray`](super::AtomicArray), over a pipe. What one wrote is seen by another that heard of it in such a way.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::shared::Place;
    /// # let folder = tempfile::tempdir()?;
    /// # let place = Place::file(folder.path().join("prices"));
    /// # SharedArray::<f64>::create_named(place.clone(), &[4])?.publish()?;
    /// // SAFETY: the process that created it has ended, and no other knows of it.
    /// let mut prices = unsafe { SharedArray::<f64>::open_named(place) }?;
    /// for price in prices.iter_mut() {
    ///     *price += 0.5;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn open_named(place: impl Into<Place>) -> Result<Self, ArrayError> {
        let region = SharedRegion::open(&place.into(), true)?;
        // SAFETY: the caller has the duties.
        unsafe { over(region, true) }
    }

    /// Opens an array that a process has [created](Self::create_named), for reading.
    ///
    /// # Errors
    ///
    /// As [`open_named`](Self::open_named).
    ///
    /// # Safety
    ///
    /// The first of the duties of [`open_named`](Self::open_named).
    ///
    /// # Examples
    ///
    /// See [`create_named`](Self::create_named).
    pub unsafe fn open_named_read_only(
        place: impl Into<Place>,
    ) -> Result<SharedArray<T, ReadOnly>, ArrayError> {
        let region = SharedRegion::open(&place.into(), false)?;
        // SAFETY: the caller has the duties; nothing is changed through it.
        unsafe { over(region, false) }
    }

    /// Opens an array whose other users are not trusted to keep to anything, to take copies out of it. No duty.
    ///
    /// Whose the file is, and who may write to it, is not asked.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`]: there is none, it is no region, it holds something else or other elements.
    ///
    /// # Examples
    ///
    /// See [`UntrustedArray`].
    pub fn open_untrusted(place: impl Into<Place>) -> Result<UntrustedArray<T>, ArrayError> {
        UntrustedArray::open(place.into().any_owner())
    }
}

impl<T: Element, A: Access> SharedArray<T, A> {
    /// Returns where the array is, for [others](SharedRegion::send) that are to open it too; also of one without a name.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Shared`] if the array is in no memory that processes share.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::shared::{Place, SharedRegion};
    /// let prices = SharedArray::<f64>::create_named(Place::memory(), &[4])?.publish()?;
    /// let region = SharedRegion::inspect(&prices.place()?)?; // to be sent, or passed to a child
    /// assert_eq!(region.header().dimensions(), [4]);
    /// assert!(SharedArray::<f64>::anonymous(&[4])?.place().is_err());
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn place(&self) -> Result<Place, ArrayError> {
        let region = self.region();
        let missing =
            || SharedError::Missing { path: region.path().map_or_else(PathBuf::new, Path::to_owned) };
        Ok(Place::of_open(region.file().ok_or_else(missing)?)?)
    }
}

/// Makes an array of the elements of a region.
///
/// # Safety
///
/// The duties of [`SharedArray::open_named`], of which the second is for those that are opened for change.
unsafe fn over<T: Element, A: Access>(
    region: SharedRegion,
    for_change: bool,
) -> Result<SharedArray<T, A>, ArrayError> {
    region.require(Kind::Array, T::SHAPE)?;
    let (offset, len) = region.elements(size_of::<T>())?;
    let shape = region.header().dimensions().iter().map(|&dimension| dimension as usize).collect();
    // SAFETY: what is read or changed through slices is nobody else's meanwhile (the caller's duties).
    let region = unsafe { region.into_region(for_change) };
    Ok(SharedArray::from_storage(Storage { region, shape, order: Order::C, len, offset }))
}
