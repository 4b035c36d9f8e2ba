//! One mapping: its pages, their guard against a file that shrinks, and advice to the kernel.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;

use memmap2::{MmapMut, MmapOptions, MmapRaw};

use super::fault::Guard;

/// What the kernel is told about how pages will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Normal,
    Sequential,
    Random,
    WillNeed,
    HugePages,
    PopulateRead,
    PopulateWrite,
}

/// Says whether the first touch of a page of `file` is cheap: a file in memory maps many pages with one fault.
pub(crate) fn faulting_is_cheap(file: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        const TMPFS: u32 = 0x0102_1994;
        rustix::fs::fstatfs(file).is_ok_and(|found| found.f_type as u32 == TMPFS)
    }
    // Elsewhere there is no call that would make it cheaper.
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        true
    }
}

/// Pages of memory, unmapped on drop. The guard stands first, so it is withdrawn before the pages go.
#[derive(Debug)]
pub(crate) struct Mapping {
    guard: Option<Guard>,
    raw: MmapRaw,
}

impl Mapping {
    /// Maps `len` bytes of zeros that belong to this process alone.
    pub(crate) fn anonymous(len: usize) -> io::Result<Self> {
        Ok(Self { guard: None, raw: MmapMut::map_anon(len)?.into() })
    }

    /// Maps the first `len` bytes of `file`, shared with everybody who maps it; `guarded` as `sys::fault` says.
    pub(crate) fn file(file: &File, len: usize, for_change: bool, guarded: bool) -> io::Result<Self> {
        let mut options = MmapOptions::new();
        options.len(len);
        let raw = if for_change { options.map_raw(file)? } else { options.map_raw_read_only(file)? };
        let guard = if guarded { Some(Guard::over(raw.as_mut_ptr(), len, for_change)?) } else { None };
        Ok(Self { guard, raw })
    }

    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.raw.as_mut_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    /// Returns the first byte that turned out not to be there, if a guarded page could not be had.
    pub(crate) fn lost_from(&self) -> Option<usize> {
        self.guard.as_ref()?.lost_from()
    }

    pub(crate) fn advise(&self, hint: Hint, range: Range<usize>) -> io::Result<()> {
        use memmap2::Advice;
        let advice = match hint {
            Hint::Normal => Advice::Normal,
            Hint::Sequential => Advice::Sequential,
            Hint::Random => Advice::Random,
            Hint::WillNeed => Advice::WillNeed,
            #[cfg(target_os = "linux")]
            Hint::HugePages => Advice::HugePage,
            #[cfg(target_os = "linux")]
            Hint::PopulateRead => Advice::PopulateRead,
            #[cfg(target_os = "linux")]
            Hint::PopulateWrite => Advice::PopulateWrite,
            #[cfg(not(target_os = "linux"))]
            Hint::HugePages | Hint::PopulateRead | Hint::PopulateWrite => Advice::WillNeed,
        };
        self.raw.advise_range(advice, range.start, range.len())
    }

    /// Takes the pages of `range` out of this process; the next access maps the file's pages again.
    ///
    /// # Safety
    ///
    /// The mapping is of a file, and no page of it was lost and then written to: an anonymous page would come back as
    /// zeros.
    #[cfg(unix)]
    pub(crate) unsafe fn release(&self, range: Range<usize>) -> io::Result<()> {
        let advice = memmap2::UncheckedAdvice::DontNeed;
        // SAFETY: the pages hold what the file holds, because the mapping is shared with it (the caller's duty), so
        // leaving them changes no byte that anyone can see.
        unsafe { self.raw.unchecked_advise_range(advice, range.start, range.len()) }
    }

    pub(crate) fn flush(&self) -> io::Result<()> {
        self.raw.flush()
    }
}
