//! A window on a running scan: how far it is, and a way to stop it.

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// Watches the scans of a file from another thread: how many bytes are done, and a way to cancel.
///
/// Clones watch the same scans. Progress is counted as chunks end; cancelling takes effect at the next chunk, and
/// every scan of the file after it fails as well.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "n\n1\n")?;
/// use ringmill::csv::{CsvError, CsvFile, ScanWatch};
///
/// let watch = ScanWatch::new();
/// let file = CsvFile::options().watch(&watch).open(&path)?;
/// watch.cancel();
/// assert!(matches!(file.records().next_record(), Err(CsvError::Cancelled)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScanWatch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    scanned_bytes: AtomicU64,
    cancelled: AtomicBool,
}

impl ScanWatch {
    /// Makes a watch that nothing has been scanned under.
    ///
    /// # Examples
    ///
    /// See [`ScanWatch`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how many bytes have been scanned, by all scans together.
    pub fn scanned_bytes(&self) -> u64 {
        // ORDERING: Relaxed; a number to show, nothing rides on it.
        self.0.scanned_bytes.load(Relaxed)
    }

    /// Makes running and later scans end with [`CsvError::Cancelled`](super::CsvError::Cancelled).
    ///
    /// # Examples
    ///
    /// See [`ScanWatch`].
    pub fn cancel(&self) {
        // ORDERING: Relaxed; a scan that sees it late only stops late, nothing rides on it.
        self.0.cancelled.store(true, Relaxed);
    }

    /// Returns whether [`ScanWatch::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        // ORDERING: Relaxed; see `cancel`.
        self.0.cancelled.load(Relaxed)
    }

    pub(crate) fn add(&self, bytes: usize) {
        // ORDERING: Relaxed; a number to show, nothing rides on it.
        self.0.scanned_bytes.fetch_add(bytes as u64, Relaxed);
    }
}
