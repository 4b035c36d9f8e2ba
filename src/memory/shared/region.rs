//! A region that is open: its header, copied out and checked, and the mapping.
//!
//! - V1: the bytes of the header's sections lie behind `base`, as far as the file reaches; they are mapped as long as the region
//!   lives, and a page that the file loses reads as zeros (`sys/fault.rs`).
//! - V2: geometry is the header's that was copied out (H1, H2). What the mapping says is never an index or a length.

#![allow(unsafe_code)]

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::header::HEADER_BYTES;
use super::{Header, Kind, Place, SharedError};
use crate::error::SystemError;
use crate::memory::open::addressable;
use crate::memory::{Advice, Region, TypeShape};
use crate::sys::file::{self, Locked};
use crate::sys::map::Mapping;
use crate::sys::{fd, identity, memfd};

/// A region that other processes may share. Dropping it unmaps it; the region stays until its name is removed and nobody
/// has it open.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::SharedRegion;
/// let missing = SharedRegion::inspect(&"no-region-has-this-name".into());
/// assert!(missing.is_err());
/// ```
#[derive(Debug)]
pub struct SharedRegion {
    map: Mapping,
    file: File,
    header: Header,
    path: PathBuf,
}

impl SharedRegion {
    /// Opens a region for a look at it: nothing can be written through this, and nobody who uses the region is disturbed.
    ///
    /// # Errors
    ///
    /// [`SharedError::Missing`], [`SharedError::Header`] if it is no region, and what else [`SharedError`] knows of files
    /// that others could write to.
    ///
    /// # Examples
    ///
    /// See [`SharedRegion`].
    pub fn inspect(place: &Place) -> Result<Self, SharedError> {
        Self::open(place, false)
    }

    /// Opens a region, for change or only to read.
    pub(crate) fn open(place: &Place, for_change: bool) -> Result<Self, SharedError> {
        let (file, path) = place.open(for_change)?;
        let header = read_header(&file, &path, place.any_owner)?;
        Self::map(file, path, header, for_change)
    }

    /// Maps a file as far as it may ever reach. What lies behind its end is not touched before the file has grown.
    pub(super) fn map(
        file: File,
        path: PathBuf,
        header: Header,
        for_change: bool,
    ) -> Result<Self, SharedError> {
        let too_large = SharedError::TooLarge { requested_bytes: header.most_bytes };
        let len = addressable(header.most_bytes).map_err(|_| too_large)?;
        let map = Mapping::file(&file, len, for_change, true)
            .map_err(|error| SharedError::System(SystemError::at("mmap", &path, error)))?;
        Ok(Self { map, file, header, path })
    }

    /// Returns what the region's first page says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Returns where the region was when it was opened, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the first byte's address. What is done there is argued by who does it (V1, V2).
    pub(crate) fn base(&self) -> *mut u8 {
        self.map.as_ptr()
    }

    /// Advises the kernel on all of it that the file has from the start.
    pub(crate) fn advise(&self, advice: Advice) -> Result<(), SharedError> {
        let bytes = 0..self.header.first_bytes as usize;
        let advised = self.map.advise(advice.hint(), bytes);
        advised.map_err(|error| SharedError::System(SystemError::at("madvise", &self.path, error)))
    }

    /// Returns the file, to lock bytes of it or to hand it on.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Sees to it that a child has the region open when it is started, and returns the number under which: for
    /// [`Place::inherited`]. How the child learns the number, from a variable or an argument, is the caller's affair.
    ///
    /// The descriptor stays open in the child, and in what that starts.
    ///
    /// # Errors
    ///
    /// [`SharedError::System`]: this process has too many files open.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::Place;
    /// use std::process::Command;
    ///
    /// let counts = AtomicArray::<u64>::create_named(Place::memory(), 4)?;
    /// let mut child = Command::new("sh");
    /// let number = counts.region().unwrap().pass_to(&mut child)?;
    /// child.arg("-c").arg(format!("head -c 8 <&{number}"));
    /// assert_eq!(child.output()?.stdout, b"RINGMILL");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pass_to(&self, command: &mut Command) -> Result<u32, SharedError> {
        fd::pass_to(command, &self.file)
            .map_err(|error| SharedError::System(SystemError::at("fcntl", &self.path, error)))
    }

    /// Sends the region to whoever is at the other end of a stream: for [`Place::receive`]. One byte goes with it.
    ///
    /// # Errors
    ///
    /// [`SharedError::System`]: the other side has closed the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::Place;
    /// use std::os::unix::net::UnixStream;
    ///
    /// let (here, there) = UnixStream::pair()?;
    /// let ours = AtomicArray::<u32>::create_named(Place::memory(), 4)?;
    /// ours.region().unwrap().send(&here)?;
    ///
    /// let theirs = AtomicArray::<u32>::open_named(Place::receive(&there)?)?; // in another process
    /// theirs.view().store(1, 5)?;
    /// assert_eq!(ours.view().load(1)?, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn send(&self, stream: &UnixStream) -> Result<(), SharedError> {
        fd::send(stream, &self.file)
            .map_err(|error| SharedError::System(SystemError::at("sendmsg", &self.path, error)))
    }

    /// Says whether nobody can ever make the region shorter: so it is in [memory without a name](Place::memory).
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::AtomicArray;
    /// use ringmill::memory::shared::Place;
    /// let counts = AtomicArray::<u64>::create_named(Place::memory(), 4)?;
    /// assert!(counts.region().unwrap().cannot_shrink());
    /// # Ok::<(), ringmill::array::ArrayError>(())
    /// ```
    pub fn cannot_shrink(&self) -> bool {
        memfd::cannot_shrink(&self.file)
    }

    /// Returns how far the file reaches now.
    pub(crate) fn file_bytes(&self) -> Result<u64, SharedError> {
        match self.file.metadata() {
            Ok(found) => Ok(found.len()),
            Err(error) => Err(SharedError::System(SystemError::at("fstat", &self.path, error))),
        }
    }

    /// Says whether the region is still whole: an error once its file has been cut short.
    ///
    /// # Errors
    ///
    /// [`SharedError::Truncated`], [`SharedError::System`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let region = ringmill::memory::shared::SharedRegion::inspect(&"prices".into())?;
    /// region.check()?;
    /// # Ok::<(), ringmill::memory::shared::SharedError>(())
    /// ```
    pub fn check(&self) -> Result<(), SharedError> {
        let file_bytes = self.file_bytes()?;
        let needed_bytes = self.header.first_bytes;
        let lost = self.map.lost_from().map_or(u64::MAX, |byte| byte as u64);
        match file_bytes.min(lost) {
            found_bytes if found_bytes < needed_bytes || lost < u64::MAX => {
                Err(SharedError::Truncated { path: self.path.clone(), needed_bytes, found_bytes })
            }
            _ => Ok(()),
        }
    }

    /// Says whether the region holds what is wanted, of elements of this shape.
    pub(crate) fn require(&self, wanted: Kind, element: &TypeShape) -> Result<(), SharedError> {
        let Header { kind: found, element_hash, element_bytes, element_align, .. } = self.header;
        let path = || self.path.clone();
        if found != wanted {
            return Err(SharedError::WrongKind { path: path(), found, wanted });
        }
        let alike = element_hash == element.hash()
            && element_bytes as usize == element.size_bytes()
            && element_align as usize == element.align();
        if !alike {
            let (found, wanted) = (self.header.element_text.clone(), element.to_string());
            return Err(SharedError::WrongShape { path: path(), found, wanted });
        }
        Ok(())
    }
}

impl SharedRegion {
    /// Makes it a region whose bytes are slices. Only for those that cannot grow.
    ///
    /// # Safety
    ///
    /// As long as it lives, nobody in any process changes bytes that a slice shows, or sees those that are changed through one (R2).
    pub(crate) unsafe fn into_region(self, for_change: bool) -> Region {
        debug_assert_eq!(self.header.first_bytes, self.header.most_bytes);
        Region::of_file(self.map, Locked::unlocked(self.file), &self.path, for_change)
    }
}

/// Copies the header of an open file out, once, and checks it and who else could write to the file.
pub(super) fn read_header(file: &File, path: &Path, any_owner: bool) -> Result<Header, SharedError> {
    let system = |call, error| SharedError::System(SystemError::at(call, path, error));
    let found = file.metadata().map_err(|error| system("fstat", error))?;
    if let Some(kind) = file::other_kind(found.file_type()) {
        return Err(SharedError::NotAFile { path: path.to_owned(), kind });
    }
    let (owner, user) = (found.uid(), identity::user());
    if !any_owner && owner != user {
        return Err(SharedError::ForeignOwner { path: path.to_owned(), owner, user });
    }
    if !any_owner && found.mode() & 0o022 != 0 {
        return Err(SharedError::TooOpen { path: path.to_owned(), mode: found.mode() & 0o777 });
    }
    let mut page = [0; HEADER_BYTES];
    let filled = file::read_start(file, &mut page).map_err(|error| system("pread", error))?;
    Header::parse(&page[..filled], found.len())
        .map_err(|source| SharedError::Header { path: path.to_owned(), source })
}
