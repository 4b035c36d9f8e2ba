//! Asking for a cache line before it is needed.

#![allow(unsafe_code)]

/// Asks for the line at `place`, to be written soon. Touches nothing, whatever the address; nothing at all on processors
/// other than x86-64.
#[inline(always)]
pub(crate) fn for_write<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the instruction is a hint: it faults on no address, writes nothing, and every such processor takes it, the
    // first ones for none.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}
