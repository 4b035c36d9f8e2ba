//! The fences of a handshake in which each side writes and then looks at what the other wrote.
//!
//! Two full fences make it impossible that both look too early. Where one side runs all the time and the other goes to
//! sleep, that one can pay for both: a barrier that it runs on every CPU comes, in each other thread, either before that
//! thread's write or after it, and a compiler that keeps the write before the look is then all that is needed there.
//! Source: membarrier(2), and P1202 of the C++ committee, "Asymmetric fences".
//!
//! ```text
//! Asymmetric --make_symmetric--> Changing --its barrier is over--> Symmetric
//! light      nothing             a fence                           a fence
//! heavy      a barrier           a barrier                         a fence
//! ```
//! Whoever reads Symmetric reads it after the barrier of the change. In the thread of a light fence that barrier lies
//! before it read the state, so that it ran a full fence; or after, and then what it wrote before is seen by all. For this the
//! compiler keeps its write before its read of the state, and that before its look.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::compiler_fence;
use std::thread;
use std::time::Duration;

use super::atomic::{AtomicU32, fence};
use crate::sys::membarrier;

/// Far longer than a processor keeps a write to itself.
const UNTIL_WRITTEN: Duration = Duration::from_micros(50);

const SYMMETRIC: u32 = 0;
const CHANGING: u32 = 1;
const ASYMMETRIC: u32 = 2;

/// Who pays for the fences of a handshake.
#[derive(Debug)]
pub(crate) struct Fences {
    state: AtomicU32,
}

impl Fences {
    /// Makes fences that cost both sides the same.
    pub(crate) fn symmetric() -> Self {
        Self { state: AtomicU32::new(SYMMETRIC) }
    }

    /// Makes fences of which the light one is free, or symmetric ones where the system has no such barrier. The first
    /// call of a process that has threads takes 10 to 20 ms.
    pub(crate) fn asymmetric() -> Self {
        Self { state: AtomicU32::new(if membarrier::register() { ASYMMETRIC } else { SYMMETRIC }) }
    }

    /// The fence of the side that runs all the time.
    #[inline(always)]
    pub(crate) fn light(&self) {
        // Before the state is read, what was written before: the argument above needs it, and the compiler could otherwise
        // move a write down past the read, between a change of the state and the fence that the old state asks for.
        compiler_fence(SeqCst);
        // ORDERING: Relaxed; who changes the state sees to it by a barrier that this is read in time.
        match self.state.load(Relaxed) {
            ASYMMETRIC => compiler_fence(SeqCst),
            _ => fence(SeqCst),
        }
    }

    /// The fence of the side that is about to sleep.
    pub(crate) fn heavy(&self) {
        fence(SeqCst);
        // ORDERING: END OF CHANGE, acquire side: its barrier lies before what we do next.
        if self.state.load(Acquire) != SYMMETRIC {
            barrier();
        }
    }

    /// Makes the fences symmetric for good, for a side that is about to sleep more often than a barrier is worth.
    pub(crate) fn make_symmetric(&self) {
        // ORDERING: as in `heavy`.
        if self.state.load(Acquire) != SYMMETRIC {
            // ORDERING: Relaxed; the barrier makes it known.
            self.state.store(CHANGING, Relaxed);
            barrier();
            // ORDERING: END OF CHANGE, release side.
            self.state.store(SYMMETRIC, Release);
        }
    }
}

/// Keeps every access of this thread that comes before from moving past any that comes after. For bytes that have several
/// addresses: the processor knows that they are the same, the compiler does not. Costs nothing, and orders nothing for others.
#[inline(always)]
pub(crate) fn in_thread() {
    compiler_fence(SeqCst);
}

/// A full fence behind an exchange: every access of this thread up to its last exchange comes before every access after the
/// call. An exchange is one that reads and writes in one step, whatever its order: on x86-64 that is a locked instruction, which is
/// a fence itself, and there is nothing left to do but to keep the compiler from moving things. Elsewhere it is a fence.
#[inline(always)]
pub(crate) fn after_exchange() {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    compiler_fence(SeqCst);
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    fence(SeqCst);
}

/// Runs a full barrier on every CPU that runs a thread of this process.
fn barrier() {
    if !membarrier::everywhere() {
        // The system gave us the barrier and has taken it back, by a filter of system calls. What the other side wrote
        // before it looked is on its way out of its processor, which takes less than a microsecond.
        thread::sleep(UNTIL_WRITTEN);
    }
}
