//! A memory barrier on every CPU that runs a thread of this process, by one system call.
//!
//! A process says once that it will ask for such barriers. That takes microseconds while it has one thread, and the
//! kernel's grace period, 10 to 20 ms, once it has more (measured). After that a barrier takes an interrupt of each CPU
//! that runs one of our threads at that moment, and nothing of those that run none. Source: membarrier(2).

/// Makes the barrier available; returns whether it is. No system but Linux has it, and a filter of system calls may
/// keep it from us.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) fn register() -> bool {
    use std::sync::OnceLock;

    use rustix::thread::{MembarrierCommand, membarrier};

    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED.get_or_init(|| membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok())
}

/// Runs a full barrier on every CPU that runs a thread of this process; returns whether it did.
///
/// Once [`register`] has answered yes, only a filter that was put up later makes it fail.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) fn everywhere() -> bool {
    use rustix::thread::{MembarrierCommand, membarrier};

    membarrier(MembarrierCommand::PrivateExpedited).is_ok()
        // A forked child of an old kernel may have to say again that it wants barriers.
        || (membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok()
            && membarrier(MembarrierCommand::PrivateExpedited).is_ok())
}

/// Answers no: this system has no such barrier.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub(crate) fn register() -> bool {
    false
}

/// Answers no: this system has no such barrier.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub(crate) fn everywhere() -> bool {
    false
}
