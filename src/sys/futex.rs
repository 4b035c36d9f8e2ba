//! The kernel's futex on a word of this process.
//!
//! A wait without a deadline is the `atomic-wait` crate's, on every system. To wake an exact number with one call, and
//! to learn how many were asleep, takes the Linux call itself. Both pass the private flag, so they meet.
//! Source: futex(2).

use std::sync::atomic::AtomicU32;

/// Sleeps while `word` holds `expected`. Returns after a wake, or for no reason at all.
pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    atomic_wait::wait(word, expected);
}

/// Wakes at most `count` threads that sleep on `word`; returns how many it woke.
#[cfg(target_os = "linux")]
pub(crate) fn wake(word: &AtomicU32, count: u32) -> u32 {
    use rustix::thread::futex;
    // The call fails on a bad address only, and a reference is not one.
    futex::wake(word, futex::Flags::PRIVATE, count).unwrap_or(0) as u32
}

/// Wakes at most `count` threads that sleep on `word`; elsewhere nobody tells how many there were.
#[cfg(not(target_os = "linux"))]
pub(crate) fn wake(word: &AtomicU32, count: u32) -> u32 {
    match count {
        u32::MAX => atomic_wait::wake_all(word),
        _ => (0..count).for_each(|_| atomic_wait::wake_one(word)),
    }
    0
}
