//! The elements of an array in a shared region: where they begin, how many there are. Pure.

use super::{Header, Kind, SharedError, SharedRegion, Tag};
use crate::memory::{TypeShape, layout};

impl Header {
    /// Describes the region of an array of these dimensions. The elements begin on a page.
    ///
    /// # Errors
    ///
    /// [`SharedError::TooLarge`].
    pub(crate) fn of_array(kind: Kind, element: &TypeShape, shape: &[usize]) -> Result<Self, SharedError> {
        let bytes = layout::shape_len(shape).and_then(|len| len.checked_mul(element.size_bytes()));
        let bytes = bytes.ok_or(SharedError::TooLarge { requested_bytes: u64::MAX })? as u64;
        let mut header = Self::new(kind, element).with_sections(&[(Tag::DATA, bytes, layout::PAGE_BYTES)])?;
        header.dimensions = shape.iter().map(|&dimension| dimension as u64).collect();
        Ok(header)
    }
}

impl Header {
    /// Describes the region of an array of one dimension that may grow to `most_len` elements. How much of it is in use is
    /// said by the first word of the control section.
    ///
    /// # Errors
    ///
    /// [`SharedError::TooLarge`], also if it would be larger at first than at most.
    pub(crate) fn of_growing_array(
        kind: Kind,
        element: &TypeShape,
        len: usize,
        most_len: usize,
    ) -> Result<Self, SharedError> {
        let bytes = |len: usize| len.checked_mul(element.size_bytes()).map(|bytes| bytes as u64);
        let (Some(first), Some(most)) = (bytes(len), bytes(most_len)) else {
            return Err(SharedError::TooLarge { requested_bytes: u64::MAX });
        };
        if first > most {
            return Err(SharedError::TooLarge { requested_bytes: first });
        }
        let page = layout::PAGE_BYTES;
        let sections = [(Tag::CONTROL, layout::LINE_BYTES as u64, page), (Tag::DATA, most, page)];
        let mut header = Self::new(kind, element).with_sections(&sections)?;
        header.first_bytes -= most - first;
        header.dimensions = vec![len as u64];
        Ok(header)
    }
}

impl SharedRegion {
    /// Returns the byte of the region at which an array's elements begin, and how many there are.
    ///
    /// # Errors
    ///
    /// [`SharedError::WrongSections`] if they do not lie there whole.
    pub(crate) fn elements(&self, element_bytes: usize) -> Result<(usize, usize), SharedError> {
        let wrong = || SharedError::WrongSections { path: self.path().to_owned(), section: Tag::DATA };
        let header = self.header();
        let section = header.section(Tag::DATA).ok_or_else(wrong)?;
        let shape: Option<Vec<_>> = header.dimensions.iter().map(|&n| usize::try_from(n).ok()).collect();
        let len = shape.as_deref().and_then(layout::shape_len).ok_or_else(wrong)?;
        let bytes = len.checked_mul(element_bytes).ok_or_else(wrong)? as u64;
        let aligned = section.offset.is_multiple_of(layout::PAGE_BYTES as u64);
        let whole = bytes <= section.len_bytes && section.offset + bytes <= header.first_bytes;
        // What a region is mapped by can be addressed.
        if aligned && whole { Ok((section.offset as usize, len)) } else { Err(wrong()) }
    }
}
