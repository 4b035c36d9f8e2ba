//! Where each thread of a pool is, for the case that it is gone without a word.
//!
//! A thread that a foreign library ends by the bare system call runs no further code: what it was at stays as it is, and who
//! waits for that would wait for ever. So a thread notes beforehand what it enters, and a task notes whose it is. The
//! kernel says that a thread is gone; whoever asked it settles what is noted, and begins the next stint of the number.
//!
//! ```text
//! stint n: enter and leave places ... the thread is gone, find_gone -> the places it was in; stint n + 1
//! mark = number:16 | stint:16, 0 if it is no thread of the pool's
//! ```
//! - V1: the words of a number are written by its own thread, and from when the kernel has said that it is gone by the one
//!   who learned it, until its successor starts. The successor is started after that.
//! - V2: a mark is over once its stint is: the thread that made it is gone, and what carries it will never be ended by it.
//!   Stints come round after 65,536 deaths of one number; then what was lost so long ago is taken for alive.
//! - Nothing rides on these words. What a thread wrote before it was gone, the kernel orders before the answer that it is
//!   gone, as it does for a join; what follows goes the ways of what is settled.

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Places that a thread can be in.
pub(crate) const PLACES: usize = 64;

/// Where each thread is.
#[derive(Debug)]
pub(crate) struct Whereabouts {
    /// By the thread's number less one.
    threads: Box<[CachePadded<Whereabout>]>,
}

#[derive(Debug)]
struct Whereabout {
    stint: AtomicU32,
    /// A bit for each place.
    places: AtomicU64,
}

/// Whose something is.
#[derive(Debug)]
pub(crate) struct Mark {
    word: AtomicU32,
}

impl Whereabouts {
    pub(crate) fn new(threads: usize) -> Self {
        let nowhere =
            |_| CachePadded::new(Whereabout { stint: AtomicU32::new(0), places: AtomicU64::new(0) });
        Self { threads: (0..threads).map(nowhere).collect() }
    }

    fn of(&self, number: usize) -> Option<&Whereabout> {
        self.threads.get(number.wrapping_sub(1)).map(|padded| &**padded)
    }

    /// Notes that thread `number`, which calls this, is in a place. Who is none of the pool's threads notes nothing.
    #[inline]
    pub(crate) fn enter(&self, number: usize, place: usize) {
        debug_assert!(place < PLACES);
        if let Some(thread) = self.of(number) {
            // ORDERING: Relaxed, here and in every method; nothing rides on these words, and one thread writes (V1).
            // Model: loom-tests/whereabouts.rs.
            thread.places.store(thread.places.load(Relaxed) | 1 << place, Relaxed);
        }
    }

    /// Notes that it has left the place.
    #[inline]
    pub(crate) fn leave(&self, number: usize, place: usize) {
        if let Some(thread) = self.of(number) {
            thread.places.store(thread.places.load(Relaxed) & !(1 << place), Relaxed);
        }
    }

    /// Notes that something is thread `number`'s, which calls this.
    #[inline]
    pub(crate) fn sign(&self, number: usize, mark: &Mark) {
        if let Some(thread) = self.of(number) {
            mark.word.store((number as u32) << 16 | thread.stint.load(Relaxed), Relaxed);
        }
    }

    /// Ends the stint of a thread that is gone, as the kernel says; returns the places that it was in. To be called by whoever
    /// is the only one to have learned it.
    pub(crate) fn find_gone(&self, number: usize) -> impl Iterator<Item = usize> {
        let places = self.of(number).map_or(0, |thread| {
            thread.stint.store(thread.stint.load(Relaxed).wrapping_add(1) & 0xffff, Relaxed);
            let places = thread.places.load(Relaxed);
            thread.places.store(0, Relaxed);
            places
        });
        (0..PLACES).filter(move |place| places & 1 << place != 0)
    }

    /// Returns the number of the thread that something is and stays, if that thread is gone.
    pub(crate) fn gone(&self, mark: &Mark) -> Option<usize> {
        let word = mark.word.load(Relaxed);
        let number = (word >> 16) as usize;
        let thread = self.of(number)?;
        (thread.stint.load(Relaxed) != word & 0xffff).then_some(number)
    }
}

impl Mark {
    /// Makes the mark of what is nobody's yet.
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }
}
