//! Where the parts of a ring lie that processes share: as in a ring of one process, and each a section of the region.
//!
//! ```text
//! header 4096 | CTRL 4096 | ENDS | SLOT | CELL | PART: a record of 256 for each participant | BEDS: two of 128 for each queue | DATA
//! ```
//! - L2: the sections that the header names have the sizes that its numbers ask for, and the header's check has it that they do
//!   not overlap and lie in the region. So L1 holds of what is laid out by them.

use super::layout::{CONTROL_BYTES, Layout};
use crate::memory::layout::{LINE_BYTES, PAGE_BYTES};
use crate::memory::shared::{Header, Tag};
use crate::protocol::cells::MOST_SLOTS;
use crate::protocol::participant::Record;
use crate::protocol::queue::Ends;
use crate::protocol::slot::Slot;
use crate::ring::gate::GateWords;

/// Offsets in the region.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedLayout {
    pub(super) ring: Layout,
    pub(super) participants: usize,
    pub(super) records_at: usize,
    pub(super) beds_at: usize,
}

impl SharedLayout {
    /// Returns the sections that a ring needs, in their order: tag, bytes, alignment.
    pub(super) fn sections(ring: &Layout, participants: usize, align: usize) -> [(Tag, u64, usize); 7] {
        let bytes = |bytes: usize| bytes as u64;
        [
            (Tag::CONTROL, bytes(CONTROL_BYTES), PAGE_BYTES),
            (Tag::ENDS, bytes(ring.queues * size_of::<Ends>()), LINE_BYTES),
            (Tag::SLOTS, bytes(ring.slots * size_of::<Slot>()), LINE_BYTES),
            (Tag::CELLS, bytes(ring.cells_bytes()), LINE_BYTES),
            (Tag::PARTICIPANTS, bytes(participants * size_of::<Record>()), LINE_BYTES),
            (Tag::BEDS, bytes(2 * ring.queues * size_of::<GateWords>()), LINE_BYTES),
            (Tag::DATA, bytes(ring.slots * ring.stride), align.max(PAGE_BYTES)),
        ]
    }

    /// Finds the parts of the ring that a checked header describes (L2); the tag of one that is not as it has to be.
    pub(super) fn of(header: &Header) -> Result<Self, Tag> {
        let (fields, align) = (&header.ring, header.element_align as usize);
        let (slots, participants) = (fields.slots as usize, fields.participants as usize);
        // What the layout computes with; more than these no ring has, and none of the products below overflows.
        let bytes = usize::try_from(fields.buffer_len)
            .ok()
            .and_then(|len| len.checked_mul(header.element_bytes as usize))
            .filter(|_| (1..=MOST_SLOTS).contains(&slots) && fields.buffer_len > 0)
            .ok_or(Tag::DATA)?;
        let mut ring = Layout::new(slots, bytes, align, fields.queues.len() + 1).ok_or(Tag::DATA)?;
        if ring.stride as u64 != fields.stride {
            return Err(Tag::DATA);
        }
        if participants == 0 {
            return Err(Tag::PARTICIPANTS);
        }
        let wanted = Self::sections(&ring, participants, align);
        let mut offsets = [0; 7];
        for ((tag, bytes, align), offset) in wanted.into_iter().zip(&mut offsets) {
            let section = header.section(tag).filter(|section| section.len_bytes == bytes);
            let found = section.and_then(|section| usize::try_from(section.offset).ok());
            *offset = found.filter(|offset| offset.is_multiple_of(align)).ok_or(tag)?;
        }
        let [control_at, ends_at, slots_at, cells_at, records_at, beds_at, data_at] = offsets;
        ring = Layout {
            control_at,
            ends_at,
            slots_at,
            cells_at,
            data_at,
            len_bytes: header.first_bytes as usize,
            ..ring
        };
        Ok(Self { ring, participants, records_at, beds_at })
    }
}
