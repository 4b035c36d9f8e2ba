//! How far an array in a shared region reaches, where it may grow.
//!
//! - X1: of the elements that `len` counts every byte was found to be in the file. What others claim is compared with the file's
//!   size before it is believed, once for each new number; what has been there stays there, or reads as zeros (V1).

#![allow(unsafe_code)]

use std::ptr::NonNull;

use crate::memory::shared::{SharedError, SharedRegion, Tag};
use crate::protocol::commitment::Commitment;

/// The number of elements, fixed or growing.
#[derive(Debug)]
pub(super) enum Extent {
    Fixed(usize),
    Growing(Growing),
}

/// What is known of a region that may grow.
#[derive(Debug)]
pub(super) struct Growing {
    /// The word in the region by which everybody hears of it; 0 at first. Lies there as long as the region does.
    shared: NonNull<Commitment>,
    /// How far the file is known to reach, in this process.
    known: Commitment,
    /// The byte at which the elements begin.
    offset: u64,
}

// SAFETY: the shared word is an atomic that nobody ever has a mutable reference to; the rest is `Send`.
unsafe impl Send for Growing {}
// SAFETY: as above; the rest is `Sync`.
unsafe impl Sync for Growing {}

impl Extent {
    /// Finds out how far the elements reach that begin at byte `offset`, `len` of them at first.
    pub(super) fn of(region: &SharedRegion, offset: usize, len: usize) -> Result<Self, SharedError> {
        let header = region.header();
        if header.first_bytes() == header.most_bytes() {
            return Ok(Self::Fixed(len));
        }
        let wrong = || SharedError::WrongSections { path: region.path().to_owned(), section: Tag::CONTROL };
        let control = header.section(Tag::CONTROL).ok_or_else(wrong)?.range();
        let first = header.first_bytes();
        if control.end.min(first) - control.start < size_of::<Commitment>() as u64 {
            return Err(wrong());
        }
        // SAFETY: `add` wants to stay in the mapping: the section begins within the region (H1, V1).
        let word = unsafe { region.base().add(control.start as usize) };
        // SAFETY: a mapping is never at address zero.
        let shared = unsafe { NonNull::new_unchecked(word.cast::<Commitment>()) };
        Ok(Self::Growing(Growing { shared, known: Commitment::new(first), offset: offset as u64 }))
    }

    /// Returns the number of elements that are there. A claim that is not true changes nothing; [`check`](Self::check) reports it.
    #[inline]
    pub(super) fn len(&self, region: &SharedRegion, element_bytes: usize) -> usize {
        match self {
            Self::Fixed(len) => *len,
            Self::Growing(growing) => {
                let _ = growing.learn(region);
                ((growing.known.read() - growing.offset) / element_bytes as u64) as usize
            }
        }
    }

    /// Says whether what others claim is true.
    pub(super) fn check(&self, region: &SharedRegion) -> Result<(), SharedError> {
        region.check()?;
        match self {
            Self::Fixed(_) => Ok(()),
            Self::Growing(growing) => growing.learn(region),
        }
    }

    /// Makes room for `len` elements, if there are fewer, and tells everybody.
    pub(super) fn grow(
        &self,
        region: &SharedRegion,
        len: usize,
        element_bytes: usize,
    ) -> Result<(), SharedError> {
        let bytes = (len as u64).checked_mul(element_bytes as u64);
        match self {
            Self::Fixed(there) if len <= *there => Ok(()),
            Self::Fixed(_) => Err(SharedError::TooLarge { requested_bytes: bytes.unwrap_or(u64::MAX) }),
            Self::Growing(growing) => {
                let end = bytes.and_then(|bytes| growing.offset.checked_add(bytes));
                let end = end.ok_or(SharedError::TooLarge { requested_bytes: u64::MAX })?;
                growing.learn(region)?;
                if end > growing.known.read() {
                    region.extend(end)?;
                    growing.known.raise(end);
                    growing.word().raise(end);
                }
                Ok(())
            }
        }
    }
}

impl Growing {
    fn word(&self) -> &Commitment {
        // SAFETY: mapped as long as the region, which lives beside us; any bits are such a word; a page's multiple or a line's,
        // so aligned. It is an atomic, so that others change it meanwhile is no race.
        unsafe { self.shared.as_ref() }
    }

    /// Takes note of what others have made known, if it is true (X1).
    #[inline]
    fn learn(&self, region: &SharedRegion) -> Result<(), SharedError> {
        let claimed = self.word().read();
        if claimed <= self.known.read() { Ok(()) } else { self.believe(claimed, region) }
    }

    #[cold]
    fn believe(&self, claimed: u64, region: &SharedRegion) -> Result<(), SharedError> {
        if claimed > region.header().most_bytes() || claimed > region.file_bytes()? {
            let path = region.path().to_owned();
            return Err(SharedError::Corrupt { path, word: "bytes in use", found: claimed });
        }
        self.known.raise(claimed);
        Ok(())
    }
}
