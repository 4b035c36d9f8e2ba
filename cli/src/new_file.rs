//! A file that appears under its name only when it is whole.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Failure, with_hint};
use crate::interrupt::Unfinished;

/// A file being written beside its final name.
#[derive(Debug)]
#[must_use = "dropping it removes what was written"]
pub(crate) struct NewFile {
    // Declared first, so that it is removed before it is forgotten.
    temporary: NamedTempFile,
    path: PathBuf,
    force: bool,
    _unfinished: Unfinished,
}

impl NewFile {
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self, Failure> {
        refuse_existing(path, force)?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let temporary = tempfile::Builder::new()
            .prefix(".ringmill-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory)
            .map_err(|error| Failure::at(path, "create", &error))?;
        let unfinished = Unfinished::at(temporary.path());
        Ok(Self { temporary, path: path.to_owned(), force, _unfinished: unfinished })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let named = match self.force {
            true => self.temporary.persist(&self.path),
            false => self.temporary.persist_noclobber(&self.path),
        };
        named.map(drop).map_err(|error| Failure::at(&self.path, "name the finished file", &error.error))
    }
}

/// Fails if writing `path` would replace something that was not offered for it.
pub(crate) fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    if path.is_dir() {
        let problem = format!("{}: is a directory", path.display());
        return Err(with_hint(problem, "name a file in it"));
    }
    if !force && path.symlink_metadata().is_ok() {
        let problem = format!("{}: exists already", path.display());
        return Err(with_hint(problem, "choose another name, or replace it with --force"));
    }
    Ok(())
}
