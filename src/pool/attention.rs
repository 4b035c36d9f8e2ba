//! Whether a thread counts as one that looks around, and what it owes to those who rely on it.
//!
//! A worker counts from the moment that its task has run, before anybody learns of the task's end: whoever waited for it and
//! submits the next wakes nobody, because this worker finds it. While it counts, it runs no code but the pool's own.

use super::crew::Crew;
use crate::protocol::lookout::Looking;

/// The attention of one thread.
#[derive(Debug)]
pub(crate) struct Attention<'a> {
    crew: &'a Crew,
    looking: Option<Looking>,
    /// Whether it may spin at all.
    may_look: bool,
}

impl<'a> Attention<'a> {
    /// Makes that of one of the crew's threads.
    pub(crate) fn of_thread(crew: &'a Crew) -> Self {
        Self { crew, looking: None, may_look: crew.spins > 0 }
    }

    /// Makes that of a thread that has other things to do, and never looks around.
    pub(crate) fn elsewhere(crew: &'a Crew) -> Self {
        Self { crew, looking: None, may_look: false }
    }

    /// Counts as one that looks around from here on.
    #[inline]
    pub(crate) fn look(&mut self) {
        if self.may_look && self.looking.is_none() {
            self.looking = Some(self.crew.lookout.begin());
        }
    }

    /// The same, unless there is something to do at once.
    #[inline]
    pub(crate) fn look_if_idle(&mut self) {
        if self.may_look && !self.crew.tasks.has_any() {
            self.look();
        }
    }

    /// Looks around no longer: there is something to do. Others have relied on us, so we look whether there is more.
    #[inline]
    pub(crate) fn turn_away(&mut self) {
        if let Some(looking) = self.looking.take() {
            self.crew.lookout.end_with_work(looking);
            self.crew.call_for_help();
        }
    }

    /// Looks around no longer, on the way to the bed.
    pub(crate) fn doze_off(&mut self) {
        if let Some(looking) = self.looking.take() {
            self.crew.lookout.end(looking);
        }
    }
}
