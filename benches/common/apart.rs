//! A number goes to another process and comes back one greater: how long does that take?

#![allow(unsafe_code)]

use std::ops::Deref;
use std::ptr::{NonNull, null_mut};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use rustix::process::{Pid, Signal, WaitOptions, set_parent_process_death_signal, waitpid};

use super::cpus::pin;
use super::ping_pong::{Answer, Ask, Conditions, ask_all, rounds_of};

/// A value in pages that this process and those that it forks have in common. It begins as zeros.
pub struct Common<T>(NonNull<T>);

/// A type of which all zeros are a value, and which is made of atomic words alone.
///
/// # Safety
///
/// Both are so.
pub unsafe trait Words: Sync {}

// SAFETY: a `Common` gives shared references to its value alone, and is an address for whoever keeps it long enough.
unsafe impl<T: Words> Send for Common<T> {}
// SAFETY: as above.
unsafe impl<T: Words> Sync for Common<T> {}

impl<T: Words> Common<T> {
    pub fn new() -> Self {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses where, so no mapping of ours is replaced.
        let pages = unsafe { mmap_anonymous(null_mut(), size_of::<T>(), access, MapFlags::SHARED) };
        // A page is aligned for any type.
        Self(NonNull::new(pages.expect("a few pages").cast()).expect("no mapping lies at 0"))
    }

    pub fn first(&self) -> NonNull<T> {
        self.0
    }
}

impl<T: Words> Deref for Common<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: mapped until `self` is dropped, and a value from the first zeros on (`Words`).
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Common<T> {
    fn drop(&mut self) {
        // SAFETY: the pages are ours, and nobody has a reference to them any more.
        let _ = unsafe { munmap(self.0.as_ptr().cast(), size_of::<T>()) };
    }
}

/// Makes the trips to a forked child and back; returns the time of one in ns: the median, and what 99 of a hundred are
/// below. The caller's process has no other thread.
pub fn ping_pong_apart<A: Ask, B: Answer>(how: Conditions, (asker, mut answerer): (A, B)) -> [f64; 2] {
    // SAFETY: there is no other thread, so the child may do what a process may do.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "there is no room for another process");
    if child == 0 {
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        pin(how.places.1);
        (0..rounds_of(how)).for_each(|_| answerer.answer());
        // SAFETY: no duties; what the parent has to drop is not dropped here.
        unsafe { libc::_exit(0) };
    }
    let times = ask_all(how, asker);
    let ended = waitpid(Pid::from_raw(child), WaitOptions::empty()).expect("it is our child");
    assert!(ended.is_some_and(|(_, status)| status.exit_status() == Some(0)), "the other side has failed");
    times
}
