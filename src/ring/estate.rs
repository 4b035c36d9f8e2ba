//! A region that holds a ring for several processes, and this process's part in it.
//!
//! - A1: the words of the ring lie in the region, which stays mapped as long as this does. Its header was checked (L2), and what
//!   the words say is never an index before it is.

#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::Arc;

use super::Waiting;
use super::error::BuildError;
use super::gate::{Gate, GateWords};
use super::membership::{Membership, NotJoined};
use super::options::DroppedDirty;
use super::shared::Recovery;
use super::shared_layout::SharedLayout;
use super::words::{Words, at};
use crate::memory::placed::Placed;
use crate::memory::shared::{SharedError, SharedRegion};
use crate::protocol::participant::{IDENTITY_WORDS, Record, Sweep};
use crate::protocol::queue::Queue;
use crate::protocol::recovery::{Dirty, Recovered, Recovery as Sweeper};
use crate::protocol::slot::{Owner, QueueNumber};

/// Nobody's number, for what was posted before anybody took part.
const NOBODY: Owner = 0;

/// Which of a queue's gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Where receivers wait for a full buffer, or claimers for a free one.
    Filled,
    /// Where senders wait for room.
    Room,
}

/// A ring's region, and this process among those who take part.
#[derive(Debug)]
pub(super) struct Estate {
    layout: SharedLayout,
    words: Words,
    /// What becomes of what the dead had begun to change.
    dirty: Dirty,
    beds: Placed<GateWords>,
    // Leaves while the region is mapped.
    membership: Membership,
    // Goes last: the words above lie in it.
    region: SharedRegion,
}

/// Writes the words of a ring into a new region.
///
/// # Safety
///
/// - Nobody else knows of the region, and its bytes behind the header are zero.
pub(super) unsafe fn write(region: &SharedRegion) -> Result<(), SharedError> {
    let layout = layout_of(region)?;
    // SAFETY: the layout's bytes are mapped (L2) for as long as the words are used here, and nobody else's (caller's duty).
    drop(unsafe { Words::write(base_of(region), &layout.ring, NOBODY) });
    // SAFETY: the part lies in the region (L2).
    let first = unsafe { at(base_of(region), layout.records_at) };
    // SAFETY: as for the words, here and below.
    unsafe { Placed::write(first, layout.participants, |_| Record::new(0)) };
    // SAFETY: as above.
    let first = unsafe { at(base_of(region), layout.beds_at) };
    // SAFETY: as above.
    unsafe { Placed::write(first, 2 * layout.ring.queues, |_| GateWords::new()) };
    Ok(())
}

impl Estate {
    /// Takes part in the ring that a region holds.
    ///
    /// # Safety
    ///
    /// - Whoever else has the region mapped accesses it by this library, or as this library would.
    pub(super) unsafe fn enter(region: SharedRegion) -> Result<Arc<Self>, BuildError> {
        let layout = layout_of(&region)?;
        // SAFETY: the part lies in the region (L2).
        let first = unsafe { at(base_of(&region), layout.records_at) };
        // SAFETY: aligned and mapped (L2), words that are atomic; the region goes last. The rest is the caller's duty.
        let records = unsafe { Placed::find(first, layout.participants) };
        // SAFETY: as above.
        let first = unsafe { at(base_of(&region), layout.beds_at) };
        // SAFETY: as above.
        let beds = unsafe { Placed::find(first, 2 * layout.ring.queues) };
        // SAFETY: as above.
        let words = unsafe { Words::find(base_of(&region), &layout.ring) };
        let dirty = dirty_policy(&region)?;
        let recover = |sweep: &Sweep| {
            sweeper(&words, &layout, dirty, sweep.dead).recover(sweep);
            beds.iter().for_each(GateWords::reset);
        };
        let membership = Membership::join(records, region.file(), recover).map_err(|why| match why {
            NotJoined::Full => BuildError::Participants { most: layout.participants },
            NotJoined::System(source) => SharedError::System(source).into(),
        })?;
        let estate = Arc::new(Self { layout, words, dirty, beds, membership, region });
        // Those who were left by the last that took part, all of whom died.
        estate.look_for_the_dead();
        Ok(estate)
    }

    pub(super) fn layout(&self) -> &SharedLayout {
        &self.layout
    }

    pub(super) fn region(&self) -> &SharedRegion {
        &self.region
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        base_of(&self.region)
    }

    /// Returns this process's number.
    pub(super) fn me(&self) -> Owner {
        self.membership.me()
    }

    /// Returns what whoever has a number says of itself, and whether it lives; none if nobody has the number.
    pub(super) fn who_is(&self, number: Owner) -> Option<([u64; IDENTITY_WORDS], bool)> {
        self.membership.who_is(number)
    }

    /// Returns whether the others take this process for one that lives.
    #[inline]
    pub(super) fn is_live(&self) -> bool {
        self.membership.is_live()
    }

    /// Makes this process's side of a gate.
    pub(super) fn gate(self: &Arc<Self>, queue: QueueNumber, side: Side, waiting: Waiting) -> Gate {
        let place = self.layout.beds_at + (2 * usize::from(queue) + side as usize) * size_of::<GateWords>();
        // SAFETY: the part lies in the region (L2).
        let first = unsafe { at(self.base(), place) };
        // SAFETY: as in `enter`; the gate keeps the region.
        let words = unsafe { Placed::find(first, 1) };
        let estate = Arc::clone(self);
        Gate::shared(words, waiting, Arc::clone(self) as _, move || _ = estate.look_for_the_dead())
    }

    /// Proves who has died, gives the others what the dead had, and wakes everybody if anybody has.
    ///
    /// For whoever has waited in vain for a tick, and for whoever wants to know.
    pub(super) fn look_for_the_dead(&self) -> Recovery {
        let mut all = Recovery::default();
        while let Some(sweep) = self.membership.find_dead() {
            let estate = sweeper(&self.words, &self.layout, self.dirty, self.me());
            // Who died may be counted in any bed. To make them anew wakes everybody, so all who wait look again.
            let reset = |_dead| self.beds.iter().for_each(GateWords::reset);
            let Recovered { freed, sent_again, listed, set_aside } =
                self.membership.sweep(&estate, sweep, reset);
            all.dead += 1;
            all.freed += freed;
            all.sent_again += sent_again;
            all.completed += listed;
            all.set_aside += set_aside;
        }
        all
    }
}

/// Returns what `me` sweeps with.
fn sweeper<'a>(
    words: &'a Words,
    layout: &SharedLayout,
    dirty: Dirty,
    me: Owner,
) -> Sweeper<'a, impl Fn(QueueNumber) -> Option<Queue<'a>>> {
    let queues = layout.ring.queues;
    let queue = move |number: QueueNumber| (usize::from(number) < queues).then(|| words.queue(number));
    Sweeper { slots: &words.slots, queue, me, dirty }
}

fn base_of(region: &SharedRegion) -> NonNull<u8> {
    // SAFETY: an address in a mapping is not null.
    unsafe { NonNull::new_unchecked(region.base()) }
}

fn layout_of(region: &SharedRegion) -> Result<SharedLayout, SharedError> {
    let wrong = |section| SharedError::WrongSections { path: region.path().to_owned(), section };
    SharedLayout::of(region.header()).map_err(wrong)
}

/// Returns what the region's creator chose for buffers that are dropped changed: who dies drops what it holds.
pub(super) fn dropped_dirty(region: &SharedRegion) -> Result<DroppedDirty, SharedError> {
    let (word, found) = ("the policy for changed buffers", region.header().ring.parameters[0]);
    DroppedDirty::of_number(found).ok_or_else(|| SharedError::Corrupt {
        path: region.path().to_owned(),
        word,
        found,
    })
}

fn dirty_policy(region: &SharedRegion) -> Result<Dirty, SharedError> {
    dropped_dirty(region).map(|choice| match choice {
        DroppedDirty::Free => Dirty::Skip,
        DroppedDirty::SendAgain => Dirty::SendAgain,
        DroppedDirty::SetAside => Dirty::SetAside,
    })
}
