//! Telling a forked child from its parent, by one load.
//!
//! A forked child has the parent's memory and none of its threads, so a pool that it inherited would wait for workers
//! that are not there. The count below changes in each child; who noted it before sees the difference.
//!
//! The child's libc runs the hook, so the check costs one load of a static that is otherwise read only. The other
//! way, a page that the kernel wipes on fork, would also see a bare `clone` system call, at a page for each process;
//! but such a child has no working libc to run a pool with either. `vfork` and `posix_spawn` run no code of ours.
//! Source: pthread_atfork(3).

#![allow(unsafe_code)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::SystemError;

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Returns the present generation, and sees to it that every later fork changes it in the child.
///
/// # Errors
///
/// The system has no memory left for its list of hooks.
pub(crate) fn watch() -> Result<u32, SystemError> {
    // Two threads that meet here may both add the hook: a child then counts by two, which is as good.
    static HOOKED: OnceLock<()> = OnceLock::new();
    if HOOKED.get().is_none() {
        hook()?;
        let _ = HOOKED.set(());
    }
    Ok(generation())
}

/// Returns the generation of this process: another number than in the process that it was forked from, once
/// [`watch`] has been called there. One load, no system call.
#[inline]
pub(crate) fn generation() -> u32 {
    // ORDERING: Relaxed; the child's only thread wrote it before it could run anything else, and nothing rides on it.
    GENERATION.load(Ordering::Relaxed)
}

#[cfg(unix)]
fn hook() -> Result<(), SystemError> {
    extern "C" fn in_child() {
        // ORDERING: Relaxed; this is the only thread of its process.
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: `pthread_atfork` wants a handler that may run in the child at any fork until the process ends.
    // `in_child` is a function of this program, never unloaded before its caller, and does one atomic addition, which
    // a signal handler could do: it takes no lock, allocates nothing and cannot unwind.
    let error = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    match error {
        0 => Ok(()),
        code => Err(SystemError::new("pthread_atfork", std::io::Error::from_raw_os_error(code))),
    }
}

#[cfg(not(unix))]
fn hook() -> Result<(), SystemError> {
    // Nothing here forks.
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_forked_child_counts_on_and_its_parent_does_not() {
        let before = watch().unwrap();
        assert_eq!(watch().unwrap(), before);
        // SAFETY: the child of a process with threads may make async-signal-safe calls alone: it loads and exits.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let code = i32::from(generation() == before);
            // SAFETY: `_exit` has no duties; it runs no destructors and no hooks.
            unsafe { libc::_exit(code) };
        }
        assert!(child > 0);
        let mut status = 0;
        // SAFETY: `waitpid` wants a place for the status, which `status` is, and a child of ours.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "the child saw its parent's generation");
        assert_eq!(generation(), before);
    }
}
