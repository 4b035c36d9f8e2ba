//! Pipes: how much they hold, whether there is something to read, and the one that is standard input.

use std::fs::File;
use std::io;
use std::time::Duration;

/// What an unprivileged process may have a pipe hold, unless the system's owner says otherwise.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// Lets a pipe hold as much as it may, so that who writes and who reads take turns less often. Of anything but a pipe
/// nothing is changed, nor if the system refuses: it is as good as before.
#[cfg(target_os = "linux")]
pub(crate) fn widen(file: &File) {
    if rustix::pipe::fcntl_getpipe_size(file).is_ok_and(|bytes| bytes < PIPE_BYTES) {
        let _ = rustix::pipe::fcntl_setpipe_size(file, PIPE_BYTES);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn widen(_: &File) {}

/// Waits until there is something to read, or the end; returns whether there is before the time is up.
#[cfg(unix)]
pub(crate) fn wait_readable(file: &File, timeout: Option<Duration>) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let mut polled = [PollFd::new(file, PollFlags::IN)];
    match poll(&mut polled, timeout.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Elsewhere a read waits as long as it takes.
#[cfg(not(unix))]
pub(crate) fn wait_readable(_: &File, _: Option<Duration>) -> io::Result<bool> {
    Ok(true)
}

/// Returns standard input as a file of its own.
pub(crate) fn standard_input() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    owned.map(File::from)
}
