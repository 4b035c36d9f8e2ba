//! Files: opened without hanging, reserved in full, and created under a temporary name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Opens an existing file. A pipe that nobody writes to opens at once too, so that its kind can be looked at.
pub(crate) fn open(path: &Path, for_change: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(for_change);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)
}

/// An open file that is locked: shared by those who read, exclusively for change.
///
/// The lock belongs to what `open` returned, so it holds between two openings in one process too. Closing the file would
/// end it only once every child that inherited the descriptor has closed it as well, if only on its way to `exec`;
/// therefore dropping this ends it in so many words. In a forked child it does not: the lock is the parent's.
#[derive(Debug)]
pub(crate) struct Locked {
    file: File,
    process: u32,
}

impl Locked {
    /// Locks a file if nobody else's lock forbids it.
    pub(crate) fn try_new(file: File, for_change: bool) -> Result<Self, TryLockError> {
        let outcome = if for_change { file.try_lock() } else { file.try_lock_shared() };
        match outcome {
            // Where a file system has no locks, none can be had for change either; so what is read stays as it is.
            Err(TryLockError::Error(_)) if !for_change => {}
            outcome => outcome?,
        }
        Ok(Self { file, process: process::id() })
    }

    /// Takes a file without a lock: whoever does keeps others away by other means.
    pub(crate) fn unlocked(file: File) -> Self {
        Self { file, process: process::id() }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if self.process == process::id() {
            // Where there are no locks there is nothing to end.
            let _ = self.file.unlock();
        }
    }
}

/// Names what an opened file is, or returns `None` if it is an ordinary file.
pub(crate) fn other_kind(kind: fs::FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("directory");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("pipe");
        }
        if kind.is_socket() {
            return Some("socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("device");
        }
    }
    Some("special file")
}

/// Says whether the system refused because there is no room for the bytes that were asked for.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Reads the beginning of a file into `bytes`, as much as there is; returns how much that was.
#[cfg(unix)]
pub(crate) fn read_start(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    use std::os::unix::fs::FileExt as _;
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Gives an empty file `len_bytes` bytes of zeros, each with its place on the disk.
pub(crate) fn reserve(file: &File, len_bytes: u64) -> io::Result<()> {
    if len_bytes == 0 {
        return Ok(());
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        match fallocate(file, FallocateFlags::empty(), 0, len_bytes) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    write_zeros(file, len_bytes)
}

/// Makes a file that others use at least `len_bytes` bytes long, the new ones zeros with their places; what is there stays.
pub(crate) fn extend(file: &File, len_bytes: u64) -> io::Result<()> {
    // By the one call that leaves alone what others may have written behind the old end meanwhile.
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        Ok(fallocate(file, FallocateFlags::empty(), 0, len_bytes)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (file, len_bytes);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What `reserve` does where the file system has no call for it.
fn write_zeros(mut file: &File, len_bytes: u64) -> io::Result<()> {
    let zeros = io::Read::take(io::repeat(0), len_bytes);
    let mut zeros = io::BufReader::with_capacity(1 << 20, zeros);
    io::copy(&mut zeros, &mut file).map(drop)
}

/// A file that has no name of its own yet: it lies beside its final name and goes when this is dropped, unless by a
/// forked child, whose parent has it still.
#[derive(Debug)]
pub(crate) struct Unnamed {
    temporary: PathBuf,
    to: PathBuf,
    process: u32,
}

impl Unnamed {
    /// Creates an empty file in the folder of `to`.
    pub(crate) fn create(to: &Path) -> io::Result<(Self, File)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(name) = to.file_name() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        };
        loop {
            // ORDERING: Relaxed; a ticket, no data rides on it.
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{count}.part", process::id()));
            let temporary = to.with_file_name(hidden);
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    return Ok((Self { temporary, to: to.to_owned(), process: process::id() }, file));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the final name.
    pub(crate) fn final_path(&self) -> &Path {
        &self.to
    }

    /// Gives the file its final name, in one step; a file that had the name before loses it.
    pub(crate) fn publish(mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.to)?;
        self.temporary.clear();
        Ok(())
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() && self.process == process::id() {
            // The folder may be gone by now; there is nobody to tell.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
