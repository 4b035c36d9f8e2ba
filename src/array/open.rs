//! Where arrays come from: fresh memory, raw files, `.npy` files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::npy::header_bytes;
use super::span::Storage;
use super::{Access, ArrayError, NewArray, NpyError, NpyHeader, Order, ReadOnly, SharedArray};
use crate::error::SystemError;
use crate::memory::open::open_regular;
use crate::memory::{Advice, Element, Region, RegionError, layout};
use crate::sys::balloon;

/// From this size on, fresh memory is asked for in large pages, as numpy does.
const WORTH_LARGE_PAGES: usize = 4 << 20;

impl<T: Element> SharedArray<T> {
    /// Makes an array of zeros that belongs to this process alone. Its pages take up memory from their first touch on.
    ///
    /// # Errors
    ///
    /// [`ArrayError::TooManyElements`], and [`ArrayError::Region`] if there is no such room.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let array = SharedArray::<i32>::anonymous(&[1000, 1000])?;
    /// assert_eq!(array.len(), 1_000_000);
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn anonymous(shape: &[usize]) -> Result<Self, ArrayError> {
        Self::fresh(shape, true)
    }

    /// The same, to be filled once: in large pages only where they come at once.
    pub(crate) fn anonymous_to_fill(shape: &[usize]) -> Result<Self, ArrayError> {
        Self::fresh(shape, !balloon::takes_free_memory())
    }

    fn fresh(shape: &[usize], large_pages: bool) -> Result<Self, ArrayError> {
        let (len, bytes) = size::<T>(shape, 0)?;
        let region = Region::anonymous(bytes)?;
        if large_pages && bytes >= WORTH_LARGE_PAGES {
            // Only speed is lost where the kernel has none.
            let _ = region.advise(Advice::HugePages);
        }
        Ok(Self::from_storage(Storage { region, shape: shape.to_vec(), order: Order::C, len, offset: 0 }))
    }

    /// Maps an `.npy` file for change in place: what is written to the array is written to the file.
    ///
    /// Versions 1 to 3 of the format, little-endian, in C or Fortran order. Opening it is safe; what the caller vouches
    /// for is said [above](Self#file-contract).
    ///
    /// # Errors
    ///
    /// [`ArrayError::Region`] if it cannot be opened for change, [`ArrayError::Npy`] if it is not an `.npy` file that
    /// can be used where it lies, [`ArrayError::WrongType`] if its elements are not `T`.
    ///
    /// # Examples
    ///
    /// See the [module](crate::array).
    pub fn open_npy(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        npy_in(Region::open_for_change(path)?)
    }

    /// Maps a file that holds nothing but elements for change in place. The array has one dimension.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Region`] if it cannot be opened for change, [`ArrayError::NotWholeElements`] if its size is not a
    /// multiple of the element's.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("samples");
    /// std::fs::write(&path, [1, 0, 2, 0])?;
    /// SharedArray::<u16>::open_raw(&path)?[0] += 9;
    /// assert_eq!(std::fs::read(&path)?, [10, 0, 2, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_raw(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        raw_in(Region::open_for_change(path)?)
    }

    /// Takes a region that holds an `.npy` file, for change in place: [`open_npy`](Self::open_npy) for a region that was
    /// opened with [options](crate::memory::RegionOptions) of its own.
    ///
    /// # Errors
    ///
    /// [`ArrayError::NotForChange`] if the region was opened for reading, and as [`open_npy`](Self::open_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::{Faults, Region};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("prices.npy");
    /// # SharedArray::<f64>::create_npy(&path, &[3])?.publish()?;
    /// let region = Region::options().faults(Faults::Signal).open_for_change(&path)?;
    /// let mut prices = SharedArray::<f64>::from_npy(region)?;
    /// prices[0] = 1.0;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_npy(region: Region) -> Result<Self, ArrayError> {
        npy_in(for_change(region)?)
    }

    /// Takes a region that holds nothing but elements, for change in place. As [`open_raw`](Self::open_raw).
    ///
    /// # Errors
    ///
    /// [`ArrayError::NotForChange`] if the region was opened for reading, [`ArrayError::NotWholeElements`] if its size
    /// is not a multiple of the element's.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// use ringmill::memory::Region;
    /// let array = SharedArray::<u32>::from_raw(Region::anonymous(400)?)?;
    /// assert_eq!(array.len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_raw(region: Region) -> Result<Self, ArrayError> {
        raw_in(for_change(region)?)
    }

    /// Takes a region that holds an `.npy` file, for reading. As [`open_npy_read_only`](Self::open_npy_read_only).
    ///
    /// # Errors
    ///
    /// As [`open_npy`](Self::open_npy).
    ///
    /// # Examples
    ///
    /// As [`from_npy`](Self::from_npy).
    pub fn from_npy_read_only(region: Region) -> Result<SharedArray<T, ReadOnly>, ArrayError> {
        npy_in(region)
    }

    /// Takes a region that holds nothing but elements, for reading. As [`open_raw_read_only`](Self::open_raw_read_only).
    ///
    /// # Errors
    ///
    /// [`ArrayError::NotWholeElements`] if its size is not a multiple of the element's.
    ///
    /// # Examples
    ///
    /// As [`from_raw`](Self::from_raw).
    pub fn from_raw_read_only(region: Region) -> Result<SharedArray<T, ReadOnly>, ArrayError> {
        raw_in(region)
    }

    /// Reads an `.npy` file into memory of its own. The file is not locked, not mapped, and never changed.
    ///
    /// For files whose other writers cannot be trusted, and for those whose elements do not lie at a multiple of their
    /// size.
    ///
    /// # Errors
    ///
    /// As [`open_npy_read_only`](SharedArray::open_npy_read_only).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("prices.npy");
    /// # SharedArray::<f64>::create_npy(&path, &[3])?.publish()?;
    /// let mut copy = SharedArray::<f64>::load_npy(&path)?;
    /// copy[0] = 1.0; // the file stays as it is
    /// assert_eq!(SharedArray::<f64>::open_npy(&path)?[0], 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load_npy(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        let path = path.as_ref();
        let (mut file, header) = read_header(path)?;
        require::<T>(&header, path)?;
        let (len, bytes) = size::<T>(header.shape(), 0)?;
        let mut region = Region::anonymous(bytes)?;
        let at = |call, error| RegionError::System(SystemError::at(call, path, error));
        file.seek(SeekFrom::Start(header.data_offset() as u64)).map_err(|error| at("lseek", error))?;
        // An anonymous region is always for change.
        file.read_exact(region.as_bytes_mut().unwrap_or_default()).map_err(|error| at("read", error))?;
        let shape = header.shape().to_vec();
        Ok(Self::from_storage(Storage { region, shape, order: header.order(), len, offset: 0 }))
    }

    /// Creates an `.npy` file of zeros in C order, with every byte's place on the disk reserved.
    ///
    /// The file has no name until [`NewArray::publish`].
    ///
    /// # Errors
    ///
    /// [`ArrayError::TooManyElements`], and [`ArrayError::Region`] if there is no room. Nothing is left behind.
    ///
    /// # Examples
    ///
    /// See [`NewArray`].
    pub fn create_npy(path: impl AsRef<Path>, shape: &[usize]) -> Result<NewArray<T>, ArrayError> {
        let header = header_bytes(T::TYPE, shape);
        let (len, bytes) = size::<T>(shape, header.len())?;
        let mut new = Region::create(path, bytes)?;
        new.as_bytes_mut()[..header.len()].copy_from_slice(&header);
        let (region, name) = new.into_parts();
        let storage = Storage { region, shape: shape.to_vec(), order: Order::C, len, offset: header.len() };
        Ok(NewArray::new(Self::from_storage(storage), name))
    }

    /// Creates a file of `len` zeros and nothing else, with every byte's place on the disk reserved.
    ///
    /// The file has no name until [`NewArray::publish`].
    ///
    /// # Errors
    ///
    /// As [`create_npy`](Self::create_npy).
    ///
    /// # Examples
    ///
    /// See [`flush`](Self::flush).
    pub fn create_raw(path: impl AsRef<Path>, len: usize) -> Result<NewArray<T>, ArrayError> {
        let (_, bytes) = size::<T>(&[len], 0)?;
        let (region, name) = Region::create(path, bytes)?.into_parts();
        let storage = Storage { region, shape: vec![len], order: Order::C, len, offset: 0 };
        Ok(NewArray::new(Self::from_storage(storage), name))
    }

    /// Maps an `.npy` file for reading. As [`open_npy`](SharedArray::open_npy), but others may read it too.
    ///
    /// # Errors
    ///
    /// As [`open_npy`](SharedArray::open_npy).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("prices.npy");
    /// # SharedArray::<f64>::create_npy(&path, &[3])?.publish()?;
    /// let prices = SharedArray::<f64>::open_npy_read_only(&path)?;
    /// assert_eq!(*prices, [0.0; 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_npy_read_only(path: impl AsRef<Path>) -> Result<SharedArray<T, ReadOnly>, ArrayError> {
        npy_in(Region::open(path)?)
    }

    /// Maps a file that holds nothing but elements for reading. The array has one dimension.
    ///
    /// # Errors
    ///
    /// As [`open_raw`](SharedArray::open_raw).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::SharedArray;
    /// let bytes = SharedArray::<u8>::open_raw_read_only("Cargo.toml")?;
    /// assert_eq!(bytes[0], b'[');
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn open_raw_read_only(path: impl AsRef<Path>) -> Result<SharedArray<T, ReadOnly>, ArrayError> {
        raw_in(Region::open(path)?)
    }
}

impl NpyHeader {
    /// Reads the header of a file.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and [`ArrayError::Region`] if the file cannot be read. That the elements are all
    /// there is checked too.
    ///
    /// # Examples
    ///
    /// See [`NpyHeader`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        read_header(path.as_ref()).map(|(_, header)| header)
    }
}

/// Opens a file and reads as much of it as its header takes.
fn read_header(path: &Path) -> Result<(File, NpyHeader), ArrayError> {
    let at = |call, error| RegionError::System(SystemError::at(call, path, error));
    let file = open_regular(path, false)?;
    let file_bytes = file.metadata().map_err(|error| at("fstat", error))?.len();
    let mut bytes = Vec::new();
    // Enough for all that numpy writes; else the header has said how much it takes.
    let mut wanted = 4096;
    loop {
        let more = wanted - bytes.len() as u64;
        (&file).take(more).read_to_end(&mut bytes).map_err(|error| at("read", error))?;
        match NpyHeader::parse(&bytes) {
            Err(NpyError::HeaderCutShort { needed_bytes, .. })
                if needed_bytes <= file_bytes && needed_bytes > wanted =>
            {
                wanted = needed_bytes;
            }
            parsed => {
                let fits = |header: NpyHeader| header.fits(file_bytes).map(|()| header);
                let header = parsed.and_then(fits).map_err(|source| npy(path, source))?;
                return Ok((file, header));
            }
        }
    }
}

fn npy(path: &Path, source: NpyError) -> ArrayError {
    ArrayError::Npy { path: path.to_owned(), source }
}

/// Returns the number of elements of a shape, and the bytes that they take behind `offset` others.
fn size<T: Element>(shape: &[usize], offset: usize) -> Result<(usize, usize), ArrayError> {
    let len = layout::shape_len(shape);
    let bytes = len.and_then(layout::array_bytes::<T>).and_then(|bytes| bytes.checked_add(offset));
    len.zip(bytes).ok_or_else(|| ArrayError::TooManyElements { shape: shape.to_vec() })
}

fn require<T: Element>(header: &NpyHeader, path: &Path) -> Result<(), ArrayError> {
    match header.element_type() {
        found if found == T::TYPE => Ok(()),
        found => Err(ArrayError::WrongType { path: path.to_owned(), found, wanted: T::TYPE }),
    }
}

/// Returns a name for a region in errors.
fn place(region: &Region) -> PathBuf {
    region.path().unwrap_or(Path::new("memory")).to_owned()
}

fn for_change(region: Region) -> Result<Region, ArrayError> {
    match region.is_writable() {
        true => Ok(region),
        false => Err(ArrayError::NotForChange { path: place(&region) }),
    }
}

fn npy_in<T: Element, A: Access>(region: Region) -> Result<SharedArray<T, A>, ArrayError> {
    let path = place(&region);
    let header = NpyHeader::parse(region.as_bytes());
    // Zeros in the place of bytes that went away meanwhile are no header.
    region.check()?;
    let header = header.map_err(|source| npy(&path, source))?;
    require::<T>(&header, &path)?;
    header.fits(region.len_bytes() as u64).map_err(|source| npy(&path, source))?;
    let offset = header.data_offset();
    if !offset.is_multiple_of(size_of::<T>()) {
        return Err(npy(&path, NpyError::Misaligned { at_byte: offset, element_bytes: size_of::<T>() }));
    }
    let storage =
        Storage { region, shape: header.shape().to_vec(), order: header.order(), len: header.len(), offset };
    Ok(SharedArray::from_storage(storage))
}

fn raw_in<T: Element, A: Access>(region: Region) -> Result<SharedArray<T, A>, ArrayError> {
    let file_bytes = region.len_bytes();
    if !file_bytes.is_multiple_of(size_of::<T>()) {
        return Err(ArrayError::NotWholeElements {
            path: place(&region),
            file_bytes: file_bytes as u64,
            element_bytes: size_of::<T>(),
        });
    }
    let len = file_bytes / size_of::<T>();
    Ok(SharedArray::from_storage(Storage { region, shape: vec![len], order: Order::C, len, offset: 0 }))
}
