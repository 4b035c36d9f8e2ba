//! This process's share in a ring: its number among the participants, and the lock that says that it lives.

use std::fs::File;

use super::lifelines::FileLifelines;
use crate::error::SystemError;
use crate::memory::placed::Placed;
use crate::protocol::heir;
use crate::protocol::participant::{IDENTITY_WORDS, Lifelines, Member, Participants, Record, Sweep};
use crate::protocol::queue::Queue;
use crate::protocol::recovery::{Recovered, Recovery};
use crate::protocol::slot::{Owner, QueueNumber};
use crate::protocol::standing::State;
use crate::sys::identity;

/// A number among the participants of a region, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Membership {
    records: Placed<Record>,
    lifelines: FileLifelines,
    /// `None` only while this is dropped.
    member: Option<Member>,
    me: Owner,
}

/// Why a process does not take part.
#[derive(Debug)]
pub(super) enum NotJoined {
    /// All numbers are taken.
    Full,
    /// The file cannot be locked.
    System(SystemError),
}

impl Membership {
    /// Takes a number among those whose records these are, and its lifeline. If every number is somebody's and one of them is a dead
    /// one's, takes that, and calls `recover` for what the dead left, before the number is used.
    pub(super) fn join(
        records: Placed<Record>,
        file: &File,
        recover: impl FnOnce(&Sweep),
    ) -> Result<Self, NotJoined> {
        let lifelines = FileLifelines::new(file).map_err(NotJoined::System)?;
        let (participants, identity) = (Participants::new(&records), identity());
        let joined = participants.join(&lifelines, &identity).or_else(|| {
            let sweep = heir::inherit(participants, &lifelines)?;
            recover(&sweep);
            heir::settle(participants, sweep, &identity)
        });
        let member = joined.ok_or(NotJoined::Full)?;
        let me = member.number;
        Ok(Self { records, lifelines, member: Some(member), me })
    }

    /// Returns this process's number.
    pub(super) fn me(&self) -> Owner {
        self.me
    }

    /// Returns whether the others take this process for one that lives.
    #[inline]
    pub(super) fn is_live(&self) -> bool {
        self.member.as_ref().is_some_and(|member| Participants::new(&self.records).is_live(member))
    }

    /// Returns what whoever has a number says of itself, and whether it lives; none if nobody has the number.
    pub(super) fn who_is(&self, number: Owner) -> Option<([u64; IDENTITY_WORDS], bool)> {
        let participants = Participants::new(&self.records);
        let is_alive = match participants.state(number)? {
            State::Free => return None,
            State::Joining | State::Live | State::Leaving => !self.lifelines.is_cut(number),
            State::Dead | State::Sweeping(_) => false,
        };
        Some((participants.identity(number)?, is_alive))
    }

    /// Returns a participant that is proven dead, for the caller to look after what it held.
    pub(super) fn find_dead(&self) -> Option<Sweep> {
        Participants::new(&self.records).find_dead(self.me, &self.lifelines)
    }

    /// Gives away what a dead participant had, and frees its number.
    pub(super) fn sweep<'a, Q: Fn(QueueNumber) -> Option<Queue<'a>>>(
        &self,
        recovery: &Recovery<'a, Q>,
        sweep: Sweep,
        reset: impl FnOnce(Owner),
    ) -> Recovered {
        recovery.sweep(sweep, Participants::new(&self.records), reset)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let participants = Participants::new(&self.records);
        if let Some(mut member) = self.member.take()
            && participants.begin_leave(&mut member)
        {
            participants.leave(member, &self.lifelines);
        }
    }
}

/// What this process says of itself: its number, its namespace, when it started, and its program's name.
fn identity() -> [u64; IDENTITY_WORDS] {
    let mut words = [0; IDENTITY_WORDS];
    words[0] = identity::process().into();
    words[1] = identity::process_namespace();
    words[2] = identity::started_ticks();
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(|path| path.file_name()).unwrap_or_default().as_encoded_bytes();
    for (word, bytes) in words[4..].iter_mut().zip(name.chunks(8)) {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_le_bytes(eight);
    }
    words
}
