//! Where a region that processes share is: a name in the user's own folder, or a path.
//!
//! - D1: the folder of the names belongs to this user, and nobody else can put anything there. It is checked by what was opened,
//!   so it stays so while names in it are used.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::SharedError;
use crate::error::SystemError;
use crate::sys::folder::{self, Folder};
use crate::sys::identity;

const MOST_NAME_BYTES: usize = 200;

/// Where a shared region is, or is to be.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::Place;
/// assert_eq!(Place::from("prices"), Place::named("prices"));
/// let _ = Place::file("/var/lib/quotes/prices");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) at: At,
    pub(super) any_owner: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    Named(String),
    File(PathBuf),
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

impl From<&str> for Place {
    fn from(name: &str) -> Self {
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
        std::io::ErrorKind::NotFound if !create => SharedError::Missing { path: path.clone() },
        std::io::ErrorKind::NotADirectory => bad("is no directory"),
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
