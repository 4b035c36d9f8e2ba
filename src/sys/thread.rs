//! Whether a thread of this process still exists.
//!
//! A thread can end without running any code of ours: by the bare system call. Nobody is told then, but the kernel knows,
//! and answers who asks whether a signal could be sent. It gives numbers of ended threads to new ones, though only once it
//! has been through all of them; a thread that is gone may be taken for one that exists, never the other way round.
//! Source: tgkill(2), gettid(2).

#![allow(unsafe_code)]

/// Whether this system tells that a thread is gone.
pub(crate) const IS_TOLD: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// A thread of this process, as the kernel knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(i32);

impl ThreadId {
    /// Returns the calling thread, where the system tells.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn of_this_thread() -> Option<Self> {
        Some(Self(rustix::thread::gettid().as_raw_nonzero().get()))
    }

    /// Returns nothing: this system does not tell.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn of_this_thread() -> Option<Self> {
        None
    }

    /// Returns whether the thread exists; says yes where nobody knows.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn exists(self) -> bool {
        let process = rustix::process::getpid().as_raw_nonzero().get();
        // SAFETY: no duties. The call takes three numbers, and signal 0 is none: nothing is sent.
        let answer = unsafe { libc::syscall(libc::SYS_tgkill, process, self.0, 0) };
        answer == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
    }

    /// Says yes, because nobody knows.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn exists(self) -> bool {
        true
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_thread_exists_until_it_has_ended() {
        let ours = ThreadId::of_this_thread().unwrap();
        assert!(ours.exists());
        let ended = std::thread::spawn(|| ThreadId::of_this_thread().unwrap());
        let id = ended.join().unwrap();
        assert!(ours.exists() && !id.exists());
    }
}
