//! The fences of a handshake in which each side writes and then looks at what the other wrote.
//!
//! Two full fences make it impossible that both look too early. Where one side runs all the time and the other goes to
//! sleep, that one can pay for both: a barrier that it runs on every CPU comes, in each other thread, either before that
//! thread's write or after it, and a compiler that keeps the write before the look is then all that is needed there.
//! Source: membarrier(2), and P1202 of the C++ committee, "Asymmetric fences".

use std::sync::atomic::{Ordering, compiler_fence};
use std::thread;
use std::time::Duration;

use super::atomic::fence;
use crate::sys::membarrier;

/// Far longer than a processor keeps a write to itself.
const UNTIL_WRITTEN: Duration = Duration::from_micros(50);

/// Who pays for the fences of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fences {
    /// Each side runs a fence.
    Symmetric,
    /// One side runs a barrier on all CPUs, the other nothing.
    Asymmetric,
}

impl Fences {
    /// Returns fences of which the light one is free, or the symmetric ones where the system has no such barrier. The
    /// first call of a process that has threads takes 10 to 20 ms.
    pub(crate) fn asymmetric() -> Self {
        if membarrier::register() { Self::Asymmetric } else { Self::Symmetric }
    }

    /// The fence of the side that runs all the time.
    #[inline(always)]
    pub(crate) fn light(self) {
        match self {
            Self::Symmetric => fence(Ordering::SeqCst),
            Self::Asymmetric => compiler_fence(Ordering::SeqCst),
        }
    }

    /// The fence of the side that is about to sleep.
    pub(crate) fn heavy(self) {
        fence(Ordering::SeqCst);
        if self == Self::Asymmetric && !membarrier::everywhere() {
            // The system gave us the barrier and has taken it back, by a filter of system calls. What the other side
            // wrote before it looked is on its way out of its processor, which takes less than a microsecond.
            thread::sleep(UNTIL_WRITTEN);
        }
    }
}
