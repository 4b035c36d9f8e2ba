//! The cells of a queue's list: where a position has its cell, and what a cell says of it. Pure arithmetic.
//!
//! Positions count from the queue's birth; the cells are a power of two, and a position comes round to the same cell
//! in each lap. A cell holds the lap after the one it was last written in, so 0 is never, and a slot's number.
//!
//! ```text
//! cell = lap:40 | slot:24
//! ```
//! Neighbours lie on different cache lines: who pushes and who pops are mostly some places apart, and would otherwise
//! take the same line from each other (docs/performance.md).

use crate::sync::atomic::AtomicU64;

/// Instead of a slot's number: the queue ends here.
pub(crate) const CLOSED: u32 = (1 << SLOT_BITS) - 1;

/// What a cell holds that was never written.
const NOBODY: u32 = CLOSED - 1;

/// The most slots there can be: numbers below this are slots.
pub(crate) const MOST_SLOTS: usize = NOBODY as usize;

const SLOT_BITS: u32 = 24;

/// Eight cells of eight bytes are a line: this many bits of a position choose the line.
const LINE_BITS: u32 = 3;

/// One place in a queue's list.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Cell(AtomicU64);

impl Cell {
    /// Makes the `index`-th of `count` cells, as if the queue had had `position` listings.
    pub(crate) fn before(position: u64, index: usize, count: usize) -> Self {
        let cells = count as u64;
        let is_listed_in_this_lap = (residue(index, count) as u64) < position % cells;
        let lap = position / cells + u64::from(is_listed_in_this_lap);
        Self(AtomicU64::new(lap << SLOT_BITS | u64::from(NOBODY)))
    }
}

/// Returns which cell a position has, of `count`: its lowest bits choose the line.
fn place(position: u64, count: usize) -> usize {
    let (residue, bits) = (position as usize & (count - 1), count.trailing_zeros());
    match bits.checked_sub(LINE_BITS) {
        Some(rest) => (residue << LINE_BITS | residue >> rest) & (count - 1),
        None => residue,
    }
}

/// Returns the first position that has the `index`-th of `count` cells.
fn residue(index: usize, count: usize) -> usize {
    match count.trailing_zeros().checked_sub(LINE_BITS) {
        Some(rest) => (index >> LINE_BITS | index << rest) & (count - 1),
        None => index,
    }
}

/// What a cell says of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The position is not listed yet.
    Nothing,
    /// It is, with this slot or with `CLOSED`.
    Listed(u32),
    /// It was; the cell has the listing of this later position now.
    Gone(u64),
}

/// The cells of one queue; a power of two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a>(pub(crate) &'a [Cell]);

impl<'a> Cells<'a> {
    /// Returns the cell of a position.
    #[inline]
    pub(crate) fn at(self, position: u64) -> &'a AtomicU64 {
        &self.0[place(position, self.0.len())].0
    }

    /// Returns what the cell of `position` holds once `slot` is listed there.
    #[inline]
    pub(crate) fn listing(self, position: u64, slot: u32) -> u64 {
        ((position >> self.0.len().trailing_zeros()) + 1) << SLOT_BITS | u64::from(slot)
    }

    /// Returns what a cell's content says of a position.
    #[inline]
    pub(crate) fn read(self, cell: u64, position: u64) -> Said {
        // The difference of two 40-bit laps, in the upper bits so that it wraps where they do.
        let ahead = (cell >> SLOT_BITS << SLOT_BITS).wrapping_sub(self.listing(position, 0)) as i64;
        match ahead {
            0 => Said::Listed(cell as u32 & CLOSED),
            ..0 => Said::Nothing,
            _ => Said::Gone(position.wrapping_add((ahead as u64 >> SLOT_BITS) * self.0.len() as u64)),
        }
    }

    /// Returns where to go on from a listing that lies in the place of an earlier one. A listing is overwritten only once
    /// all before it are taken, so what may not be taken begins one lap back.
    #[inline]
    pub(crate) fn first_after(self, listed: u64) -> u64 {
        listed.wrapping_add(1).wrapping_sub(self.0.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::atomic::Ordering::Relaxed;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_position_of_a_lap_has_a_cell_of_its_own(bits in 0u32..14, lap in 0u64..1 << 40) {
            let count = 1usize << bits;
            let mut seen = vec![false; count];
            for k in 0..count as u64 {
                let place = place((lap << bits) + k, count);
                prop_assert!(!std::mem::replace(&mut seen[place], true));
                prop_assert_eq!(residue(place, count) as u64, k);
            }
        }

        #[test]
        fn a_cell_tells_before_now_and_after(bits in 0u32..8, start in any::<u64>(), step in 0u64..3000, slot in 0u32..100) {
            let count = 1usize << bits;
            let position = start >> 1;
            let cells: Vec<_> = (0..count).map(|k| Cell::before(position, k, count)).collect();
            let cells = Cells(&cells);
            // All before are listed or gone, and nothing from here on is.
            for back in 1..=position.min(count as u64) {
                prop_assert_eq!(cells.read(cells.at(position - back).load(Relaxed), position - back), Said::Listed(NOBODY));
            }
            for ahead in 0..count as u64 {
                prop_assert_eq!(cells.read(cells.at(position + ahead).load(Relaxed), position + ahead), Said::Nothing);
            }
            cells.at(position + step).store(cells.listing(position + step, slot), Relaxed);
            prop_assert_eq!(cells.read(cells.at(position + step).load(Relaxed), position + step), Said::Listed(slot));
            if step >= count as u64 {
                // The first position from here on that has the same cell.
                let earlier = position + step % count as u64;
                let said = cells.read(cells.at(earlier).load(Relaxed), earlier);
                prop_assert_eq!(said, Said::Gone(position + step));
                prop_assert!(cells.first_after(position + step) > earlier);
            }
        }
    }
}
