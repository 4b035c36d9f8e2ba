//! Which CPU is nobody's home, and where the last waker ran.
//!
//! Helpers live on a CPU each; the caller needs one too, and moves as the system likes. When it calls from the home of
//! the very helper that it wakes, the two would take turns there while another CPU idles. So the helper moves: it swaps
//! its home for the one that is nobody's.
//!
//! - H1: every CPU is the home of one helper at most, or the spare one: homes change hands by exchange alone.
//! - Nothing rides on these words; where a thread runs is never a matter of right or wrong.

use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const NOWHERE: usize = usize::MAX;

/// The CPUs that are not the home of a helper, as far as they matter.
#[derive(Debug)]
pub(crate) struct Homes {
    spare: AtomicUsize,
    waker: AtomicUsize,
}

impl Homes {
    /// Notes a CPU that is no helper's home, if there is one.
    pub(crate) fn new(spare: Option<usize>) -> Self {
        Self { spare: AtomicUsize::new(spare.unwrap_or(NOWHERE)), waker: AtomicUsize::new(NOWHERE) }
    }

    /// Notes where the waker runs, if the system tells.
    pub(crate) fn waker_is_on(&self, cpu: Option<usize>) {
        // ORDERING: Relaxed, here and below; hints. Model: loom-tests/homes.rs.
        self.waker.store(cpu.unwrap_or(NOWHERE), Relaxed);
    }

    /// Returns the new home of a helper whose waker runs on its old one, which is the spare CPU from here on.
    pub(crate) fn make_way(&self, home: usize) -> Option<usize> {
        if self.waker.load(Relaxed) != home || self.spare.load(Relaxed) == NOWHERE {
            return None;
        }
        // There is a spare CPU, and it is only ever exchanged for another (H1).
        Some(self.spare.swap(home, Relaxed))
    }
}
