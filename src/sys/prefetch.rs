//! Asking for a cache line before it is needed.

#![allow(unsafe_code)]

/// Asks for the line at `place`, to be written.
#[inline(always)]
pub(crate) fn for_write<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint that touches nothing, whatever the address.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}
