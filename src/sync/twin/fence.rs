//! The fences of a handshake, as two full fences.
//!
//! That is faithful. A barrier on all CPUs acts as a full fence at one point of each other thread. If that point lies
//! between the thread's write and its look, there are two full fences indeed. If it lies before the write, the thread's
//! look comes after the barrier and sees what the sleeper wrote before it; if it lies after the look, the sleeper sees
//! what the thread wrote. Those are the outcomes that two full fences have, the one that they forbid is not among them.
//! What loom does not see is the change from one kind to the other, which is argued in `native/fence.rs`.

use super::atomic::{Ordering, fence};

/// Keeps the compiler from moving things, which a model has none of.
pub(crate) fn in_thread() {}

/// A full fence behind an exchange: every access of this thread up to its last exchange comes before every access after the
/// call. Here it is a fence for all that comes before it: who calls it right behind the exchange gets no more than that.
pub(crate) fn after_exchange() {
    fence(Ordering::SeqCst);
}

/// Who pays for the fences of a handshake: here both sides, whatever is asked for.
#[derive(Debug)]
pub(crate) struct Fences;

impl Fences {
    pub(crate) fn symmetric() -> Self {
        Self
    }

    pub(crate) fn asymmetric() -> Self {
        Self
    }

    /// The fence of the side that runs all the time.
    pub(crate) fn light(&self) {
        fence(Ordering::SeqCst);
    }

    /// The fence of the side that is about to sleep.
    pub(crate) fn heavy(&self) {
        fence(Ordering::SeqCst);
    }

    pub(crate) fn make_symmetric(&self) {}
}
