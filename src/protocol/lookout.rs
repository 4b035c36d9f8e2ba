//! Those who look around for work before they sleep, so that a submitter need not wake anybody.
//!
//! To wake a sleeper is a system call; a thread that looks around finds new work by itself. So a submitter that sees
//! somebody looking wakes nobody, and whoever looks takes on the duty: it does not stop looking without one more look.
//!
//! ```text
//! submitter: publish, fence, anybody looking? if not: wake one
//! helper:    begin; look ...; end; found: if there is more, wake another
//!                                  not found: announce itself in the bed, look again, sleep
//! ```
//! - K1: of all work that was published while somebody looked, none is left to sleepers. Whoever ends looks once more,
//!   after a fence: in the bed's protocol if it found nothing, in `end_with_work` if it found something.
//!   Who is being woken is one who looks, from the moment that a notifier counts it in the bed until it has departed from there.
//! - LOOKING: publish, fence, `anyone` (and the bed's count), against `end` (and `depart`), fence, look again. The later fence sees the other side's write. It
//!   carries no data.

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence;

/// How many threads look around.
#[derive(Debug)]
pub(crate) struct Lookout {
    looking: CachePadded<AtomicU32>,
}

/// The token of a thread that looks around; it has to end.
#[derive(Debug)]
#[must_use = "submitters wake nobody while somebody looks"]
pub(crate) struct Looking(());

impl Lookout {
    pub(crate) fn new() -> Self {
        Self { looking: CachePadded::new(AtomicU32::new(0)) }
    }

    /// Begins to look around.
    #[inline]
    pub(crate) fn begin(&self) -> Looking {
        // ORDERING: Relaxed; a submitter that sees it too late wakes one too many.
        self.looking.fetch_add(1, Relaxed);
        Looking(())
    }

    /// Ends, having found nothing. The caller goes to the bed, where it announces itself, fences, and looks again.
    #[inline]
    pub(crate) fn end(&self, looking: Looking) {
        let Looking(()) = looking;
        // ORDERING: Relaxed; LOOKING is ordered by the fence of the bed's `announce`. Model: loom-tests/lookout.rs.
        self.looking.fetch_sub(1, Relaxed);
    }

    /// Ends, having found something. The caller looks whether there is more, and if so wakes another.
    #[inline]
    pub(crate) fn end_with_work(&self, looking: Looking) {
        self.end(looking);
        // ORDERING: LOOKING, the side of those who look. Behind the exchange that ends it.
        fence::after_exchange();
    }

    /// Returns how many look around: a hint.
    pub(crate) fn count(&self) -> u32 {
        // ORDERING: Relaxed; a hint.
        self.looking.load(Relaxed)
    }

    /// Says that the caller was woken, and is about to look. It departed from the bed before.
    pub(crate) fn arrive(&self) {
        // ORDERING: LOOKING, the side of those who look. Behind the exchange by which the caller departed.
        fence::after_exchange();
    }

    /// Returns whether somebody looks around. The caller has published its work, by an exchange.
    #[inline]
    pub(crate) fn anyone(&self) -> bool {
        // ORDERING: LOOKING, the submitter's side.
        fence::after_exchange();
        // ORDERING: Relaxed; the fence above orders it.
        self.looking.load(Relaxed) > 0
    }
}
