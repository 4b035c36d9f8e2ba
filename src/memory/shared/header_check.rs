//! Whether a header agrees with itself and with its file, and what it says to those who ask. Pure.
//!
//! - H1: sections lie behind the header, one behind the other, and end within the bytes at most; all but the last end
//!   within the bytes at first. No sum overflows.
//! - H2: the file has at least the bytes at first and at most the bytes at most, which can be mapped.

use super::header::{HEADER_BYTES, MOST_DIMENSIONS, MOST_SECTIONS, QUEUES, TEXT};
use super::{Creator, Header, HeaderError, Kind, QueueEntry, RegionId, Section, Tag};
use crate::memory::layout;

/// Fewer than the numbers that a queue's cell has for slots.
const MOST_SLOTS: u32 = (1 << 24) - 2;
/// Fewer than the numbers that a slot's word has for owners, without nobody.
const MOST_PARTICIPANTS: u32 = 1022;
/// The queues that a slot's word has numbers for, without those of the free slots and of the escrow.
const MOST_QUEUES: usize = 62;
const MOST_NAME_BYTES: usize = 255;

/// Makes an error unless something holds.
fn require(holds: bool, name: &'static str, found: u64, expected: &'static str) -> Result<(), HeaderError> {
    if holds { Ok(()) } else { Err(HeaderError::Field { name, found, expected }) }
}

impl Header {
    /// Says whether the fields agree with each other (H1). Whoever makes a header asks this before it is written.
    pub(crate) fn check(&self) -> Result<(), HeaderError> {
        let most_bytes = usize::try_from(self.most_bytes).ok();
        let mapped = most_bytes.and_then(|bytes| layout::align_up(bytes, layout::PAGE_BYTES));
        let mappable = mapped.is_some_and(|bytes| bytes <= isize::MAX as usize);
        require(mappable, "bytes at most", self.most_bytes, "so many that they can be mapped")?;
        let first_bytes = self.first_bytes;
        let in_order = first_bytes >= HEADER_BYTES as u64 && first_bytes <= self.most_bytes;
        require(in_order, "bytes at first", first_bytes, "between the header's and those at most")?;
        self.check_element()?;
        self.check_slots()?;
        self.check_sections()?;
        self.check_queues()
    }

    /// Says whether the file has the bytes that it has to (H2).
    pub(crate) fn check_file(&self, file_bytes: u64) -> Result<(), HeaderError> {
        if file_bytes < self.first_bytes {
            return Err(HeaderError::Truncated { needed_bytes: self.first_bytes, found_bytes: file_bytes });
        }
        require(file_bytes <= self.most_bytes, "bytes at most", self.most_bytes, "at least those of the file")
    }

    fn check_element(&self) -> Result<(), HeaderError> {
        let (bytes, align) = (self.element_bytes, self.element_align);
        let aligned = align.is_power_of_two() && align as usize <= layout::PAGE_BYTES;
        require(aligned, "element's alignment", align.into(), "a power of two up to 4096")?;
        let whole = bytes > 0 && bytes.is_multiple_of(align) && bytes <= i32::MAX as u32;
        require(whole, "element's bytes", bytes.into(), "a multiple of its alignment, and not zero")?;
        let text = &self.element_text;
        let shown = !text.is_empty() && text.len() <= TEXT.len() && !text.contains(char::is_control);
        require(shown, "length of the element's text", text.len() as u64, "one line of at most 1024 bytes")?;
        let dimensions = self.dimensions.len();
        require(dimensions <= MOST_DIMENSIONS, "dimensions", dimensions as u64, "at most 8")?;
        // A dimension of zero makes the array empty whatever the others are.
        let bytes = if self.dimensions.contains(&0) {
            Some(0)
        } else {
            self.dimensions
                .iter()
                .try_fold(u64::from(bytes), |bytes, &dimension| bytes.checked_mul(dimension))
        };
        let held = bytes.is_some_and(|bytes| bytes <= self.most_bytes);
        require(
            dimensions == 0 || held,
            "dimensions",
            bytes.unwrap_or(u64::MAX),
            "of elements that the region can hold",
        )
    }

    fn check_slots(&self) -> Result<(), HeaderError> {
        let ring = &self.ring;
        let (slots, most) = (ring.slots, ring.most_slots);
        require(most <= MOST_SLOTS, "slots at most", most.into(), "at most 16777214")?;
        require(slots <= most, "slots", slots.into(), "at most as many as there may be")?;
        let data = u64::from(most).checked_mul(ring.stride);
        let held = data.is_some_and(|bytes| bytes <= self.most_bytes);
        require(held, "stride", ring.stride, "such that the region can hold all slots")?;
        let bytes = ring.buffer_len.checked_mul(self.element_bytes.into());
        let held = bytes.is_some_and(|bytes| bytes <= ring.stride);
        require(held, "elements of a buffer", ring.buffer_len, "so many that they fit the stride")?;
        let most = MOST_PARTICIPANTS;
        require(ring.participants <= most, "participants", ring.participants.into(), "at most 1022")
    }

    fn check_sections(&self) -> Result<(), HeaderError> {
        let sections = &self.sections;
        require(sections.len() <= MOST_SECTIONS, "sections", sections.len() as u64, "at most 16")?;
        let mut behind = HEADER_BYTES as u64;
        for (k, section) in sections.iter().enumerate() {
            require(section.tag.is_valid(), "section's tag", k as u64, "four capital letters")?;
            let again = sections[..k].iter().any(|other| other.tag == section.tag);
            require(!again, "section's tag", k as u64, "its own")?;
            let offset = section.offset;
            let placed = offset >= behind && offset.is_multiple_of(layout::LINE_BYTES as u64);
            require(placed, "section's first byte", offset, "behind the one before, on a line of 128 bytes")?;
            let bound = if k + 1 == sections.len() { self.most_bytes } else { self.first_bytes };
            let end = offset.checked_add(section.len_bytes).filter(|&end| end <= bound);
            let end = end.ok_or(HeaderError::Field {
                name: "section's bytes",
                found: section.len_bytes,
                expected: "so many that it ends in the region",
            })?;
            // The last one begins where there is a file from the start.
            require(offset <= self.first_bytes, "section's first byte", offset, "within the bytes at first")?;
            behind = end;
        }
        Ok(())
    }

    fn check_queues(&self) -> Result<(), HeaderError> {
        let queues = &self.ring.queues;
        require(queues.len() <= MOST_QUEUES, "queues", queues.len() as u64, "at most 62")?;
        let mut bytes = 0;
        for (k, queue) in queues.iter().enumerate() {
            let name = &queue.name;
            let plain = name.len() <= MOST_NAME_BYTES && !name.contains(char::is_control);
            require(plain, "queue's name", k as u64, "one line of at most 255 bytes")?;
            let again = queues[..k].iter().any(|other| other.name == *name);
            require(!again, "queue's name", k as u64, "its own")?;
            bytes += 10 + name.len();
        }
        require(bytes <= QUEUES.len(), "queues", bytes as u64, "names that there is room for")
    }

    /// Returns what the region holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the region's own number.
    pub fn id(&self) -> RegionId {
        self.id
    }

    /// Returns who made the region.
    pub fn creator(&self) -> Creator {
        self.creator
    }

    /// Returns when it was made, in nanoseconds since 1970 by the creator's clock.
    pub fn made_nanos(&self) -> u64 {
        self.made_nanos
    }

    /// Returns how many bytes the region had when it was made.
    pub fn first_bytes(&self) -> u64 {
        self.first_bytes
    }

    /// Returns how many bytes it may have; as many as at first if it cannot grow.
    pub fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    /// Returns the shape of an element as text; of a very long one, its beginning.
    pub fn element_text(&self) -> &str {
        &self.element_text
    }

    /// Returns the size of an element in bytes.
    pub fn element_bytes(&self) -> usize {
        self.element_bytes as usize
    }

    /// Returns the hash of the shape of an element.
    pub fn element_hash(&self) -> u64 {
        self.element_hash
    }

    /// Returns the dimensions of an array.
    pub fn dimensions(&self) -> &[u64] {
        &self.dimensions
    }

    /// Returns how many participants there may be at once.
    pub fn participants(&self) -> u32 {
        self.ring.participants
    }

    /// Returns the parts of the region, in their order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Returns the queues of a ring.
    pub fn queues(&self) -> &[QueueEntry] {
        &self.ring.queues
    }

    /// Returns a part by what lies in it.
    pub(crate) fn section(&self, tag: Tag) -> Option<&Section> {
        self.sections.iter().find(|section| section.tag == tag)
    }
}
