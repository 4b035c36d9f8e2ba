//! Decoupled look-back: in which state an automaton comes to each of many runs, when all are walked at once.
//!
//! What a run does to the automaton can be found without knowing the state before it: its *passage*, the state
//! after it for each state before it. Passages compose, so the state at a run follows from those of all before it; and
//! it need not go far back for them, because whoever has found its own writes it down. Runs are claimed in order
//! (`claims.rs`), so those before it are in somebody's hands. But nobody waits for those hands: whoever
//! misses a passage for too long finds it itself, from bytes that all can read, and writes it down for others.
//!
//! ```text
//! word of a run:   Nothing --found--> Passage(after each state) --enter--> State(behind the run)
//! enter(run): walk back, composing passages, to the nearest word that is a state, or through the first run
//! ```
//! - B1: what a word says is true of its run, whoever wrote it: bytes do not change, so all find the same.
//! - B2: a walk ends after finitely many steps of its own, whatever others do or leave undone.
//! - B3: the passage of the first run comes from every state to the same, that which follows its true first state.
//!
//! A word says all that there is to know, so nothing rides on it and every access is `Relaxed`: who sees an older word, or
//! a passage that somebody late has written over a state, walks further or works in vain, and comes to the same state. It
//! is seldom: a walk is no longer than the runs that are in hand, one for each worker.
//! Source: Merrill and Garland, "Single-pass parallel prefix scan with decoupled look-back", 2016.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::hint;

/// How many states an automaton has; a state is a number below.
pub(crate) const STATES: usize = 7;

/// Bits of a state in a word.
const BITS: u32 = 3;
const STATE: u32 = (1 << BITS) - 1;

const NOTHING: u32 = 0;
const IS_PASSAGE: u32 = 1 << 30;
const IS_STATE: u32 = 1 << 31;

/// What a run does to the automaton: the state after it, for each state before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passage(u32);

impl Passage {
    /// Makes the passage that leads from each state to that of its place.
    pub(crate) fn new(after: [u8; STATES]) -> Self {
        let bits = after.iter().rev().fold(0, |bits, &state| bits << BITS | u32::from(state) & STATE);
        Self(bits)
    }

    /// Makes the passage of nothing.
    pub(crate) fn identity() -> Self {
        Self::new([0, 1, 2, 3, 4, 5, 6])
    }

    /// Returns the state after the run when it is entered in `before`.
    pub(crate) fn apply(self, before: u8) -> u8 {
        (self.0 >> (BITS * u32::from(before)) & STATE) as u8
    }

    /// Returns the passage of this run and the next.
    pub(crate) fn then(self, next: Self) -> Self {
        Self::new([0, 1, 2, 3, 4, 5, 6].map(|before| next.apply(self.apply(before))))
    }
}

/// What is known of each of many runs.
#[derive(Debug)]
pub(crate) struct LookBack {
    words: Box<[AtomicU32]>,
    /// How often a word that says nothing is looked at again.
    patience: u32,
}

impl LookBack {
    /// Knows nothing yet of so many runs.
    pub(crate) fn new(runs: usize, patience: u32) -> Self {
        Self { words: (0..runs).map(|_| AtomicU32::new(NOTHING)).collect(), patience }
    }

    /// Enters a run that the caller has claimed: returns the state in which it is entered, and writes down in which it is
    /// left.
    ///
    /// `find` finds the passage of a run: of this one, and of those that others owe.
    pub(crate) fn enter(&self, run: usize, mut find: impl FnMut(usize) -> Passage) -> u8 {
        // ORDERING: Relaxed, here and below (B1). Model: loom-tests/look_back.rs.
        let own = match self.passage(self.words[run].load(Relaxed)) {
            // Somebody had to find it already.
            Some(own) => own,
            None => self.found(run, &mut find),
        };
        let entry = self.state_at(run, find);
        self.settle(run, own.apply(entry));
        entry
    }

    /// Writes down the state behind a run.
    pub(crate) fn settle(&self, run: usize, state: u8) {
        self.words[run].store(IS_STATE | u32::from(state), Relaxed);
    }

    /// Returns the state in which a run is entered: walks back to the nearest that is known.
    pub(crate) fn state_at(&self, run: usize, mut find: impl FnMut(usize) -> Passage) -> u8 {
        let mut between = Passage::identity();
        for before in (0..run).rev() {
            let word = self.patiently(before);
            if word & IS_STATE != 0 {
                return between.apply((word & STATE) as u8);
            }
            let passage = self.passage(word).unwrap_or_else(|| self.found(before, &mut find));
            between = passage.then(between);
        }
        // It went through the first run, which comes from any state to the same (B3).
        between.apply(0)
    }

    fn passage(&self, word: u32) -> Option<Passage> {
        (word & IS_PASSAGE != 0).then_some(Passage(word & !IS_PASSAGE))
    }

    /// Reads a word, again for a while if it says nothing.
    fn patiently(&self, run: usize) -> u32 {
        for _ in 0..self.patience {
            let word = self.words[run].load(Relaxed);
            if word != NOTHING {
                return word;
            }
            hint::spin_loop();
        }
        self.words[run].load(Relaxed)
    }

    /// Finds the passage of a run and writes it down.
    fn found(&self, run: usize, find: &mut impl FnMut(usize) -> Passage) -> Passage {
        let passage = find(run);
        self.words[run].store(IS_PASSAGE | passage.0, Relaxed);
        passage
    }
}
