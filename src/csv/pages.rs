//! Pages behind the readers: kept for the next scan, or let go so that a scan of any file runs in little memory.
//!
//! Pages of a mapped file are the system's, which takes them back when it needs them, but they count as this process's
//! memory as long as they are mapped. Where a file is larger than what there is, a worker lets go the pages of each
//! chunk that it has read. A record that runs on into the next chunk, or a field that is looked at again, brings a page back; so from
//! time to time the chunks of a while ago are let go once more.

use super::chunks::Chunk;
use crate::memory::{Region, layout};
use crate::sys::memory;

/// Files up to this size are kept whatever there is: it is not worth asking.
const SMALL_BYTES: usize = 256 << 20;

/// After so many chunks those before are let go once more.
const SWEEP: usize = 32;

/// What to do with the pages of a file that have been read.
///
/// Slices of the file stay valid either way; those of pages that were let go are read anew when they are looked at.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "n\n1\n")?;
/// use ringmill::{Pool, csv::{CsvFile, Pages}};
///
/// let file = CsvFile::options().pages(Pages::Release).open(&path)?;
/// assert_eq!(Pool::new()?.count_records(&file)?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pages {
    /// They are let go if the files are larger than half of the memory that was available when they were opened: to the
    /// system, and under the limits of the control groups that the process is in.
    #[default]
    Auto,
    /// They stay mapped, so that another scan finds them there.
    Keep,
    /// They are let go, so that the memory of the process stays small, whatever the file's size.
    Release,
}

impl Pages {
    /// Returns whether pages of files of this size are to be let go.
    pub(crate) fn are_released(self, len_bytes: usize) -> bool {
        match self {
            Self::Keep => false,
            Self::Release => true,
            Self::Auto => {
                let is_large = |available: u64| len_bytes as u64 > available / 2;
                len_bytes > SMALL_BYTES && memory::available_bytes().is_some_and(is_large)
            }
        }
    }
}

/// Lets the pages of a chunk go. Only memory and speed change, so a system that does not do it is no error.
pub(crate) fn release(region: &Region, chunk: &Chunk) {
    // The first page is shared with the chunk before; without it one page would stay for each chunk.
    let range = &chunk.range;
    let start = layout::align_down(range.start, layout::PAGE_BYTES);
    let _ = region.release_range(start..range.end);
    if chunk.index.is_multiple_of(SWEEP) {
        let behind = |chunks| start.saturating_sub(range.len() * chunks);
        let _ = region.release_range(behind(2 * SWEEP)..behind(SWEEP / 2));
    }
}
