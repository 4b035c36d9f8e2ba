//! The lifelines of participants, as byte locks of the region's file.

use std::fs::File;

use crate::error::SystemError;
use crate::protocol::participant::Lifelines;
use crate::protocol::slot::Owner;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sys::lock::ByteLocks;

/// No number.
const NONE: u32 = 0;

/// The lifeline of one participant of this process, and the questions about all others'. Dropping it cuts the lifeline.
#[derive(Debug)]
pub(crate) struct FileLifelines {
    locks: ByteLocks,
    /// The number whose lifeline is held here: the kernel does not tell a holder of its own locks.
    held: AtomicU32,
}

impl FileLifelines {
    /// Begins without a lifeline, over the file that `file` is open on.
    ///
    /// # Errors
    ///
    /// The file cannot be opened once more, or its file system has no such locks: then nobody could ever be proven dead.
    pub(crate) fn new(file: &File) -> Result<Self, SystemError> {
        let locks = ByteLocks::new(file)?;
        locks.is_locked_by_another(NONE)?;
        Ok(Self { locks, held: AtomicU32::new(NONE) })
    }
}

impl Lifelines for FileLifelines {
    fn try_hold(&self, number: Owner) -> bool {
        let is_held = self.locks.try_lock(number.into()).unwrap_or(false);
        if is_held {
            // ORDERING: Relaxed, here and below; the participant's threads know of it by what they share.
            self.held.store(number.into(), Relaxed);
        }
        is_held
    }

    fn let_go(&self, number: Owner) {
        self.held.store(NONE, Relaxed);
        // If it cannot be unlocked it goes with the process.
        let _ = self.locks.unlock(number.into());
    }

    fn is_cut(&self, number: Owner) -> bool {
        // Where the system does not say, nothing is proven.
        let is_locked = self.locks.is_locked_by_another(number.into()).unwrap_or(true);
        !is_locked && self.held.load(Relaxed) != u32::from(number)
    }
}
