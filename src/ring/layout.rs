//! Where a ring's parts lie in its region. Pure arithmetic.
//!
//! ```text
//! control 4096 | ends of each queue 256 | slots, 128 each | cells of each queue, 8 each | buffers, each on a line
//! ```
//! - L1: the parts do not overlap, and each starts on a multiple of its alignment.

use std::ops::Range;

use crate::memory::layout::{LINE_BYTES, PAGE_BYTES, align_up};
use crate::protocol::cells::Cell;
use crate::protocol::queue::Ends;
use crate::protocol::slot::Slot;

/// A page for what concerns the ring as a whole.
pub(super) const CONTROL_BYTES: usize = PAGE_BYTES;

/// Offsets and sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) slots: usize,
    /// Queues, that of the free slots included.
    pub(super) queues: usize,
    /// Cells of each queue.
    pub(super) cells: usize,
    /// From one buffer to the next.
    pub(super) stride: usize,
    pub(super) control_at: usize,
    pub(super) ends_at: usize,
    pub(super) slots_at: usize,
    pub(super) cells_at: usize,
    pub(super) data_at: usize,
    pub(super) len_bytes: usize,
}

impl Layout {
    /// Lays out `slots` buffers of `buffer_bytes` bytes and as many queues; `None` if no address space holds them.
    pub(super) fn new(slots: usize, buffer_bytes: usize, align: usize, queues: usize) -> Option<Self> {
        // Twice the slots: a queue of that many cells cannot be full, whoever stops between two steps (Q2). With few,
        // eight lines, so that neighbours lie apart.
        let cells = slots.checked_mul(2)?.checked_next_power_of_two()?.max(64);
        let stride = align_up(buffer_bytes, align.max(LINE_BYTES))?;
        let ends_at = CONTROL_BYTES;
        let slots_at = align_up(ends_at.checked_add(queues.checked_mul(size_of::<Ends>())?)?, LINE_BYTES)?;
        let cells_at = slots_at.checked_add(slots.checked_mul(size_of::<Slot>())?)?;
        let cells_bytes = queues.checked_mul(Self::queue_bytes(cells)?)?;
        let data_at = align_up(cells_at.checked_add(cells_bytes)?, align.max(LINE_BYTES))?;
        let len_bytes = data_at.checked_add(slots.checked_mul(stride)?)?;
        let len_bytes = Some(len_bytes).filter(|&len| len <= isize::MAX as usize)?;
        Some(Self {
            slots,
            queues,
            cells,
            stride,
            control_at: 0,
            ends_at,
            slots_at,
            cells_at,
            data_at,
            len_bytes,
        })
    }

    /// The cells of one queue begin on a line of their own.
    fn queue_bytes(cells: usize) -> Option<usize> {
        align_up(cells.checked_mul(size_of::<Cell>())?, LINE_BYTES)
    }

    /// Returns where the cells of a queue lie.
    pub(super) fn cells_of(&self, queue: usize) -> usize {
        self.cells_at + queue * (self.cells * size_of::<Cell>()).next_multiple_of(LINE_BYTES)
    }

    /// Returns how many bytes the cells of all queues take.
    pub(super) fn cells_bytes(&self) -> usize {
        self.cells_of(self.queues) - self.cells_at
    }

    /// Returns where a buffer lies.
    pub(super) fn buffer(&self, slot: u32) -> Range<usize> {
        let start = self.data_at + slot as usize * self.stride;
        start..start + self.stride
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_do_not_overlap(
            slots in 1usize..5_000,
            bytes in 1usize..100_000,
            align in (0u32..13).prop_map(|bits| 1usize << bits),
            queues in 1usize..64,
        ) {
            let layout = Layout::new(slots, bytes, align, queues).unwrap();
            prop_assert!(layout.cells.is_power_of_two() && layout.cells >= 2 * slots);
            prop_assert!(layout.ends_at + queues * size_of::<Ends>() <= layout.slots_at);
            prop_assert!(layout.slots_at + slots * size_of::<Slot>() <= layout.cells_at);
            prop_assert!(layout.cells_of(queues - 1) + layout.cells * 8 <= layout.data_at);
            for queue in 1..queues {
                prop_assert!(layout.cells_of(queue - 1) + layout.cells * 8 <= layout.cells_of(queue));
                prop_assert_eq!(layout.cells_of(queue) % LINE_BYTES, 0);
            }
            prop_assert_eq!(layout.slots_at % align_of::<Slot>(), 0);
            prop_assert_eq!(layout.data_at % align, 0);
            prop_assert_eq!(layout.stride % align, 0);
            prop_assert!(layout.stride >= bytes);
            prop_assert_eq!(layout.buffer(slots as u32 - 1).end, layout.len_bytes);
        }
    }

    #[test]
    fn one_queue_costs_less_than_256_bytes_a_buffer_and_8_kib() {
        for slots in 1..3_000 {
            let layout = Layout::new(slots, 4096, 8, 3).unwrap();
            assert!(layout.data_at <= 8192 + 256 * slots, "{slots} slots: {} bytes", layout.data_at);
        }
    }

    #[test]
    fn what_no_address_space_holds_is_refused() {
        assert_eq!(Layout::new(1 << 40, 1 << 30, 8, 2), None);
        assert_eq!(Layout::new(usize::MAX, 8, 8, 2), None);
    }
}
