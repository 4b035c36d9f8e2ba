//! A file that appears under its name only when it is whole.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::failure::{Failure, with_hint};
use crate::interrupt::{Hold, Unfinished};

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
        check_name(path, force)?;
        let hold = Hold::during("removing the unfinished file");
        let temporary = tempfile::Builder::new()
            .prefix(".ringmill-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(directory(path))
            .map_err(|error| Failure::at(path, "create", &error))?;
        let unfinished = Unfinished::at(temporary.path());
        hold.release()?;
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

/// Fails if no file can be created under this name, or if it would replace one that was not offered for it.
pub(crate) fn check_name(path: &Path, force: bool) -> Result<(), Failure> {
    let refuse =
        |problem: &str, hint: &str| Err(with_hint(format_args!("{}: {problem}", path.display()), hint));
    if path.is_dir() {
        return refuse("is a directory", "name a file in it");
    }
    if !directory(path).is_dir() {
        return refuse("cannot be created there", "create its directory first");
    }
    if !force && path.symlink_metadata().is_ok() {
        return refuse("exists already", "choose another name, or replace it with --force");
    }
    Ok(())
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
