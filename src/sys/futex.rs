//! The kernel's futex on a word, of this process alone or in memory that several share.
//!
//! A wait without a deadline is the `atomic-wait` crate's, on every system. To wake an exact number with one call, to
//! learn how many were asleep, and to sleep no longer than to a point in time, takes the Linux call itself. Source:
//! futex(2).
//!
//! The kernel finds the sleepers of a private word by its address in this process, and those of a shared word by where
//! it lies in the file. Who waits in one scope is not found by a wake in the other, so each word has one scope for ever.

use std::sync::atomic::AtomicU32;
use std::time::Instant;

/// Who meets on a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Threads of this process.
    Private,
    /// Whoever has mapped the word's file, or inherited its shared mapping, at whatever address.
    Shared,
}

#[cfg(target_os = "linux")]
impl Scope {
    fn flags(self) -> rustix::thread::futex::Flags {
        match self {
            Self::Private => rustix::thread::futex::Flags::PRIVATE,
            Self::Shared => rustix::thread::futex::Flags::empty(),
        }
    }
}

/// Sleeps while `word` holds `expected`, on a private word. Returns after a wake, or for no reason at all.
pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    atomic_wait::wait(word, expected);
}

/// Why a wait with a deadline returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Somebody woke it, or nobody did: the system tells no difference.
    Woken,
    /// The word did not hold what was expected, so there was no sleep.
    Changed,
    /// A signal came; or the word's page is no longer there, which whoever touches it next will find out.
    Interrupted,
    /// The deadline has passed.
    TimedOut,
}

/// Sleeps while `word` holds `expected`, but not past `deadline`.
///
/// The deadline is handed over as a point on the system's monotonic clock, which is the one that `Instant` reads, so no
/// number of early returns moves it.
#[cfg(target_os = "linux")]
pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Instant, scope: Scope) -> Wake {
    use std::num::NonZero;

    use rustix::io::Errno;
    use rustix::thread::futex;
    use rustix::time::{ClockId, Timespec, clock_gettime};

    // In this order: if we are stopped in between, we wake too early, and find out by the clock.
    let now = clock_gettime(ClockId::Monotonic);
    let Some(left) = deadline.checked_duration_since(Instant::now()) else { return Wake::TimedOut };
    let until = Timespec::try_from(left).ok().and_then(|left| now.checked_add(left));
    let any = NonZero::<u32>::MAX;
    match futex::wait_bitset(word, scope.flags(), expected, until.as_ref(), any) {
        Ok(()) => Wake::Woken,
        Err(Errno::AGAIN) => Wake::Changed,
        Err(Errno::TIMEDOUT) => Wake::TimedOut,
        // The call has no other failure for a time that was added up and a word that is there.
        Err(_) => Wake::Interrupted,
    }
}

/// Sleeps in steps: no call that all other systems have waits on a word with a deadline or between processes, so until one
/// is needed here the word is looked at again and again, each time after twice as long, a millisecond at most.
#[cfg(not(target_os = "linux"))]
pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Instant, _scope: Scope) -> Wake {
    use std::sync::atomic::Ordering::Relaxed;
    use std::time::Duration;

    let mut pause = Duration::from_micros(20);
    while word.load(Relaxed) == expected {
        let Some(left) = deadline.checked_duration_since(Instant::now()) else { return Wake::TimedOut };
        std::thread::sleep(left.min(pause));
        pause = (2 * pause).min(Duration::from_millis(1));
    }
    Wake::Changed
}

/// Wakes at most `count` threads that sleep on `word`; returns how many it woke.
#[cfg(target_os = "linux")]
pub(crate) fn wake(word: &AtomicU32, count: u32, scope: Scope) -> u32 {
    use rustix::thread::futex;
    // The call fails on an address without a page only, and then nobody sleeps there.
    futex::wake(word, scope.flags(), count).unwrap_or(0) as u32
}

/// Wakes at most `count` threads that sleep on `word`; elsewhere nobody tells how many there were. Who sleeps on a shared
/// word looks for itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn wake(word: &AtomicU32, count: u32, scope: Scope) -> u32 {
    match count {
        _ if scope == Scope::Shared => (),
        u32::MAX => atomic_wait::wake_all(word),
        _ => (0..count).for_each(|_| atomic_wait::wake_one(word)),
    }
    0
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "futex/tests.rs"]
mod tests;
