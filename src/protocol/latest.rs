//! The newest value: the writer never waits, and a reader holds the value that it reads for as long as it likes.
//!
//! There are two more buffers than readers: one for each reader to hold, one that is the newest, and one that the writer
//! fills. One word says which is the newest and which each reader holds, so whoever moves it sees all of it.
//!
//! ```text
//! word = held by reader 14:4 | ... | held by reader 0:4 | newest:4          15: holds none
//! publish: newest becomes what was filled; fill one that is neither newest nor held
//! take:    held becomes the newest
//! ```
//! - N1: a buffer is held only by way of being the newest. So one that is neither newest nor held stays so until the writer
//!   publishes it, and the writer alone touches it.
//! - N2: a reader's buffer is not written before it has taken another or left.
//! - VALUE: `publish` to `take`; carries the value and its sequence.
//! - BACK: a reader's next `take`, or `leave`, to `publish`; carries the end of its reads.
//! - LAST: `end` to `has_ended`; carries the last publication.

use crossbeam_utils::CachePadded;

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The most readers: a nibble for each, one for the newest, and one number that says none.
pub(crate) const MOST_READERS: usize = 13;

/// Says of a reader that it holds no buffer.
const NONE: u64 = 15;

fn shift(reader: usize) -> u32 {
    4 * (reader as u32 + 1)
}

/// Which buffer is the newest, and who holds which.
#[derive(Debug)]
pub(crate) struct Newest {
    word: CachePadded<AtomicU64>,
    ended: AtomicBool,
    readers: usize,
}

/// The writer's token.
#[derive(Debug)]
pub(crate) struct Filler {
    newest: u64,
    filled: u64,
}

/// A reader's token.
#[derive(Debug)]
pub(crate) struct Holder {
    reader: usize,
    held: u64,
}

impl Newest {
    /// Makes the word for at most `MOST_READERS` readers and `buffers(readers)` buffers, the first of which is the newest.
    pub(crate) fn new(readers: usize) -> (Self, Filler, Vec<Holder>) {
        assert!(readers <= MOST_READERS);
        let word = CachePadded::new(AtomicU64::new(!NONE));
        let holders = (0..readers).map(|reader| Holder { reader, held: NONE }).collect();
        (Self { word, ended: AtomicBool::new(false), readers }, Filler { newest: 0, filled: 1 }, holders)
    }

    /// Returns how many buffers there are for as many readers.
    pub(crate) fn buffers(readers: usize) -> usize {
        readers + 2
    }

    /// Makes the buffer that the writer has filled the newest, and gives it another. One step, whatever readers do.
    pub(crate) fn publish(&self, filler: &mut Filler) {
        // ORDERING: VALUE, release side, and BACK, acquire side, from all readers that have moved on: their exchanges are
        // one sequence. Model: loom-tests/latest.rs.
        let word = self.word.fetch_xor(filler.newest ^ filler.filled, AcqRel);
        filler.newest = filler.filled;
        let is_held = |buffer| (0..self.readers).any(|reader| word >> shift(reader) & NONE == buffer);
        let free = (0..Self::buffers(self.readers) as u64)
            .find(|&buffer| buffer != filler.newest && !is_held(buffer));
        // There are more buffers than can be held and newest (N2).
        filler.filled = free.unwrap_or_else(|| unreachable!("{} readers hold all", self.readers));
    }

    /// Lets the reader hold the newest buffer; returns whether that is another than it held.
    pub(crate) fn take(&self, holder: &mut Holder) -> bool {
        // ORDERING: Relaxed; the exchange confirms it. A buffer that the reader holds has not changed (N2).
        let mut word = self.word.load(Relaxed);
        loop {
            let newest = word & NONE;
            if newest == holder.held {
                return false;
            }
            let held = word & !(NONE << shift(holder.reader)) | newest << shift(holder.reader);
            // ORDERING: VALUE, acquire side, for the buffer it takes; BACK, release side, for the one it held.
            match self.word.compare_exchange_weak(word, held, AcqRel, Relaxed) {
                Ok(_) => {
                    holder.held = newest;
                    return true;
                }
                Err(now) => word = now,
            }
        }
    }

    /// Returns whether `take` would have given another buffer just now.
    pub(crate) fn is_newer(&self, holder: &Holder) -> bool {
        // ORDERING: Relaxed; nothing is read by it.
        self.word.load(Relaxed) & NONE != holder.held
    }

    /// Gives the reader's buffer back.
    pub(crate) fn leave(&self, holder: &mut Holder) {
        // ORDERING: BACK, release side.
        self.word.fetch_or(NONE << shift(holder.reader), Release);
        holder.held = NONE;
    }

    /// Says that nothing more is published.
    pub(crate) fn end(&self) {
        // ORDERING: LAST, release side.
        self.ended.store(true, Release);
    }

    /// Returns whether nothing more is published: a `take` after that gives the last.
    pub(crate) fn has_ended(&self) -> bool {
        // ORDERING: LAST, acquire side.
        self.ended.load(Acquire)
    }
}

impl Filler {
    /// Returns the number of the buffer that the writer fills.
    pub(crate) fn filled(&self) -> usize {
        self.filled as usize
    }
}

impl Holder {
    /// Returns the number of the buffer that the reader holds, if it holds one.
    pub(crate) fn held(&self) -> Option<usize> {
        (self.held != NONE).then_some(self.held as usize)
    }
}
