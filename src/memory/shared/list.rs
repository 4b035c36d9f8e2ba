//! What regions there are under this user's names, and how a name goes.

use std::ffi::{OsStr, OsString};
use std::fs::TryLockError;
use std::path::PathBuf;

use super::create::name_of_hidden;
use super::place::{At, is_name, names_folder};
use super::region::read_header;
use super::{Header, Place, SharedError};
use crate::error::SystemError;
use crate::sys::folder::Folder;

/// A name among those of this user.
///
/// # Examples
///
/// See [`list`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The name: of an unfinished region the one that it is to have.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What is there.
    pub state: EntryState,
}

/// What is under a name.
///
/// # Examples
///
/// See [`list`].
#[derive(Debug)]
#[non_exhaustive]
pub enum EntryState {
    /// A region that can be opened.
    Ready(Box<Header>),
    /// A region that somebody is making.
    Unfinished,
    /// What a process left behind that ended while it made a region. [`unlink`] removes it.
    LeftOver,
    /// Something that cannot be opened, and why.
    Unusable(SharedError),
}

/// Returns the regions under this user's names, sorted by name. Each is looked at and left as it is.
///
/// # Errors
///
/// [`SharedError::BadFolder`] and [`SharedError::System`]. No folder yet is no error.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::{self, EntryState};
/// for entry in shared::list()? {
///     match entry.state {
///         EntryState::Ready(header) => println!("{}: {} of {}", entry.name, header.kind(), header.element_text()),
///         EntryState::Unusable(error) => println!("{error}"),
///         _ => {}
///     }
/// }
/// # Ok::<(), shared::SharedError>(())
/// ```
pub fn list() -> Result<Vec<Entry>, SharedError> {
    let folder = match names_folder(false) {
        Err(SharedError::Missing { .. }) => return Ok(Vec::new()),
        outcome => outcome?,
    };
    let mut entries = Vec::new();
    for file_name in names(&folder)? {
        let path = folder.path_of(&file_name);
        let name = match (name_of_hidden(&file_name), file_name.to_str()) {
            (Some(name), _) => name,
            (None, Some(name)) if is_name(name) => name,
            _ => continue,
        };
        let hidden = file_name.as_encoded_bytes().first() == Some(&b'.');
        let state = match folder.open_file(&file_name, false) {
            // Removed or named since we looked.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => EntryState::Unusable(SharedError::System(SystemError::at("open", &path, error))),
            // A lock that many can have at once, so that two who look do not see each other.
            Ok(file) if hidden => match file.try_lock_shared() {
                Err(TryLockError::WouldBlock) => EntryState::Unfinished,
                _ => EntryState::LeftOver,
            },
            Ok(file) => match read_header(&file, &path, false) {
                Ok(header) => EntryState::Ready(Box::new(header)),
                Err(error) => EntryState::Unusable(error),
            },
        };
        entries.push(Entry { name: name.to_owned(), path, state });
    }
    entries.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    Ok(entries)
}

/// Takes a region's name away, and what was left over under it. Whoever has the region open keeps it, and its memory goes with
/// the last of them.
///
/// Whatever file has the name is removed, a region or not.
///
/// # Errors
///
/// [`SharedError::Missing`] if there was nothing to remove, [`SharedError::BadName`], [`SharedError::BadFolder`],
/// [`SharedError::System`].
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::{self, SharedError};
/// assert!(matches!(shared::unlink("no-region-has-this-name"), Err(SharedError::Missing { .. })));
/// ```
pub fn unlink(place: impl Into<Place>) -> Result<(), SharedError> {
    let place = place.into();
    let (folder, name) = place.locate(false)?;
    let system = |call, error| SharedError::System(SystemError::at(call, &folder.path_of(&name), error));
    let mut removed = match folder.remove(&name) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(system("unlink", error)),
    };
    // Of a path's folder we know nothing; only our own is searched.
    if let At::Named(name) = &place.at {
        for hidden in names(&folder)?.iter().filter(|hidden| name_of_hidden(hidden) == Some(name)) {
            removed |= remove_left_over(&folder, hidden);
        }
    }
    if removed { Ok(()) } else { Err(SharedError::Missing { path: folder.path_of(&name) }) }
}

/// Removes a hidden file unless somebody is filling it; says whether it did.
fn remove_left_over(folder: &Folder, hidden: &OsStr) -> bool {
    let Ok(file) = folder.open_file(hidden, true) else { return false };
    // Kept until the name is gone: whoever makes a file under it looks again under the lock.
    file.try_lock().is_ok() && folder.remove(hidden).is_ok()
}

fn names(folder: &Folder) -> Result<Vec<OsString>, SharedError> {
    let path = || folder.path_of(OsStr::new(""));
    folder.names().map_err(|error| SharedError::System(SystemError::at("getdents64", &path(), error)))
}
