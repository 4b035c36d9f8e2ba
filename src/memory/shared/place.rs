//! Where a region that processes share is: a name in the user's own folder, or a path.
//!
//! - D1: the folder of the names belongs to this user, and nobody else can put anything there. It is checked by what was opened,
//!   so it stays so while names in it are used.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SharedError;
#[cfg(doc)]
use super::SharedRegion;
use crate::error::SystemError;
use crate::sys::folder::{self, Folder};
use crate::sys::{fd, identity};

const MOST_NAME_BYTES: usize = 200;

/// What stands in messages where there is no path.
pub(super) const IN_MEMORY: &str = "(memory without a name)";

/// Where a shared region is, or is to be.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::Place;
/// let by_name: Place = "prices".into();
/// let by_path = Place::file("/var/lib/quotes/prices");
/// let without_a_name = Place::memory();
/// ```
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) at: At,
    pub(super) any_owner: bool,
}

#[derive(Clone, Debug)]
pub(super) enum At {
    Named(String),
    File(PathBuf),
    Memory,
    Inherited(u32),
    Received(Arc<OwnedFd>),
}

impl Place {
    /// A name among those of this user: a file in `/dev/shm/ringmill-UID`, or in the folder that the environment variable
    /// `RINGMILL_SHM_DIR` names. 1 to 200 letters, digits and `._-`, not beginning with a dot.
    pub fn named(name: impl Into<String>) -> Self {
        Self { at: At::Named(name.into()), any_owner: false }
    }

    /// A file at a path. It stays when the machine is started anew, if its file system does.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { at: At::File(path.into()), any_owner: false }
    }

    /// Memory without a name, to create a region in. It goes with the last process that has it; nothing can be left over. Others get
    /// it from a process that has it: [`SharedRegion::pass_to`], [`SharedRegion::send`]. It can never be made shorter.
    pub fn memory() -> Self {
        Self { at: At::Memory, any_owner: false }
    }

    /// What this process was started with, under the number that [`SharedRegion::pass_to`] returned to its parent.
    pub fn inherited(number: u32) -> Self {
        Self { at: At::Inherited(number), any_owner: false }
    }

    /// Receives what another process [sends](SharedRegion::send), waiting for it as the stream's settings say.
    ///
    /// # Errors
    ///
    /// [`SharedError::System`]: the other side has closed the stream, or sends something else.
    ///
    /// # Examples
    ///
    /// See [`SharedRegion::send`].
    pub fn receive(stream: &UnixStream) -> Result<Self, SharedError> {
        let file = fd::receive(stream);
        let file = file.map_err(|error| SharedError::System(SystemError::new("recvmsg", error)))?;
        Ok(Self { at: At::Received(Arc::new(file)), any_owner: false })
    }

    /// A region that is open here, so that others can be told of it.
    pub(crate) fn of_open(file: &File) -> Result<Self, SharedError> {
        let file = file.try_clone();
        let file = file.map_err(|error| SharedError::System(SystemError::new("fcntl", error)))?;
        Ok(Self { at: At::Received(Arc::new(file.into())), any_owner: false })
    }

    /// Opens the file: by its name, or once more if it is open already, so that it has locks of its own.
    pub(super) fn open(&self, for_change: bool) -> Result<(File, PathBuf), SharedError> {
        let number = match &self.at {
            At::Named(_) | At::File(_) => {
                let (folder, name) = self.locate(false)?;
                let path = folder.path_of(&name);
                let file = folder.open_file(&name, for_change);
                return Ok((file.map_err(|error| refusal(&path, error))?, path));
            }
            At::Memory => return Err(SharedError::Missing { path: PathBuf::from(IN_MEMORY) }),
            At::Inherited(number) => *number,
            At::Received(file) => file.as_raw_fd().unsigned_abs(),
        };
        let path = PathBuf::from(format!("/proc/self/fd/{number}"));
        let file = fd::reopen(number, for_change).map_err(|error| refusal(&path, error))?;
        Ok((file, path))
    }

    /// Opens the region even if it belongs to another user, or others may write to it. Whoever it belongs to can change every
    /// byte at any time, and must be trusted as this program is.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::memory::shared::Place;
    /// let place = Place::file("/srv/prices").any_owner();
    /// ```
    pub fn any_owner(self) -> Self {
        Self { any_owner: true, ..self }
    }

    /// Returns the open folder and the name in it; creates the folder of the names if it is missing and `create` is set.
    pub(super) fn locate(&self, create: bool) -> Result<(Folder, OsString), SharedError> {
        match &self.at {
            At::Named(name) if is_name(name) => Ok((names_folder(create)?, name.into())),
            At::Named(name) => Err(SharedError::BadName { name: name.clone() }),
            At::Memory | At::Inherited(_) | At::Received(_) => {
                Err(SharedError::Exists { path: PathBuf::from(IN_MEMORY) })
            }
            At::File(path) => {
                let Some(name) = path.file_name() else {
                    return Err(SharedError::NotAFile { path: path.clone(), kind: "directory" });
                };
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new("."));
                let folder = Folder::open(folder)
                    .map_err(|error| SharedError::System(SystemError::at("open", folder, error)))?;
                Ok((folder, name.to_owned()))
            }
        }
    }
}

/// Says why a file was not opened.
fn refusal(path: &Path, error: io::Error) -> SharedError {
    let not_a_file = |kind| SharedError::NotAFile { path: path.to_owned(), kind };
    match error.kind() {
        io::ErrorKind::NotFound => SharedError::Missing { path: path.to_owned() },
        io::ErrorKind::IsADirectory => not_a_file("directory"),
        _ if folder::is_link(&error) => not_a_file("symbolic link"),
        _ => SharedError::System(SystemError::at("open", path, error)),
    }
}

impl From<&str> for Place {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl From<&String> for Place {
    fn from(name: &String) -> Self {
        Self::named(name)
    }
}

impl From<String> for Place {
    fn from(name: String) -> Self {
        Self::named(name)
    }
}

/// Says whether a name can be one in the folder: no way out of it, nothing hidden, nothing that a shell takes apart.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MOST_NAME_BYTES).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain)
}

/// Opens the folder of the names (D1), and creates it if that is wanted.
pub(super) fn names_folder(create: bool) -> Result<Folder, SharedError> {
    let path = match std::env::var_os("RINGMILL_SHM_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => folder.into(),
        None => PathBuf::from(format!("/dev/shm/ringmill-{}", identity::user())),
    };
    let opened = if create { Folder::open_or_create(&path) } else { Folder::open_itself(&path) };
    let bad = |why| SharedError::BadFolder { path: path.clone(), why };
    let folder = opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if !create => SharedError::Missing { path: path.clone() },
        io::ErrorKind::NotADirectory => bad("is no directory"),
        _ if folder::is_link(&error) => bad("is a symbolic link, not a directory"),
        _ => SharedError::System(SystemError::at("open", &path, error)),
    })?;
    let found = folder.file().metadata();
    let found = found.map_err(|error| SharedError::System(SystemError::at("fstat", &path, error)))?;
    if found.uid() != identity::user() {
        return Err(bad("belongs to another user"));
    }
    if found.mode() & 0o022 != 0 {
        return Err(bad("others than its owner may write to it"));
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        let long = "x".repeat(200);
        for name in ["a", "prices", "Prices-2.csv_x", "a..b", "-", &long] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(201);
        for name in ["", ".", "..", ".hidden", "a/b", "/a", "a b", "a\0", "größe", "a\n", &long] {
            assert!(!is_name(name), "{name}");
        }
    }
}
