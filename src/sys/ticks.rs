//! The processor's own count of time, where the kernel trusts it.
//!
//! Reading it takes a third of what the system's clock takes, which reads the same count and converts it. Whether the count
//! runs at one rate, goes on in sleep states and is the same on all CPUs is for the kernel to judge: it watches the count
//! and names it as its clock source only as long as all that holds. Where it names another, nobody here reads the count.

#![allow(unsafe_code)]

/// Returns whether the count is the kernel's own clock.
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
pub(crate) fn are_trusted() -> bool {
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    std::fs::read_to_string(SOURCE).is_ok_and(|source| source.trim() == "tsc")
}

/// Returns that there is no such count.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
pub(crate) fn are_trusted() -> bool {
    false
}

/// Returns the count. The processor may read it some nanoseconds before what stands above it in the program is done.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
pub(crate) fn now() -> u64 {
    // SAFETY: every processor of this architecture has the instruction, and it touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Returns 0: nobody trusts a count that is not there.
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
#[inline(always)]
pub(crate) fn now() -> u64 {
    0
}
