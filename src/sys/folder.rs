//! A folder that was opened once, and the files in it by their names there: nobody can put another folder in its place between
//! two calls.
//!
//! No name is followed to where a symbolic link leads, but for those on the way to the folder itself. Files are created for their
//! owner alone, by the very call that creates them. Source: openat(2), renameat2(2).

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

/// Says whether a name was refused because it is a symbolic link.
pub(crate) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// A folder that is open.
#[derive(Debug)]
pub(crate) struct Folder {
    file: File,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder, wherever it is.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::open_by(path, OFlags::empty())
    }

    /// Opens a folder, creating it for its owner alone if it is missing. A symbolic link in its place is an error.
    pub(crate) fn open_or_create(path: &Path) -> io::Result<Self> {
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => Self::open_by(path, OFlags::NOFOLLOW),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens a folder unless it is a symbolic link.
    pub(crate) fn open_itself(path: &Path) -> io::Result<Self> {
        Self::open_by(path, OFlags::NOFOLLOW)
    }

    fn open_by(path: &Path, flags: OFlags) -> io::Result<Self> {
        let flags = flags | OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { file: file.into(), path: path.to_owned() })
    }

    /// Returns the folder, to ask the system about it.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the path by which a name in the folder is shown.
    pub(crate) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a file. A pipe opens at once too, so that its kind can be looked at; a symbolic link is an error.
    pub(crate) fn open_file(&self, name: &OsStr, for_change: bool) -> io::Result<File> {
        let access = if for_change { OFlags::RDWR } else { OFlags::RDONLY };
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.file, name, flags, Mode::empty())?.into())
    }

    /// Creates a file that only its owner may use, for reading and writing; an error if the name is taken.
    pub(crate) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.file, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Says whether a name is taken, by whatever.
    pub(crate) fn has(&self, name: &OsStr) -> io::Result<bool> {
        match rustix::fs::statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Gives a file another name, in one step, unless that is taken: that is `AlreadyExists`.
    pub(crate) fn rename_to_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        match rustix::fs::renameat_with(&self.file, from, &self.file, to, rustix::fs::RenameFlags::NOREPLACE)
        {
            // A file system that cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            outcome => return Ok(outcome?),
        }
        rustix::fs::linkat(&self.file, from, &self.file, to, AtFlags::empty())?;
        self.remove(from)
    }

    /// Takes a file's name away.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.file, name, AtFlags::empty())?)
    }

    /// Returns the names in the folder, in no order.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        use std::os::unix::ffi::OsStrExt as _;
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.file)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}
