//! Files in memory that have no name, sealed so that nobody can take from them what others have mapped.
//!
//! Source: memfd_create(2), fcntl(2), "File Sealing".

use std::fs::File;
use std::io;

/// Creates a file in memory, for its owner alone. It has no bytes yet, and can be sealed.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn create() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};
    let file = memfd_create("ringmill", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    // The kernel gives everybody every right, also that to run it; whoever had the number could open it anew.
    fchmod(&file, Mode::RUSR | Mode::WUSR)?;
    Ok(file.into())
}

/// Reports that the system has no such files.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn create() -> io::Result<File> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no memfd_create"))
}

/// Sees to it that nobody can make the file shorter, nor longer unless `may_grow`, nor change these rules.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn seal(file: &File, may_grow: bool) -> io::Result<()> {
    use rustix::fs::{SealFlags, fcntl_add_seals};
    let grow = if may_grow { SealFlags::empty() } else { SealFlags::GROW };
    Ok(fcntl_add_seals(file, SealFlags::SHRINK | SealFlags::SEAL | grow)?)
}

/// Does nothing: no file was created.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn seal(_file: &File, _may_grow: bool) -> io::Result<()> {
    Ok(())
}

/// Says whether the file can never be made shorter.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn cannot_shrink(file: &File) -> bool {
    use rustix::fs::{SealFlags, fcntl_get_seals};
    // Files that cannot be sealed say so by an error.
    fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK))
}

/// Says no: nothing keeps a file as it is.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn cannot_shrink(_file: &File) -> bool {
    false
}
