//! The first page of a region: what is in it and where. Bytes to fields and back; pure.
//!
//! All numbers are little-endian. What is not named here is zero. The sum is the FNV-1a hash of all bytes before it, so no
//! single byte can change unseen; it finds accidents, not malice, and everything is checked besides.
//!
//! ```text
//!    0 magic 8 | format: major u16, minor u16 | byte order u32 | bytes of an address u8
//!   17 kind u8 | sections u8 | queues u8 | dimensions u8
//!   24 features that may be unknown u64 | features that must be known u64 | region's id 16
//!   56 made at, nanoseconds since 1970 u64 | creator: process u32, user u32, process namespace u64, started at u64
//!   88 bytes at first u64 | bytes at most u64
//!  104 slots u32 | slots at most u32 | stride u64 | participants at most u32
//!  128 element: bytes u32, align u32, hash u64, length of its text u16
//!  152 dimensions 8 * u64 | parameters 8 * u64, each kind's own | elements of a buffer u64
//!  512 sections, 16 of: tag 4, zeros 4, first byte u64, bytes u64
//! 1024 the element's text, at most 1024
//! 2048 queues, one behind the other: bound u64, policy u8, length u8, name
//! 4088 sum u64
//! ```

use std::ops::Range;

use super::fields::{Creator, Kind, QueueEntry, RegionId, RingFields, Section};
use super::{HeaderError, Tag};
use crate::memory::{TypeShape, fnv, layout};

/// As large as the least page.
pub(crate) const HEADER_BYTES: usize = layout::PAGE_BYTES;

pub(super) const MAGIC: [u8; 8] = *b"RINGMILL";
const MAJOR: u16 = 1;
const MINOR: u16 = 0;
const BYTE_ORDER: u32 = 0x0a0b_0c0d;

pub(super) const MOST_SECTIONS: usize = 16;
pub(super) const MOST_DIMENSIONS: usize = 8;
pub(super) const TEXT: Range<usize> = 1024..2048;
pub(super) const QUEUES: Range<usize> = 2048..4088;
const SUM: usize = 4088;

/// What the first page of a region says, copied out of it and checked.
///
/// # Examples
///
/// ```
/// use ringmill::memory::shared::Header;
/// let bytes = std::fs::read("Cargo.toml")?;
/// assert!(Header::parse(&bytes, bytes.len() as u64).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub(super) minor: u16,
    pub(super) features: u64,
    pub(crate) kind: Kind,
    pub(crate) id: RegionId,
    pub(crate) made_nanos: u64,
    pub(crate) creator: Creator,
    pub(crate) first_bytes: u64,
    pub(crate) most_bytes: u64,
    pub(crate) element_bytes: u32,
    pub(crate) element_align: u32,
    pub(crate) element_hash: u64,
    pub(crate) element_text: String,
    pub(crate) dimensions: Vec<u64>,
    pub(crate) sections: Vec<Section>,
    pub(crate) ring: RingFields,
}

impl Header {
    /// Begins a header for elements of a shape. It has no section yet.
    pub(crate) fn new(kind: Kind, element: &TypeShape) -> Self {
        let mut element_text = element.to_string();
        if element_text.len() > TEXT.len() {
            // The hash is of all of it; what is shown may end in the middle.
            let dots = "...";
            element_text.truncate(element_text.floor_char_boundary(TEXT.len() - dots.len()));
            element_text.push_str(dots);
        }
        Self {
            minor: MINOR,
            features: 0,
            kind,
            id: RegionId::default(),
            made_nanos: 0,
            creator: Creator::default(),
            first_bytes: HEADER_BYTES as u64,
            most_bytes: HEADER_BYTES as u64,
            // More than fits is refused by the check.
            element_bytes: u32::try_from(element.size_bytes()).unwrap_or(u32::MAX),
            element_align: u32::try_from(element.align()).unwrap_or(u32::MAX),
            element_hash: element.hash(),
            element_text,
            dimensions: Vec::new(),
            sections: Vec::new(),
            ring: RingFields::default(),
        }
    }

    /// Reads the header at the beginning of `bytes`, which may go on behind it. The file has `file_bytes` bytes.
    ///
    /// # Errors
    ///
    /// What is wrong with it. What it returns without an error agrees with itself and with the file's size.
    ///
    /// # Examples
    ///
    /// See [`HeaderError`].
    pub fn parse(bytes: &[u8], file_bytes: u64) -> Result<Self, HeaderError> {
        let truncated =
            HeaderError::Truncated { needed_bytes: HEADER_BYTES as u64, found_bytes: bytes.len() as u64 };
        if bytes.get(..8).is_none_or(|magic| magic != MAGIC) {
            return Err(HeaderError::Foreign);
        }
        let page: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(truncated)?;
        let header = Self::decode(page)?;
        header.check()?;
        header.check_file(file_bytes)?;
        Ok(header)
    }

    /// Reads the fields, and does not ask what they say.
    fn decode(page: &[u8; HEADER_BYTES]) -> Result<Self, HeaderError> {
        // In this order: who has another version may have put all that follows elsewhere.
        let order = u32_at(page, 12);
        if order == BYTE_ORDER.swap_bytes() {
            return Err(HeaderError::ByteOrder);
        }
        let major = u16_at(page, 8);
        if order == BYTE_ORDER && major > MAJOR {
            return Err(HeaderError::Newer { found: major, known: MAJOR });
        }
        if order == BYTE_ORDER && major < MAJOR {
            return Err(HeaderError::Older { found: major, known: MAJOR });
        }
        let (written, found) = (u64_at(page, SUM), fnv::hash(&page[..SUM]));
        if written != found {
            return Err(HeaderError::Checksum { written, found });
        }
        let unknown = u64_at(page, 32);
        if unknown != 0 {
            return Err(HeaderError::UnknownFeatures { bits: unknown });
        }
        let field = |name, found, expected| HeaderError::Field { name, found, expected };
        if u64::from(page[16]) != size_of::<usize>() as u64 {
            return Err(field("bytes of an address", page[16].into(), "those of this process"));
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.number() == page[17]);
        let kind =
            kind.ok_or_else(|| field("kind", page[17].into(), "a ring, an array or an atomic array"))?;
        let [sections, queues, dimensions] = [page[18], page[19], page[20]].map(usize::from);
        if sections > MOST_SECTIONS {
            return Err(field("sections", sections as u64, "at most 16"));
        }
        if dimensions > MOST_DIMENSIONS {
            return Err(field("dimensions", dimensions as u64, "at most 8"));
        }
        let text_len = usize::from(u16_at(page, 144));
        let text = page[TEXT].get(..text_len);
        let text =
            text.ok_or_else(|| field("length of the element's text", text_len as u64, "at most 1024"))?;
        let text = str::from_utf8(text)
            .map_err(|error| field("element's text", error.valid_up_to() as u64, "text in UTF-8"))?;
        let header = Self {
            minor: u16_at(page, 10),
            features: u64_at(page, 24),
            kind,
            id: RegionId(array_at(page, 40)),
            made_nanos: u64_at(page, 56),
            creator: Creator {
                process: u32_at(page, 64),
                user: u32_at(page, 68),
                process_namespace: u64_at(page, 72),
                started_ticks: u64_at(page, 80),
            },
            first_bytes: u64_at(page, 88),
            most_bytes: u64_at(page, 96),
            element_bytes: u32_at(page, 128),
            element_align: u32_at(page, 132),
            element_hash: u64_at(page, 136),
            element_text: text.to_owned(),
            dimensions: (0..dimensions).map(|k| u64_at(page, 152 + 8 * k)).collect(),
            sections: (0..sections).map(|k| section_at(page, 512 + 24 * k)).collect(),
            ring: RingFields {
                slots: u32_at(page, 104),
                most_slots: u32_at(page, 108),
                stride: u64_at(page, 112),
                participants: u32_at(page, 120),
                parameters: std::array::from_fn(|k| u64_at(page, 216 + 8 * k)),
                buffer_len: u64_at(page, 280),
                queues: queues_in(&page[QUEUES], queues)?,
            },
        };
        // Of a later minor version there may be more, which we do not need to know.
        if header.minor == MINOR {
            let again = header.to_bytes();
            if let Some(byte) = (0..HEADER_BYTES).find(|&byte| again[byte] != page[byte]) {
                return Err(field("byte that means nothing", byte as u64, "zero"));
            }
        }
        Ok(header)
    }

    /// Returns the page that says what this header does.
    ///
    /// # Examples
    ///
    /// See [`Header`]; what is parsed is written as it was.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut page = [0; HEADER_BYTES];
        let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(8, &MAJOR.to_le_bytes());
        put(10, &self.minor.to_le_bytes());
        put(12, &BYTE_ORDER.to_le_bytes());
        // The counts are at most what fits: a header is made from bytes or checked.
        let counts =
            [self.sections.len(), self.ring.queues.len(), self.dimensions.len()].map(|count| count as u8);
        put(16, &[size_of::<usize>() as u8, self.kind.number()]);
        put(18, &counts);
        put(24, &self.features.to_le_bytes());
        put(40, &self.id.0);
        put(56, &self.made_nanos.to_le_bytes());
        put(64, &self.creator.process.to_le_bytes());
        put(68, &self.creator.user.to_le_bytes());
        put(72, &self.creator.process_namespace.to_le_bytes());
        put(80, &self.creator.started_ticks.to_le_bytes());
        put(88, &self.first_bytes.to_le_bytes());
        put(96, &self.most_bytes.to_le_bytes());
        put(104, &self.ring.slots.to_le_bytes());
        put(108, &self.ring.most_slots.to_le_bytes());
        put(112, &self.ring.stride.to_le_bytes());
        put(120, &self.ring.participants.to_le_bytes());
        put(128, &self.element_bytes.to_le_bytes());
        put(132, &self.element_align.to_le_bytes());
        put(136, &self.element_hash.to_le_bytes());
        put(144, &(self.element_text.len() as u16).to_le_bytes());
        for (k, dimension) in self.dimensions.iter().enumerate() {
            put(152 + 8 * k, &dimension.to_le_bytes());
        }
        for (k, parameter) in self.ring.parameters.iter().enumerate() {
            put(216 + 8 * k, &parameter.to_le_bytes());
        }
        put(280, &self.ring.buffer_len.to_le_bytes());
        for (k, section) in self.sections.iter().enumerate() {
            put(512 + 24 * k, &section.tag.0);
            put(520 + 24 * k, &section.offset.to_le_bytes());
            put(528 + 24 * k, &section.len_bytes.to_le_bytes());
        }
        put(TEXT.start, self.element_text.as_bytes());
        let mut at = QUEUES.start;
        for queue in &self.ring.queues {
            put(at, &queue.bound.to_le_bytes());
            put(at + 8, &[queue.policy, queue.name.len() as u8]);
            put(at + 10, queue.name.as_bytes());
            at += 10 + queue.name.len();
        }
        let sum = fnv::hash(&page[..SUM]);
        page[SUM..].copy_from_slice(&sum.to_le_bytes());
        page
    }
}

/// Reads the entries of `count` queues.
fn queues_in(mut bytes: &[u8], count: usize) -> Result<Vec<QueueEntry>, HeaderError> {
    let all = bytes.len();
    let mut queues = Vec::with_capacity(count);
    for _ in 0..count {
        let wrong = |expected| HeaderError::Field {
            name: "queues",
            found: (QUEUES.start + all - bytes.len()) as u64,
            expected,
        };
        let (head, rest) =
            bytes.split_first_chunk::<10>().ok_or_else(|| wrong("as many as there is room for"))?;
        let (name, rest) = rest
            .split_at_checked(usize::from(head[9]))
            .ok_or_else(|| wrong("names that there is room for"))?;
        let name = str::from_utf8(name).map_err(|_| wrong("names in UTF-8"))?;
        queues.push(QueueEntry { name: name.to_owned(), bound: u64_at(head, 0), policy: head[8] });
        bytes = rest;
    }
    Ok(queues)
}

fn section_at(page: &[u8; HEADER_BYTES], at: usize) -> Section {
    Section { tag: Tag(array_at(page, at)), offset: u64_at(page, at + 8), len_bytes: u64_at(page, at + 16) }
}

/// Copies `N` bytes out; the offsets are this file's own and lie in the page.
fn array_at<const N: usize>(page: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|k| page[at + k])
}

fn u16_at(page: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(page, at))
}

fn u32_at(page: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(page, at))
}

fn u64_at(page: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(page, at))
}

#[cfg(test)]
mod tests;
