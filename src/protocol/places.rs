//! The places of a stage, and the line of parcels before them.
//!
//! A parcel arrives at a position of the line: that of its arrival or, where order is asked for, that of its sequence.
//! A worker that finds a free place and a parcel at the head of the line takes both with one exchange, and gives the place
//! back when it has run. Nobody waits here: who finds no place, or no parcel, looks elsewhere.
//!
//! ```text
//! word = head:48 | free:16        cell = (position + 1):40 | parcel:24
//! arrive: cell of the position = parcel        leave: free + 1
//! try_take: parcel at the head, free > 0 --exchange--> head + 1, free - 1
//! try_enter: free > 0 --exchange--> free - 1, for the stage that has no line
//! ```
//! - D2: at most as many are inside as there are places.
//! - D3: a parcel that has arrived is taken once: the head passes its position by one exchange.
//! - D4: no cell is overwritten before its parcel was taken. Parcels in the line are different ones, so arrivals are less
//!   than a line's length apart; so are sequences, where each number up to the latest is some parcel's that has not been
//!   taken here.
//! - PARCEL: `arrive` to `try_take`, carries the buffer.
//! - TURN: `leave` to `try_take` and `try_enter`, carries what the stage keeps between its runs.
//! - TOGETHER: of two threads of which one gives back the place and the other brings the parcel, one at least sees that
//!   both are there: each steps, fences and looks (`look_after_step`). Carries no data.
//!
//! A thread that stops between drawing its position and listing its parcel there holds up the parcels behind it, in this
//! line alone. It notifies nobody of them: when it has gone on it finds them itself, as any worker that looks for work.

use crossbeam_utils::CachePadded;

use super::spares::Parcel;
use crate::sync::atomic::{AtomicU64, Ordering, fence};

use Ordering::{Acquire, Relaxed, Release};

/// One more than the largest number of a parcel.
pub(crate) const PARCELS_END: u32 = 1 << PARCEL_BITS;

const PARCEL_BITS: u32 = 24;

/// The most places a stage can have.
pub(crate) const MOST_PLACES: u16 = u16::MAX;

const FREE_BITS: u32 = 16;
const HEAD_STEP: u64 = 1 << FREE_BITS;

fn free(word: u64) -> u64 {
    word & (HEAD_STEP - 1)
}

fn head(word: u64) -> u64 {
    word >> FREE_BITS
}

/// In which order parcels are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// As they arrive.
    Arrival,
    /// By their sequence numbers, from 0 and without a gap.
    Sequence,
}

/// Makes the caller's later looks at any places come after its earlier steps at others, in the eyes of all who do the same.
pub(crate) fn look_after_step() {
    // ORDERING: TOGETHER, both sides. The later of two fences sees what the other thread did before its own.
    // Model: loom-tests/places.rs.
    fence(Ordering::SeqCst);
}

/// The places of one stage and its line.
#[derive(Debug)]
pub(crate) struct Places {
    word: CachePadded<AtomicU64>,
    arrivals: CachePadded<AtomicU64>,
    cells: Box<[AtomicU64]>,
    order: Order,
}

impl Places {
    /// Makes free places, and an empty line for at most `parcels` different parcels.
    pub(crate) fn new(places: u16, parcels: usize, order: Order) -> Self {
        Self {
            word: CachePadded::new(AtomicU64::new(u64::from(places))),
            arrivals: CachePadded::new(AtomicU64::new(0)),
            cells: (0..parcels.next_power_of_two()).map(|_| AtomicU64::new(0)).collect(),
            order,
        }
    }

    /// Returns in which order parcels are taken.
    pub(crate) fn order(&self) -> Order {
        self.order
    }

    /// Has parcels taken by their sequence. Before the first arrives.
    pub(crate) fn take_by_sequence(&mut self) {
        self.order = Order::Sequence;
    }

    fn cell(&self, position: u64) -> &AtomicU64 {
        &self.cells[position as usize & (self.cells.len() - 1)]
    }

    /// What lies at a position once its parcel has arrived, less the parcel. It has 40 bits and comes round, long after
    /// the cell was written anew.
    fn listing(position: u64) -> u64 {
        (position + 1) << PARCEL_BITS
    }

    /// Puts a parcel into the line. The sequence matters only where the order does.
    pub(crate) fn arrive(&self, parcel: Parcel, sequence: u64) {
        // ORDERING: Relaxed; the exchange alone makes the position one's own.
        let arrival = self.arrivals.fetch_add(1, Relaxed);
        let position = if self.order == Order::Sequence { sequence } else { arrival };
        debug_assert!(parcel.number() < PARCELS_END);
        // ORDERING: PARCEL, release side. Model: loom-tests/places.rs.
        self.cell(position).store(Self::listing(position) | u64::from(parcel.number()), Release);
    }

    /// Returns the parcel at the head, if one has arrived there.
    fn at_head(&self, word: u64) -> Option<u32> {
        // ORDERING: PARCEL, acquire side.
        let cell = self.cell(head(word)).load(Acquire);
        let parcels = u64::from(PARCELS_END) - 1;
        (cell & !parcels == Self::listing(head(word))).then_some((cell & parcels) as u32)
    }

    /// Takes the parcel at the head and a place, if there are both.
    pub(crate) fn try_take(&self) -> Option<Parcel> {
        // ORDERING: Relaxed; the exchange below confirms it.
        let mut word = self.word.load(Relaxed);
        while free(word) > 0 {
            let parcel = self.at_head(word)?;
            // ORDERING: TURN, acquire side.
            match self.word.compare_exchange(word, word.wrapping_add(HEAD_STEP) - 1, Acquire, Relaxed) {
                // The word has not changed since the parcel was seen at this head, which only comes round.
                Ok(_) => return Some(Parcel::new(parcel)),
                Err(now) => word = now,
            }
        }
        None
    }

    /// Takes a place without a parcel; returns whether there was one.
    pub(crate) fn try_enter(&self) -> bool {
        // ORDERING: Relaxed; the exchange below confirms it.
        let mut word = self.word.load(Relaxed);
        while free(word) > 0 {
            // ORDERING: TURN, acquire side.
            match self.word.compare_exchange(word, word - 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Gives a place back.
    pub(crate) fn leave(&self) {
        // ORDERING: TURN, release side. Later exchanges go on with the release sequence.
        self.word.fetch_add(1, Release);
    }

    /// Returns whether `try_take` would have given a parcel just now.
    pub(crate) fn can_take(&self) -> bool {
        // ORDERING: Relaxed; `try_take` decides.
        let word = self.word.load(Relaxed);
        free(word) > 0 && self.at_head(word).is_some()
    }

    /// Returns whether `try_enter` would have given a place just now.
    pub(crate) fn can_enter(&self) -> bool {
        // ORDERING: Relaxed; `try_enter` decides.
        free(self.word.load(Relaxed)) > 0
    }

    /// Returns how many parcels wait in the line: exact while nobody arrives or takes.
    pub(crate) fn waiting(&self) -> u64 {
        // ORDERING: Relaxed, both; a figure. The head first, so that the arrivals are not behind it.
        let taken = head(self.word.load(Relaxed));
        self.arrivals.load(Relaxed).saturating_sub(taken)
    }
}
