//! How a region comes to be: a file without a name of its own, filled, and named when all is there.
//!
//! ```text
//! create a hidden file, 0600, locked -> reserve every block -> map, fill -> write the header, magic last -> name it
//! ```
//! - N1: a name leads to a whole region or to nothing. The last step takes the name in one call, and fails if it is taken.
//! - N2: who fills a hidden file has it locked. So a hidden file that can be locked is left over, and nobody misses it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::header::HEADER_BYTES;
use super::place::{At, IN_MEMORY};
use super::{Creator, Header, Place, RegionId, Section, SharedError, SharedRegion, Tag};
use crate::error::SystemError;
use crate::memory::layout;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sys::folder::Folder;
use crate::sys::{file, identity, memfd};

/// How often a hidden file is begun anew if somebody takes it for left over before it is locked.
const ATTEMPTS: u32 = 16;

/// How often somebody may make and remove a region while it is looked for and made.
const TURNS: u32 = 100;

impl Header {
    /// Lays sections out one behind the other: what lies in each, its bytes, and of what its first byte is a multiple.
    ///
    /// # Errors
    ///
    /// [`SharedError::TooLarge`].
    pub(crate) fn with_sections(mut self, sections: &[(Tag, u64, usize)]) -> Result<Self, SharedError> {
        let mut end = HEADER_BYTES as u64;
        for &(tag, len_bytes, align) in sections {
            let align = align.max(layout::LINE_BYTES) as u64;
            let offset = end.checked_next_multiple_of(align);
            let behind = offset.and_then(|offset| offset.checked_add(len_bytes));
            let (Some(offset), Some(behind)) = (offset, behind) else {
                return Err(SharedError::TooLarge { requested_bytes: u64::MAX });
            };
            self.sections.push(Section { tag, offset, len_bytes });
            end = behind;
        }
        self.first_bytes = end;
        self.most_bytes = end;
        Ok(self)
    }
}

/// A region that nobody else knows of yet. Its sections are zeros. Dropping it removes the file.
#[derive(Debug)]
#[must_use = "dropping a new region removes its file"]
pub(crate) struct NewSharedRegion {
    region: SharedRegion,
    pending: PendingName,
}

/// What a new region lacks: its header and its name. Dropping it removes the file.
#[derive(Debug)]
#[must_use = "dropping a pending name removes its file"]
pub(crate) struct PendingName {
    name: NewName,
    file: File,
    header: Header,
    path: PathBuf,
}

/// What name a new region gets.
#[derive(Debug)]
enum NewName {
    Hidden(Hidden),
    /// None; it is sealed.
    Memory,
}

impl NewSharedRegion {
    fn new(region: SharedRegion, name: NewName) -> Result<Self, SharedError> {
        let (path, header) = (region.path().to_owned(), region.header().clone());
        let file = region.file().try_clone();
        let file = file.map_err(|error| SharedError::System(SystemError::at("fcntl", &path, error)))?;
        Ok(Self { region, pending: PendingName { name, file, header, path } })
    }

    /// Returns the region, to fill it in.
    pub(crate) fn region(&self) -> &SharedRegion {
        &self.region
    }

    /// Writes the header, and gives the region its name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Exists`] if the name was taken meanwhile, [`SharedError::System`]. The file is removed then.
    pub(crate) fn publish(self) -> Result<SharedRegion, SharedError> {
        self.pending.publish()?;
        Ok(self.region)
    }

    /// Takes the region and its pending name apart.
    pub(crate) fn into_parts(self) -> (SharedRegion, PendingName) {
        (self.region, self.pending)
    }
}

impl PendingName {
    /// Writes the header, and gives the region its name. As [`NewSharedRegion::publish`].
    pub(crate) fn publish(self) -> Result<(), SharedError> {
        let Self { name, file, header, path } = self;
        let failed = |call, error| SharedError::System(SystemError::at(call, &path, error));
        write_header(&file, &header).map_err(|error| failed("pwrite", error))?;
        match name {
            NewName::Memory => {
                let may_grow = header.most_bytes > header.first_bytes;
                memfd::seal(&file, may_grow).map_err(|error| failed("fcntl", error))
            }
            NewName::Hidden(hidden) => {
                hidden.publish().map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => SharedError::Exists { path: path.clone() },
                    _ => failed("rename", error),
                })?;
                // Held until the file had no hidden name any more (N2). Where there are no such locks there is nothing to end.
                let _ = file.unlock();
                Ok(())
            }
        }
    }
}

impl SharedRegion {
    /// Makes the memory of a region, which has what the header says. Its id, time and creator are filled in here.
    ///
    /// # Errors
    ///
    /// [`SharedError::Exists`], [`SharedError::Full`], [`SharedError::Header`] if what was asked for cannot be, and what else
    /// [`SharedError`] knows of folders. Nothing is left behind.
    pub(crate) fn create(place: &Place, mut header: Header) -> Result<NewSharedRegion, SharedError> {
        stamp(&mut header);
        if matches!(place.at, At::Memory) {
            return Self::create_in_memory(header);
        }
        let (folder, name) = place.locate(true)?;
        let path = folder.path_of(&name);
        header.check().map_err(|source| SharedError::Header { path: path.clone(), source })?;
        let at = path.clone();
        let system = |call, error| SharedError::System(SystemError::at(call, &at, error));
        // Told before the disk is filled; asked again when the name is given.
        if folder.has(&name).map_err(|error| system("fstatat", error))? {
            return Err(SharedError::Exists { path });
        }
        let (hidden, file) = Hidden::create(folder, name).map_err(|error| system("open", error))?;
        reserve(&file, header.first_bytes, &path)?;
        let region = SharedRegion::map(file, path, header, true)?;
        NewSharedRegion::new(region, NewName::Hidden(hidden))
    }

    fn create_in_memory(header: Header) -> Result<NewSharedRegion, SharedError> {
        let path = PathBuf::from(IN_MEMORY);
        header.check().map_err(|source| SharedError::Header { path: path.clone(), source })?;
        let file = memfd::create();
        let file = file.map_err(|error| SharedError::System(SystemError::new("memfd_create", error)))?;
        reserve(&file, header.first_bytes, &path)?;
        let region = SharedRegion::map(file, path, header, true)?;
        NewSharedRegion::new(region, NewName::Memory)
    }
}

/// Opens what is there, or creates it if nothing is; whoever else does the same at once gets the same.
///
/// # Errors
///
/// Those of both, and [`SharedError::Unsettled`] if it is made and removed by others all the time.
pub(crate) fn open_or_create<R>(
    mut open: impl FnMut() -> Result<R, SharedError>,
    mut create: impl FnMut() -> Result<R, SharedError>,
) -> Result<R, SharedError> {
    let mut turn = 0;
    loop {
        turn += 1;
        match open() {
            Err(SharedError::Missing { .. }) => {}
            outcome => return outcome,
        }
        match create() {
            Err(SharedError::Exists { path }) if turn == TURNS => {
                return Err(SharedError::Unsettled { path });
            }
            Err(SharedError::Exists { .. }) => {}
            outcome => return outcome,
        }
    }
}

/// Says who makes the region, and when.
fn stamp(header: &mut Header) {
    header.id = RegionId(identity::random_bits());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    header.made_nanos = now.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
    header.creator = Creator {
        process: identity::process(),
        user: identity::user(),
        process_namespace: identity::process_namespace(),
        started_ticks: identity::started_ticks(),
    };
}

impl SharedRegion {
    /// Lets the file reach so far, at least. Whoever calls it says so to the others afterwards.
    ///
    /// # Errors
    ///
    /// [`SharedError::TooLarge`] beyond what the region may have, [`SharedError::Full`].
    pub(crate) fn extend(&self, len_bytes: u64) -> Result<(), SharedError> {
        if len_bytes > self.header().most_bytes {
            return Err(SharedError::TooLarge { requested_bytes: len_bytes });
        }
        file::extend(self.file(), len_bytes).map_err(|error| no_room(error, len_bytes, self.path()))
    }
}

/// Gives a file its bytes, each with its place; a full file system is an error here, not a signal later.
fn reserve(file: &File, len_bytes: u64, path: &Path) -> Result<(), SharedError> {
    file::reserve(file, len_bytes).map_err(|error| no_room(error, len_bytes, path))
}

fn no_room(error: io::Error, requested_bytes: u64, path: &Path) -> SharedError {
    let full = file::is_full(&error);
    let source = SystemError::at("fallocate", path, error);
    match full {
        true => SharedError::Full { path: path.to_owned(), requested_bytes, source },
        false => SharedError::System(source),
    }
}

/// Writes the header, and last the bytes that it begins with: whoever finds those finds the rest.
pub(super) fn write_header(file: &File, header: &Header) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    let page = header.to_bytes();
    file.write_all_at(&page[8..], 8)?;
    file.write_all_at(&page[..8], 0)
}

/// A file under a hidden name, beside the one that it is to have. Goes when this is dropped, unless by a forked child.
#[derive(Debug)]
struct Hidden {
    folder: Folder,
    hidden: OsString,
    name: OsString,
    process: u32,
}

impl Hidden {
    fn create(folder: Folder, name: OsString) -> io::Result<(Self, File)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let process = identity::process();
        let mut new = Self { folder, hidden: OsString::new(), name, process };
        for _ in 0..ATTEMPTS {
            // ORDERING: Relaxed; a ticket, no data rides on it.
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let hidden = hidden_name(&new.name, process, count);
            let file = match new.folder.create_file(&hidden) {
                Ok(file) => file,
                // A process that had our number before has left it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            new.hidden = hidden;
            let found = file.metadata()?;
            if found.mode() & 0o600 != 0o600 {
                // The mask for new files took from the owner too. Nobody else gains by this.
                file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            }
            let locked = file.try_lock();
            if matches!(locked, Err(std::fs::TryLockError::WouldBlock)) || file.metadata()?.nlink() == 0 {
                // Somebody took it for left over.
                continue;
            }
            return Ok((new, file));
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    fn publish(mut self) -> io::Result<()> {
        self.folder.rename_to_new(&self.hidden, &self.name)?;
        self.hidden.clear();
        Ok(())
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if !self.hidden.is_empty() && self.process == identity::process() {
            // The folder may be gone by now; there is nobody to tell.
            let _ = self.folder.remove(&self.hidden);
        }
    }
}

fn hidden_name(name: &OsStr, process: u32, count: u32) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{process}-{count}.part"));
    hidden
}

/// Returns the name that a hidden file was to have, if it is one of those.
pub(super) fn name_of_hidden(hidden: &OsStr) -> Option<&str> {
    let (name, who) = hidden.to_str()?.strip_prefix('.')?.strip_suffix(".part")?.rsplit_once('.')?;
    let (process, count) = who.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(process) && digits(count)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_name_says_what_it_hides() {
        let hidden = hidden_name(OsStr::new("a.b-1"), 12, 3);
        assert_eq!(hidden, ".a.b-1.12-3.part");
        assert_eq!(name_of_hidden(&hidden), Some("a.b-1"));
        for other in ["a", ".a", ".a.part", ".a.1.part", ".a.1-.part", ".a.x-1.part", "a.1-1.part"] {
            assert_eq!(name_of_hidden(OsStr::new(other)), None, "{other}");
        }
    }
}
