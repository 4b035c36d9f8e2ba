//! The guard of mapped files: a page that the file no longer has becomes zeros and a note, instead of a dead process.
//!
//! A file that another program cuts short while it is mapped leaves pages without a file behind them. To touch one
//! raises SIGBUS, whose default ends the process. Here a handler, installed when the first guarded file is mapped,
//! looks the address up in a list of guarded ranges. If it is in one, the handler maps zeros from that page to the end
//! of the range and returns: the reader goes on with zeros, and `lost_from` says that they are not the file's. Any
//! other fault is handed to whoever handled the signal before.
//!
//! The list only grows; entries are used again and never freed, so the handler can walk it at any time.
//!
//! ```text
//! Entry.range   = first page:36 | for change:1 | pages:27    in pages of 4 KiB; 0 = free, 1 = being filled
//! Entry.intact  = address up to which the file's own pages are still mapped
//! ```
//! - F1: the entries of a mapping are filled before anyone can reach a byte of it, and cleared before it is unmapped.
//!   So the handler of a fault in it finds them: they do not change while anyone can fault there.
//! - F2: one word holds a range, so no walk sees half of an old range and half of a new one; and since mappings do not
//!   overlap, a range other than the faulting one does not contain the address.
//! - F3: a page is replaced at most once. `intact` only falls, and who lowers it from b to a replaces exactly [a, b).
//!   Whoever faults at or above it lost that race and simply tries again until the pages are there.
//! - ENTRY: filling an entry to the handler, carries `intact`.
//!
//! The handler calls `mmap` through rustix, which makes the system call itself: no lock, no allocation, no errno.
//! Source: sigaction(2), mmap(2), signal-safety(7).

#![allow(unsafe_code)]

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::Guard;
#[cfg(target_os = "linux")]
pub(crate) use linux::Guard;

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{c_int, c_void};
    use std::io;
    use std::mem;
    use std::ptr;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

    use Ordering::{AcqRel, Acquire, Relaxed, Release};

    const UNIT: usize = 4096;
    const PAGES_BITS: u32 = 27;
    const MAX_PAGES: usize = (1 << PAGES_BITS) - 1;
    const FREE: u64 = 0;
    const FILLING: u64 = 1;

    /// What one entry's word says.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Span {
        start: usize,
        end: usize,
        for_change: bool,
    }

    impl Span {
        /// Packs a span of whole units, if its address and size fit the word.
        fn pack(self) -> Option<u64> {
            let page = (self.start / UNIT) as u64;
            let pages = (self.end - self.start) / UNIT;
            let fits = (1..1 << 36).contains(&page) && (1..=MAX_PAGES).contains(&pages);
            fits.then(|| page << 28 | u64::from(self.for_change) << PAGES_BITS | pages as u64)
        }

        /// Unpacks a word; free entries and those being filled are empty spans at address 0.
        fn unpack(word: u64) -> Self {
            let start = (word >> 28) as usize * UNIT;
            let pages = if start == 0 { 0 } else { word as usize & MAX_PAGES };
            Self { start, end: start + pages * UNIT, for_change: word >> PAGES_BITS & 1 == 1 }
        }
    }

    struct Entry {
        range: AtomicU64,
        intact: AtomicUsize,
        next: *const Entry,
    }

    // SAFETY: what makes it not so by itself is `next`. It is written once, before the entry is listed, and leads to
    // an entry that is listed already and never freed; the rest are atomics.
    unsafe impl Sync for Entry {}

    static NEWEST: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());

    /// Walks the list, newest entry first.
    fn entries() -> impl Iterator<Item = &'static Entry> {
        // ORDERING: ENTRY, acquire side: an entry is whole before it is listed.
        let mut at = NEWEST.load(Acquire).cast_const();
        std::iter::from_fn(move || {
            // SAFETY: `as_ref` wants null or a valid entry for 'static. Listed entries come from `Box::leak`, are
            // whole before they are listed (ENTRY), and change through their atomics alone.
            let entry = unsafe { at.as_ref() }?;
            at = entry.next;
            Some(entry)
        })
    }

    /// Finds a free entry, or lists a new one, and marks it as being filled.
    fn claim() -> &'static Entry {
        for entry in entries() {
            // ORDERING: Acquire, the other side of the Release in `drop`: our fill comes after its last use.
            if entry.range.compare_exchange(FREE, FILLING, Acquire, Relaxed).is_ok() {
                return entry;
            }
        }
        let mut entry =
            Box::new(Entry { range: FILLING.into(), intact: AtomicUsize::new(0), next: ptr::null() });
        // ORDERING: Acquire, so that entries behind the head are whole for whoever reaches them through ours.
        let mut newest = NEWEST.load(Acquire);
        loop {
            entry.next = newest;
            let raw = Box::into_raw(entry);
            // ORDERING: ENTRY, release side: carries the entry's first content; Acquire as above.
            match NEWEST.compare_exchange_weak(newest, raw, AcqRel, Acquire) {
                // SAFETY: the box was leaked by `into_raw` and is listed now, so nobody frees it.
                Ok(_) => return unsafe { &*raw },
                Err(now) => newest = now,
            }
            // SAFETY: the exchange failed, so `raw` is still ours alone.
            entry = unsafe { Box::from_raw(raw) };
        }
    }

    /// The guard of one mapping. To be dropped before the mapping is.
    #[derive(Debug)]
    pub(crate) struct Guard {
        start: usize,
        entries: Vec<&'static Entry>,
    }

    impl std::fmt::Debug for Entry {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            // ORDERING: Relaxed; a display, nothing rides on it.
            Span::unpack(self.range.load(Relaxed)).fmt(f)
        }
    }

    impl Guard {
        /// Guards the pages of the `len` bytes at `at`, which nobody has been given yet.
        pub(crate) fn over(at: *mut u8, len: usize, for_change: bool) -> io::Result<Self> {
            install()?;
            let mut guard = Self { start: at.expose_provenance(), entries: Vec::new() };
            let end = (guard.start + len).next_multiple_of(page_bytes());
            let mut start = guard.start;
            while len > 0 && start < end {
                // Parts of a split mapping are whole pages, whatever their size: 2^26 units.
                let part = Span { start, end: end.min(start + (UNIT << (PAGES_BITS - 1))), for_change };
                let word = part.pack().ok_or_else(|| io::Error::from_raw_os_error(libc::EOVERFLOW))?;
                let entry = claim();
                // ORDERING: Relaxed; the store below carries it.
                entry.intact.store(part.end, Relaxed);
                // ORDERING: ENTRY, release side, carries `intact` (F1).
                entry.range.store(word, Release);
                guard.entries.push(entry);
                start = part.end;
            }
            Ok(guard)
        }

        /// Returns the offset of the first page that was replaced.
        pub(crate) fn lost_from(&self) -> Option<usize> {
            self.entries.iter().find_map(|entry| {
                // ORDERING: Relaxed, both. The entry is ours, and whoever asks on behalf of another thread's reads has
                // heard of their end, which comes after their faults.
                let span = Span::unpack(entry.range.load(Relaxed));
                let intact = entry.intact.load(Relaxed);
                (intact < span.end).then(|| intact - self.start)
            })
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            for entry in &self.entries {
                // ORDERING: Release, so that whoever fills the entry next does so after our last use of it.
                entry.range.store(FREE, Release);
            }
        }
    }

    fn page_bytes() -> usize {
        rustix::param::page_size().max(UNIT)
    }

    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    /// Installs the handler, once.
    fn install() -> io::Result<()> {
        static DONE: OnceLock<Result<(), i32>> = OnceLock::new();
        let outcome = DONE.get_or_init(|| {
            let errno = |code: c_int| if code == 0 { Ok(()) } else { Err(last_errno()) };
            // SAFETY: `sigaction` is a plain struct for which zeros are valid: default action, empty mask.
            let mut before: libc::sigaction = unsafe { mem::zeroed() };
            // SAFETY: no new action is given; `before` is valid to write.
            errno(unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut before) })?;
            // The handler may run from the next call on, so it must find this in place.
            BEFORE.get_or_init(|| before);
            // SAFETY: as above.
            let mut action: libc::sigaction = unsafe { mem::zeroed() };
            action.sa_sigaction = on_fault as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            // SAFETY: `sa_mask` is valid to write. A full mask: nothing interrupts the handler.
            unsafe { libc::sigfillset(&raw mut action.sa_mask) };
            // SAFETY: `action` is whole, and `on_fault` has the signature that SA_SIGINFO asks for and is signal-safe.
            errno(unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) })
        });
        outcome.map_err(io::Error::from_raw_os_error)
    }

    fn last_errno() -> i32 {
        io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)
    }

    /// Runs in place of a thread's next instruction, on the fault: signal-safe calls only.
    extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo, which stays as it is until we return.
        let fault = unsafe { &*info };
        let code = fault.si_code;
        // SAFETY: SIGBUS fills the address; for a signal sent by a process the bytes are there all the same.
        let address = unsafe { fault.si_addr() }.addr();
        if code != libc::BUS_ADRERR || !mend(address) {
            hand_on(signal, code, info, context);
        }
    }

    /// Puts zeros in the place of the pages from `address` on, if it lies in a guarded range.
    fn mend(address: usize) -> bool {
        for entry in entries() {
            // ORDERING: ENTRY, acquire side (F1, F2).
            let span = Span::unpack(entry.range.load(Acquire));
            if !(span.start..span.end).contains(&address) {
                continue;
            }
            let from = address - address % page_bytes();
            // ORDERING: Relaxed; the value itself decides who replaces what (F3). That the pages are mapped is seen
            // through the page table, by trying again.
            let intact = entry.intact.fetch_min(from, Relaxed);
            return from >= intact || replace(from, intact, span.for_change);
        }
        false
    }

    fn replace(from: usize, to: usize, for_change: bool) -> bool {
        let readable = ProtFlags::READ;
        let prot = if for_change { readable | ProtFlags::WRITE } else { readable };
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        let at = ptr::with_exposed_provenance_mut(from);
        // SAFETY: the range lies in a guarded mapping that stays mapped while its reader, this very thread, is in it
        // (F1), and it is replaced by pages of the same access. What references see change is bytes of a file that
        // another program took away, for which any value is valid (docs/decisions/0003).
        unsafe { mmap_anonymous(at, to - from, prot, flags) }.is_ok()
    }

    /// Gives a fault that is not ours to the handler that was there before.
    fn hand_on(signal: c_int, code: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
        let before = BEFORE.get();
        let handler = before.map_or(libc::SIG_DFL, |before| before.sa_sigaction);
        let wants_info = before.is_some_and(|before| before.sa_flags & libc::SA_SIGINFO != 0);
        // A code above zero is the kernel's own: a fault, which comes again when we return.
        let sent = code <= 0;
        if handler == libc::SIG_IGN && sent {
            return;
        }
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            // SAFETY: `signal` with the default action is a valid call, and signal-safe.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
            if sent {
                // SAFETY: `raise` is signal-safe; the signal is blocked here and arrives on return.
                unsafe { libc::raise(signal) };
            }
        } else if wants_info {
            type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
            // SAFETY: it was registered with SA_SIGINFO, so it has this signature.
            let handler = unsafe { mem::transmute::<libc::sighandler_t, Handler>(handler) };
            handler(signal, info, context);
        } else {
            // SAFETY: it was registered without SA_SIGINFO, so it has this signature.
            let handler = unsafe { mem::transmute::<libc::sighandler_t, extern "C" fn(c_int)>(handler) };
            handler(signal);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn a_span_survives_its_word(page in 1usize..1 << 36, pages in 1..=MAX_PAGES, for_change: bool) {
                let span = Span { start: page * UNIT, end: (page + pages) * UNIT, for_change };
                let word = span.pack().unwrap();
                prop_assert!(word != FREE && word != FILLING);
                prop_assert_eq!(Span::unpack(word), span);
            }
        }

        #[test]
        fn free_entries_contain_nothing() {
            for word in [FREE, FILLING] {
                let span = Span::unpack(word);
                assert_eq!(span.start, span.end);
            }
        }

        #[test]
        fn what_does_not_fit_the_word_is_refused() {
            let span = |start, pages| Span { start, end: start + pages * UNIT, for_change: true };
            assert_eq!(span(0, 1).pack(), None);
            assert_eq!(span(UNIT << 36, 1).pack(), None);
            assert_eq!(span(UNIT, MAX_PAGES + 1).pack(), None);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    /// No guard: a truncated file raises the system's signal.
    #[derive(Debug)]
    pub(crate) struct Guard;

    impl Guard {
        pub(crate) fn over(_: *mut u8, _: usize, _: bool) -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) fn lost_from(&self) -> Option<usize> {
            None
        }
    }
}
