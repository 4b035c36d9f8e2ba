//! Locks of single bytes that the kernel drops when their process ends, however it ends.
//!
//! A lock belongs to an open file description. The kernel drops it when the last descriptor is closed, at the latest when the
//! last thread of the process has stopped: after that, no store of the process comes any more. So whoever finds such a lock
//! free that had been held knows that its holder is gone. A stopped, swapped or debugged process keeps its locks.
//!
//! The bytes lie far beyond any content, so they collide with nothing that others lock; a lock needs no byte that exists.
//! A description does not see its own locks: each holder has one of its own, in one process too. Classic record locks
//! would go when any descriptor of the file is closed, and name a process, which can be asked about in its own namespace
//! alone. Source: fcntl_locking(2), "Open file description locks".
//!
//! - B1: the description is this process's alone ([`PrivateFile`]), so the locks go with the process and not with a child.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;

use super::private_file::PrivateFile;
use crate::error::SystemError;

/// Where the bytes begin.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
const FIRST: i64 = 1 << 62;

/// The byte locks that one holder has on a file. Dropping this drops them.
#[derive(Debug)]
pub(crate) struct ByteLocks(PrivateFile);

impl ByteLocks {
    /// Begins without a lock, on the file that `file` is open on.
    ///
    /// # Errors
    ///
    /// The file cannot be opened once more, for reading and writing.
    pub(crate) fn new(file: &File) -> Result<Self, SystemError> {
        PrivateFile::reopen(file).map(Self)
    }

    /// Locks a byte unless another holder has it; returns whether it is ours.
    ///
    /// # Errors
    ///
    /// The file system has no such locks, or the kernel no memory; `Unsupported` in a forked child.
    pub(crate) fn try_lock(&self, byte: u32) -> Result<bool, SystemError> {
        match self.set(byte, Kind::Write) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            // The kernel may say either.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(SystemError::new("fcntl(F_OFD_SETLK)", error)),
        }
    }

    /// Unlocks a byte, if it is ours.
    ///
    /// # Errors
    ///
    /// `Unsupported` in a forked child; the parent still has its locks then.
    pub(crate) fn unlock(&self, byte: u32) -> Result<(), SystemError> {
        self.set(byte, Kind::None).map_err(|error| SystemError::new("fcntl(F_OFD_SETLK)", error))
    }

    /// Returns whether another holder has a byte.
    ///
    /// # Errors
    ///
    /// As [`try_lock`](Self::try_lock). An error says nothing about the byte.
    pub(crate) fn is_locked_by_another(&self, byte: u32) -> Result<bool, SystemError> {
        self.query(byte).map_err(|error| SystemError::new("fcntl(F_OFD_GETLK)", error))
    }

    fn file(&self) -> io::Result<&File> {
        self.0.get().ok_or(io::ErrorKind::Unsupported.into())
    }
}

/// What a byte shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Write,
    None,
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
impl ByteLocks {
    fn set(&self, byte: u32, kind: Kind) -> io::Result<()> {
        self.call(libc::F_OFD_SETLK, byte, kind).map(drop)
    }

    fn query(&self, byte: u32) -> io::Result<bool> {
        let found = self.call(libc::F_OFD_GETLK, byte, Kind::Write)?;
        Ok(i32::from(found.l_type) != libc::F_UNLCK)
    }

    fn call(&self, command: i32, byte: u32, kind: Kind) -> io::Result<libc::flock> {
        use std::os::fd::AsRawFd as _;
        let kind = if kind == Kind::Write { libc::F_WRLCK } else { libc::F_UNLCK };
        let mut lock = libc::flock {
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: FIRST + i64::from(byte),
            l_len: 1,
            // Has to be so for these locks.
            l_pid: 0,
        };
        let descriptor = self.file()?.as_raw_fd();
        loop {
            // SAFETY: `fcntl` wants an open descriptor, which the file has, and for these commands a lock to read and write,
            // which `lock` is for the time of the call.
            let result = unsafe { libc::fcntl(descriptor, command, &raw mut lock) };
            if result >= 0 {
                return Ok(lock);
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }
}

/// Elsewhere there are no such locks.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
impl ByteLocks {
    fn set(&self, _byte: u32, _kind: Kind) -> io::Result<()> {
        self.file()?;
        Err(io::ErrorKind::Unsupported.into())
    }

    fn query(&self, _byte: u32) -> io::Result<bool> {
        self.file()?;
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, target_os = "linux", target_pointer_width = "64"))]
mod tests;
