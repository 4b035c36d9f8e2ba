//! A region: whole pages of memory, anonymous or a file's, unmapped when dropped.
//!
//! A region is owned by one handle. Through it the bytes are a slice; whoever wants to hand out parts keeps the region
//! in an `Arc` and the slices apart.
//!
//! - R1: `len` bytes from `base` on are mapped, initialised and readable as long as the region lives, and writable if
//!   it was made for change. The kernel fills every page before it can be read.
//! - R2: within this program the bytes change only through the region: anonymous pages have no other name, and a file
//!   is locked, so no other region in any process lies over a file that one is changing. Programs that do not ask for
//!   the lock are the subject of the file contract. Of a shared region that became one (`shared/region.rs`) whoever opened it
//!   vouched for this.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::first_touch::FirstTouch;
use super::open::{RegionOptions, addressable};
use super::{Advice, NewRegion, RegionError, layout};
use crate::error::SystemError;
use crate::sys::file::Locked;
use crate::sys::map::{self, Mapping};

/// Whole pages of memory, anonymous or a file's. Dropping a region unmaps it; a file keeps what was written.
///
/// # File contract
///
/// A region of a file shows the file as it is, so another program can change what is in it. Between programs that use
/// this library a lock keeps that from happening: a file open for change is open once. Programs that do not ask for
/// that lock can still write to the file, and the caller vouches that none does while the region is read or changed:
/// what is read may otherwise be any mixture of old and new, from one instruction to the next, and what has been
/// checked may change after the check. A file that is *cut short* is not part of that promise: with
/// [`Faults::Guarded`](super::Faults::Guarded), the default, the missing pages read as zeros and [`check`](Self::check) is an error.
///
/// Where the writers cannot be trusted, read the file into memory of your own with `std::fs::read`.
///
/// # Examples
///
/// ```
/// use ringmill::memory::Region;
/// let region = Region::open("Cargo.toml")?;
/// assert!(region.as_bytes().starts_with(b"["));
/// region.check()?; // nobody cut the file short while we looked
/// # Ok::<(), ringmill::memory::RegionError>(())
/// ```
#[derive(Debug)]
pub struct Region {
    // Goes before the file, and with it the lock, does.
    map: Mapping,
    backing: Option<Backing>,
    writable: bool,
    first_touch: FirstTouch,
}

#[derive(Debug)]
struct Backing {
    file: Locked,
    path: PathBuf,
}

impl Region {
    /// Takes the mapping of a locked file (R2) whose pages are all there when it is made (R1).
    pub(super) fn of_file(map: Mapping, file: Locked, path: &Path, writable: bool) -> Self {
        let faulting_is_cheap = map::faulting_is_cheap(file.file());
        let first_touch = if faulting_is_cheap { FirstTouch::never() } else { FirstTouch::of(map.len()) };
        Self { map, backing: Some(Backing { file, path: path.to_owned() }), writable, first_touch }
    }

    /// Maps `len_bytes` bytes of zeros that belong to this process alone.
    ///
    /// Pages take up memory from their first touch on.
    ///
    /// # Errors
    ///
    /// [`RegionError::TooLarge`] and [`RegionError::System`], if there is no such room.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::Region;
    /// let mut region = Region::anonymous(100)?;
    /// region.as_bytes_mut().unwrap()[99] = 7;
    /// assert_eq!(region.as_bytes().iter().map(|&byte| usize::from(byte)).sum::<usize>(), 7);
    /// # Ok::<(), ringmill::memory::RegionError>(())
    /// ```
    pub fn anonymous(len_bytes: usize) -> Result<Self, RegionError> {
        let len = addressable(len_bytes as u64)?;
        let map =
            Mapping::anonymous(len).map_err(|error| RegionError::System(SystemError::new("mmap", error)))?;
        Ok(Self { map, backing: None, writable: true, first_touch: FirstTouch::of(len) })
    }

    /// Returns the choices of how to map a file.
    ///
    /// # Examples
    ///
    /// See [`RegionOptions`].
    pub fn options() -> RegionOptions {
        RegionOptions::default()
    }

    /// Maps a whole file for reading. An empty file is an empty region. A pipe is an error, not a wait.
    ///
    /// Others may read the file meanwhile; see [the contract](Self#file-contract) on who must not write to it.
    ///
    /// # Errors
    ///
    /// [`RegionError::NotAFile`] for a directory, a pipe or a device, [`RegionError::InUse`] if it is open for change,
    /// [`RegionError::System`] if it is missing or may not be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::Region;
    /// let region = Region::open("Cargo.toml")?;
    /// assert_eq!(region.len_bytes(), region.as_bytes().len());
    /// assert!(Region::open("no-such-file").is_err());
    /// # Ok::<(), ringmill::memory::RegionError>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RegionError> {
        Self::options().open(path)
    }

    /// Maps a whole file for change in place: what is written to the region is written to the file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and [`RegionError::NotWritable`] if the file may not be changed,
    /// [`RegionError::InUse`] if it is open through this library anywhere, in this process or another.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::Region;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("greeting");
    /// std::fs::write(&path, "hello")?;
    /// let mut region = Region::open_for_change(&path)?;
    /// region.as_bytes_mut().unwrap()[0] = b'j';
    /// drop(region);
    /// assert_eq!(std::fs::read(&path)?, b"jello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_for_change(path: impl AsRef<Path>) -> Result<Self, RegionError> {
        Self::options().open_for_change(path)
    }

    /// Creates a file of `len_bytes` zeros, every byte with its place on the disk, and maps it for change.
    ///
    /// The file has no name until [`NewRegion::publish`].
    ///
    /// # Errors
    ///
    /// [`RegionError::Full`] if there is no room, [`RegionError::System`] if the folder is missing or may not be
    /// written to. Nothing is left behind.
    ///
    /// # Examples
    ///
    /// See [`NewRegion`].
    pub fn create(path: impl AsRef<Path>, len_bytes: usize) -> Result<NewRegion, RegionError> {
        Self::options().create(path, len_bytes)
    }

    /// Returns the length in bytes: what was asked for, or the file's length when it was mapped.
    pub fn len_bytes(&self) -> usize {
        self.map.len()
    }

    /// Returns the path by which the file was opened, if there is a file.
    pub fn path(&self) -> Option<&Path> {
        self.backing.as_ref().map(|backing| backing.path.as_path())
    }

    /// Returns the file, if there is one.
    pub(crate) fn file(&self) -> Option<&File> {
        self.backing.as_ref().map(|backing| backing.file.file())
    }

    /// Says whether the bytes may be changed through this region.
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// Returns the bytes. They start on a page.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: `from_raw_parts` wants `len` initialised bytes that nobody changes while the slice lives. They are
        // there (R1), and only a mutable borrow of the region or the owner of its parts changes them (R2).
        unsafe { std::slice::from_raw_parts(self.map.as_ptr(), self.map.len()) }
    }

    /// Returns the bytes for change, or `None` if the file was opened for reading.
    pub fn as_bytes_mut(&mut self) -> Option<&mut [u8]> {
        if !self.writable {
            return None;
        }
        // SAFETY: as in `as_bytes`, and writable (R1); we are borrowed mutably, so this is the only slice.
        Some(unsafe { std::slice::from_raw_parts_mut(self.map.as_ptr(), self.map.len()) })
    }

    /// Returns the first byte's address, for whoever keeps slices apart by other means than borrowing.
    pub(crate) fn base(&self) -> *mut u8 {
        self.map.as_ptr()
    }

    /// Advises the kernel on the whole region.
    ///
    /// # Errors
    ///
    /// [`RegionError::System`] if the kernel does not know the advice; all else works on without it.
    ///
    /// # Examples
    ///
    /// See [`Advice`].
    pub fn advise(&self, advice: Advice) -> Result<(), RegionError> {
        self.advise_range(advice, 0..self.len_bytes())
    }

    /// Advises the kernel on the pages that hold the bytes of `range`. Threads may do this side by side.
    ///
    /// # Errors
    ///
    /// [`RegionError::OutOfRange`], and as [`advise`](Self::advise).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::{Advice, Region};
    /// let region = Region::anonymous(1 << 20)?;
    /// region.advise_range(Advice::WillNeed, 0..4096)?;
    /// assert!(region.advise_range(Advice::WillNeed, 0..(1 << 20) + 1).is_err());
    /// # Ok::<(), ringmill::memory::RegionError>(())
    /// ```
    pub fn advise_range(&self, advice: Advice, range: Range<usize>) -> Result<(), RegionError> {
        let pages = self.pages(&range)?;
        if pages.is_empty() {
            return Ok(());
        }
        self.map.advise(advice.hint(), pages).map_err(|error| self.failed("madvise", error))
    }

    /// Maps the pages that hold the bytes of `range` for writing, unless that has been done before. Only speed changes.
    ///
    /// For loops that are about to change all of them: so pages are made by whoever uses them, many at a time.
    #[inline]
    pub(crate) fn prepare_for_change(&self, range: Range<usize>) {
        self.first_touch.claim(range, |block| {
            let block = block.start..block.end.min(self.len_bytes());
            // A kernel that does not know the advice, or a page that is not there, shows when it is touched.
            let _ = self.map.advise(Advice::PopulateWrite.hint(), block);
        });
    }

    /// Takes the whole pages within `range` out of this process's memory; the next access reads the file again.
    ///
    /// What has been written stays in the file. An anonymous region keeps its pages: it has no other copy.
    ///
    /// # Errors
    ///
    /// As [`advise_range`](Self::advise_range).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::Region;
    /// let region = Region::open("Cargo.lock")?;
    /// let before = region.as_bytes().to_vec();
    /// region.release_range(0..region.len_bytes())?;
    /// assert_eq!(region.as_bytes(), before);
    /// # Ok::<(), ringmill::memory::RegionError>(())
    /// ```
    pub fn release_range(&self, range: Range<usize>) -> Result<(), RegionError> {
        self.pages(&range)?;
        let pages = layout::pages_within(range);
        // A page in the place of one that the file lost has no other copy either, and may have been written to. One that
        // is replaced while we are borrowed has not.
        if pages.is_empty() || self.backing.is_none() || self.map.lost_from().is_some() {
            return Ok(());
        }
        #[cfg(unix)]
        // SAFETY: `release` wants pages that hold what the file holds: there is a file behind ours, and none was lost.
        unsafe { self.map.release(pages) }.map_err(|error| self.failed("madvise", error))?;
        Ok(())
    }

    /// Waits until the disk has what was written. Without it the kernel writes in its own time, and a process that
    /// ends loses nothing; only a machine that loses power does.
    ///
    /// # Errors
    ///
    /// [`RegionError::System`] if the disk fails, and as [`check`](Self::check).
    ///
    /// # Examples
    ///
    /// ```
    /// # let region = ringmill::memory::Region::anonymous(4096)?;
    /// region.flush()?; // nothing to do: this one has no file
    /// # Ok::<(), ringmill::memory::RegionError>(())
    /// ```
    pub fn flush(&self) -> Result<(), RegionError> {
        if self.backing.is_some() && self.writable && self.len_bytes() > 0 {
            self.map.flush().map_err(|error| self.failed("msync", error))?;
        }
        self.check()
    }

    /// Says whether all that was read so far was the file's: an error once the file has been cut short.
    ///
    /// One system call. Whoever reads calls it after the last byte and before the result is used; the parallel loops
    /// and scans of this library do.
    ///
    /// # Errors
    ///
    /// [`RegionError::Truncated`] if the file is shorter than the region, [`RegionError::Lost`] if pages were missing
    /// although it is not.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::{Region, RegionError};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("log");
    /// std::fs::write(&path, [1; 10_000])?;
    /// let region = Region::open(&path)?;
    /// std::fs::File::options().write(true).open(&path)?.set_len(10)?; // another program, as it were
    /// let sum: u64 = region.as_bytes().iter().map(|&byte| u64::from(byte)).sum();
    /// assert!(sum < 10_000);
    /// assert!(matches!(region.check(), Err(RegionError::Truncated { file_bytes: 10, .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self) -> Result<(), RegionError> {
        let Some(Backing { file, path }) = &self.backing else {
            return Ok(());
        };
        let file_bytes = file.file().metadata().map_err(|error| self.failed("fstat", error))?.len();
        let mapped_bytes = self.len_bytes() as u64;
        if file_bytes < mapped_bytes {
            return Err(RegionError::Truncated { path: path.clone(), mapped_bytes, file_bytes });
        }
        match self.map.lost_from() {
            Some(from) => Err(RegionError::Lost { path: path.clone(), from_byte: from as u64 }),
            None => Ok(()),
        }
    }

    /// Returns the pages of a range that has to lie in the region.
    fn pages(&self, range: &Range<usize>) -> Result<Range<usize>, RegionError> {
        let len_bytes = self.len_bytes();
        match layout::pages(range.clone()) {
            Some(pages) if range.start <= range.end && range.end <= len_bytes => {
                Ok(pages.start..pages.end.min(len_bytes))
            }
            _ => Err(RegionError::OutOfRange { end: range.end.max(range.start), len_bytes }),
        }
    }

    fn failed(&self, call: &'static str, error: io::Error) -> RegionError {
        RegionError::System(match self.path() {
            Some(path) => SystemError::at(call, path, error),
            None => SystemError::new(call, error),
        })
    }
}
