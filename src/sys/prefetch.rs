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

/// Asks for the line at `place`, to be read soon. Touches nothing, whatever the address; nothing at all on processors
/// other than x86-64.
#[inline(always)]
pub(crate) fn for_read<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction is a hint: it faults on no address, and SSE is part of every such processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}
