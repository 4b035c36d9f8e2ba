//! A file whose open description is this process's alone.
//!
//! What the kernel hangs on an open file description, such as the byte locks of [`lock`](super::lock), goes with the last
//! descriptor of it. A forked child inherits the descriptors, and would keep alive what is to go with its parent. So the child
//! closes them before it runs anything else, by the hook that libc calls there; `exec` closes them by their flag.
//!
//! - D1: a description opened here has one descriptor, in the process that opened it, from the end of `fork` on: a fork waits until
//!   a file that is being opened is in the table, and one that is closed is out of it and closed.
//! - D2: a handle that comes through a fork never uses its number again: in the child that number may be another file's.
//!
//! A fork that is under way while a process opens its first such file may miss the hook. A bare `clone` runs none; such a child has
//! no working libc to do anything with either. Source: pthread_atfork(3).

#![allow(unsafe_code)]

use std::fs::File;
use std::io;

use super::fork;
use crate::error::SystemError;

/// A file whose open description no other process has. Closed on drop.
#[derive(Debug)]
pub(crate) struct PrivateFile {
    /// `None` only while it is dropped.
    file: Option<File>,
    process: u32,
}

impl PrivateFile {
    /// Opens a file by `open`, whose description nobody else gets.
    ///
    /// # Errors
    ///
    /// What `open` says, and that the system has no memory for its list of hooks.
    pub(crate) fn open(open: impl FnOnce() -> io::Result<File>) -> Result<Self, SystemError> {
        let process = fork::watch()?;
        let file = table::open(open)?;
        Ok(Self { file: Some(file), process })
    }

    /// Opens once more what `file` is open on, for reading and writing, with a description of its own: whatever name the file has
    /// now, if any.
    #[cfg(target_os = "linux")]
    pub(crate) fn reopen(file: &File) -> Result<Self, SystemError> {
        use std::os::fd::AsRawFd as _;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        Self::open(|| File::options().read(true).write(true).open(path))
    }

    /// Fails: elsewhere nothing opens a descriptor again.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn reopen(_file: &File) -> Result<Self, SystemError> {
        Err(SystemError::new("open", io::ErrorKind::Unsupported.into()))
    }

    /// Returns the file, but not in a forked child, where it is closed.
    pub(crate) fn get(&self) -> Option<&File> {
        self.file.as_ref().filter(|_| self.process == fork::generation())
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        if self.process == fork::generation() {
            table::close(file);
        } else {
            // Closed by the hook, and the number may be another's by now (D2).
            std::mem::forget(file);
        }
    }
}

/// The descriptors that a forked child closes.
#[cfg(unix)]
mod table {
    use std::cell::RefCell;
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
    use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

    use crate::error::SystemError;

    static OPEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

    fn lock() -> MutexGuard<'static, Vec<RawFd>> {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn open(open: impl FnOnce() -> io::Result<File>) -> Result<File, SystemError> {
        static HOOKED: OnceLock<()> = OnceLock::new();
        let mut table = lock();
        if HOOKED.get().is_none() {
            hook()?;
            let _ = HOOKED.set(());
        }
        let file = open().map_err(|error| SystemError::new("open", error))?;
        table.push(file.as_raw_fd());
        Ok(file)
    }

    pub(super) fn close(file: File) {
        let mut table = lock();
        table.retain(|&open| open != file.as_raw_fd());
        // While no fork can come in between (D1).
        drop(file);
    }

    thread_local! {
        /// The table's lock, from before a fork to its end.
        static HELD: RefCell<Option<MutexGuard<'static, Vec<RawFd>>>> = const { RefCell::new(None) };
    }

    fn hook() -> Result<(), SystemError> {
        extern "C" fn before() {
            let _ = HELD.try_with(|held| held.replace(Some(lock())));
        }
        extern "C" fn in_parent() {
            let _ = HELD.try_with(|held| held.replace(None));
        }
        extern "C" fn in_child() {
            let _ = HELD.try_with(|held| {
                let Some(mut table) = held.replace(None) else { return };
                for &descriptor in table.iter() {
                    // SAFETY: `from_raw_fd` wants an open descriptor that is nobody else's. It was open in the parent when the
                    // fork began, for the table was locked (D1), and whoever has it there finds that this is another
                    // process before using it here (D2).
                    drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
                }
                table.clear();
            });
        }
        // SAFETY: `pthread_atfork` wants handlers that may run at any fork until the process ends. These are functions of this
        // program and do not unwind. The first waits for whoever opens or closes such a file, who never forks meanwhile.
        // In the child there is only a lock of its own thread to release, and files to close, which a signal handler may do
        // too; nothing is allocated or freed.
        let error = unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        match error {
            0 => Ok(()),
            code => Err(SystemError::new("pthread_atfork", io::Error::from_raw_os_error(code))),
        }
    }
}

/// Elsewhere nothing forks.
#[cfg(not(unix))]
mod table {
    use std::fs::File;
    use std::io;

    use crate::error::SystemError;

    pub(super) fn open(open: impl FnOnce() -> io::Result<File>) -> Result<File, SystemError> {
        open().map_err(|error| SystemError::new("open", error))
    }

    pub(super) fn close(file: File) {
        drop(file);
    }
}
