//! Pages that lie in memory twice in a row, so that what wraps at their end is contiguous all the same.
//!
//! The pages are a file in memory without a name (`memfd_create`), mapped into one reserved range of addresses. Whoever
//! writes a byte by one of its addresses is seen by the other: it is the same byte. A third mapping, which cannot be
//! written through, is for observers that read while others write.
//!
//! ```text
//! base          base + len      base + 2 len      base + 3 len
//!   | the pages   | the same      | the same, view  |
//! ```
//! - M1: from `base` on, 2 * `len` bytes are mapped for reading and writing, and `len` more for reading, as long as the
//!   mirror lives. They begin as zeros.
//! - M2: two addresses of one byte are `len` or a multiple of it apart, and the compiler knows nothing of it. Whoever writes by
//!   one address and then reads or writes by another has an acquire between, or within one thread `fence::in_thread`.
//! - M3: nobody else has the file: its descriptor is closed once it is mapped. A forked child shares the pages, as it
//!   does any shared mapping.
//! - M4: through the view nobody writes, and everybody reads by volatile reads alone. To the compiler it is memory of its own,
//!   which changes by itself, as that of a device does; so a read of what is being written there is no race of two
//!   accesses that it knows of. What such a read gives is for the reader to check.
//!
//! Where the system has no `memfd_create` there is no mirror, and so no stream: the call reports `Unsupported`.
//! Source: memfd_create(2), mmap(2).

#![allow(unsafe_code)]

use crate::error::SystemError;

/// Pages that are mapped twice in a row, and once for looking at. Unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mirror {
    base: *mut u8,
    len: usize,
}

// SAFETY: the mirror is an address and a length; whoever reads or writes what lies there argues that for itself.
unsafe impl Send for Mirror {}
// SAFETY: as above; no method changes anything.
unsafe impl Sync for Mirror {}

/// Returns the size that a mirror's length is a multiple of.
#[cfg(unix)]
pub(crate) fn page_bytes() -> usize {
    rustix::param::page_size()
}

/// Returns the size that a mirror's length would be a multiple of.
#[cfg(not(unix))]
pub(crate) fn page_bytes() -> usize {
    4096
}

impl Mirror {
    /// Maps `len` bytes of zeros, a multiple of the page size above 0.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn new(len: usize) -> Result<Self, SystemError> {
        use std::io;
        use std::os::fd::AsFd;

        use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

        assert!(len > 0 && len.is_multiple_of(page_bytes()), "{len} bytes are not whole pages");
        let failed = |call| move |errno: rustix::io::Errno| SystemError::new(call, errno.into());
        let too_large = || SystemError::new("mmap", io::ErrorKind::OutOfMemory.into());
        let all = len.checked_mul(3).ok_or_else(too_large)?;
        // The addresses first: a length out of all bounds is refused before it costs anything.
        // SAFETY: no address is asked for, so the call finds a free range and changes no other mapping.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                all,
                ProtFlags::empty(),
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        }
        .map_err(failed("mmap"))?;
        // From here on the range is unmapped on drop.
        let mirror = Self { base: base.cast(), len };
        let file = memfd_create("ringmill-stream", MemfdFlags::CLOEXEC).map_err(failed("memfd_create"))?;
        // Not reserved: this file system has no bound, so more pages than there are would not be refused, here or when they are
        // entered below; the system would kill somebody.
        ftruncate(&file, len as u64).map_err(failed("ftruncate"))?;
        let both = ProtFlags::READ | ProtFlags::WRITE;
        for (part, access) in [(0, both), (1, both), (2, ProtFlags::READ)] {
            mirror.map_part(part, access, file.as_fd()).map_err(failed("mmap"))?;
        }
        Ok(mirror)
    }

    /// Reports that the system lacks a file in memory without a name.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn new(_len: usize) -> Result<Self, SystemError> {
        let kind = std::io::ErrorKind::Unsupported;
        let error = std::io::Error::new(kind, "a stream needs memfd_create, which this system lacks");
        Err(SystemError::new("memfd_create", error))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn map_part(
        &self,
        part: usize,
        access: rustix::mm::ProtFlags,
        file: std::os::fd::BorrowedFd<'_>,
    ) -> rustix::io::Result<()> {
        use rustix::mm::{MapFlags, mmap};
        let at = self.base.wrapping_add(part * self.len);
        // All pages are entered now: a fault in the middle of a burst would cost microseconds.
        let flags = MapFlags::SHARED | MapFlags::FIXED | MapFlags::POPULATE;
        // SAFETY: `FIXED` replaces what is mapped there. That is a part of the range which `new` reserved and nobody
        // else knows of yet; `len` bytes from `at` on lie within its `3 * len`.
        let mapped = unsafe { mmap(at.cast(), self.len, access, flags, file, 0) }?;
        debug_assert_eq!(mapped, at.cast());
        Ok(())
    }

    /// Returns where the first of the two copies begins, for reading and writing (M1).
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.base
    }

    /// Returns where the copy for observers begins, for reading (M1).
    pub(crate) fn view(&self) -> *const u8 {
        self.base.wrapping_add(2 * self.len)
    }

    /// Returns the length of one copy in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // SAFETY: the range is the one that `new` reserved. Everyone who looks into it holds the mirror, so nobody
            // does any more.
            let unmapped = unsafe { rustix::mm::munmap(self.base.cast(), 3 * self.len) };
            debug_assert!(unmapped.is_ok());
        }
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use std::sync::atomic::{Ordering, fence};

    use super::*;

    #[test]
    fn a_byte_has_three_addresses() {
        let len = page_bytes();
        let mirror = Mirror::new(len).unwrap();
        let write = |at: usize, byte: u8| {
            // SAFETY: `at` is less than `2 * len` (M1); this thread alone uses the mirror.
            unsafe { mirror.as_ptr().wrapping_add(at).write_volatile(byte) }
        };
        let read = |at: usize| {
            // SAFETY: `at` is less than `3 * len` (M1).
            unsafe { mirror.as_ptr().wrapping_add(at).read_volatile() }
        };
        for (at, byte) in [(0, 3), (len - 1, 4), (len + 7, 5), (2 * len - 2, 6)] {
            write(at, byte);
            fence(Ordering::SeqCst);
            for copy in 0..3 {
                assert_eq!(read(at % len + copy * len), byte);
            }
        }
        assert_eq!(mirror.view(), mirror.as_ptr().wrapping_add(2 * mirror.len()).cast_const());
    }

    #[test]
    fn what_cannot_be_mapped_is_an_error() {
        for len in [usize::MAX / 2, 1 << 60] {
            let error = Mirror::new(len / page_bytes() * page_bytes()).unwrap_err();
            assert_eq!(error.call(), "mmap", "the addresses are too few");
        }
    }
}
