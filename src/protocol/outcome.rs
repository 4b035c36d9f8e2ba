//! What comes of an attempt at a queue.

use super::slot::Held;
use super::word::QueueNumber;

/// What a pop comes to.
#[derive(Debug)]
pub(crate) enum Popped {
    /// A slot, and which listing of the queue it was.
    Taken(Held, u64),
    /// Nothing is listed now.
    Empty,
    /// Nothing is listed, and nothing will be.
    Closed,
    /// The queue's words are not what we and our like write.
    Corrupt(Corrupt),
}

/// Why a push was refused; the slot is the caller's as before.
#[derive(Debug)]
pub(crate) enum Refused {
    /// As many are listed as may be.
    Full(Held),
    /// The queue is closed.
    Closed(Held),
    /// The queue's words are not what we and our like write.
    Corrupt(Held, Corrupt),
}

/// Why a slot was not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Full,
    Closed,
    Corrupt(Corrupt),
}

impl Why {
    /// Refuses a slot for this reason.
    pub(crate) fn refuse(self, held: Held) -> Refused {
        match self {
            Self::Full => Refused::Full(held),
            Self::Closed => Refused::Closed(held),
            Self::Corrupt(corrupt) => Refused::Corrupt(held, corrupt),
        }
    }
}

/// What is wrong with a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// A cell lists the number of no slot.
    NoSuchSlot,
    /// From this position on the cells lead nowhere.
    Endless,
}

/// A word that nobody writes who keeps to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt {
    /// The queue that it was found in.
    pub(crate) queue: QueueNumber,
    pub(crate) wrong: Wrong,
    /// What it held.
    pub(crate) found: u64,
}
