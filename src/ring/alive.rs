//! Who keeps a core alive, and how it goes.
//!
//! The handles of a ring have one claim to the core together, and each slot has one for whoever holds it: so a buffer
//! keeps the memory without touching a shared count when it changes hands.
//!
//! - C1: a slot's claim is given up when the slot is retired (E1), and not before. So while a buffer exists, whose slot is
//!   held, the core does. Whoever gives a slot away [stays](Stay) until its last access (Z1).
//! - C2: nobody borrows a core mutably, but for whoever gave up the last claim, once nobody stays with it.

#![allow(unsafe_code)]

use std::ops::Deref;
use std::ptr::NonNull;
use std::task::Waker;

use super::core::Core;
use super::options::DroppedDirty;
use super::stay::{Stay, wait_until_nobody_is_at};
use crate::protocol::queue::Refused;
use crate::protocol::slot::{Held, Time};

/// The claim of all handles of a ring. When it is dropped, the slots that nobody holds are retired.
#[derive(Debug)]
pub(super) struct HandlesCore(NonNull<Core>);

// SAFETY: a `HandlesCore` gives shared references to the core, which is `Send` and `Sync`, as an `Arc` does.
unsafe impl Send for HandlesCore {}
// SAFETY: as above.
unsafe impl Sync for HandlesCore {}

impl HandlesCore {
    /// Takes over a core that has a claim for each slot and one for this.
    pub(super) fn new(core: Core) -> Self {
        // SAFETY: the pointer of a box is not null.
        Self(unsafe { NonNull::new_unchecked(Box::into_raw(Box::new(core))) })
    }
}

impl Deref for HandlesCore {
    type Target = Core;

    #[inline]
    fn deref(&self) -> &Core {
        // SAFETY: our claim keeps the core, and nobody borrows it mutably (C2).
        unsafe { self.0.as_ref() }
    }
}

impl Drop for HandlesCore {
    fn drop(&mut self) {
        if self.is_lost() {
            // The words are the parent's too, and this copy of the rest goes with the process; or others have swept what was
            // ours, and the mapping stays until the process ends.
            return;
        }
        let ended = self.end();
        for _ in 0..=ended {
            // SAFETY: the claims of the slots that ended here, and last our own.
            unsafe { let_go(self.0) };
        }
    }
}

/// The core, kept alive by the claim of a slot that its user holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotCore(NonNull<Core>);

// SAFETY: a `SlotCore` gives a shared reference to the core, which is `Sync`, as an `Arc` does.
unsafe impl Send for SlotCore {}
// SAFETY: as above.
unsafe impl Sync for SlotCore {}

impl SlotCore {
    /// Stands for the claim of a slot of this core.
    ///
    /// # Safety
    ///
    /// - The caller holds a slot of it for as long as it uses this or a copy.
    #[inline]
    pub(super) unsafe fn new(core: &HandlesCore) -> Self {
        Self(core.0)
    }

    #[inline]
    pub(super) fn get(&self) -> &Core {
        // SAFETY: the slot's holder (duty of `new`) keeps the core alive (C1), and nobody borrows it mutably (C2).
        unsafe { self.0.as_ref() }
    }

    /// Returns whether the slots of this core are `core`'s.
    pub(super) fn is_of(&self, core: &HandlesCore) -> bool {
        self.0 == core.0
    }

    /// Gives a slot back to the free ones. It was the caller's claim to the core.
    #[inline]
    pub(super) fn release(self, held: Held) {
        self.give(held, |core, held| core.list_free(held));
    }

    /// Gives up a slot whose payload has begun to change since it was received: as the ring's owner decided.
    #[cold]
    pub(super) fn give_up(self, held: Held) {
        self.give(held, |core, held| match core.dropped_dirty {
            DroppedDirty::Free => core.list_free(held),
            DroppedDirty::SetAside => {
                core.set_aside(held);
                None
            }
            DroppedDirty::SendAgain => {
                let queue = held.came_from();
                if core.lines().get(usize::from(queue)).is_none() {
                    // It came by a ticket, by no queue to which it could go again.
                    core.set_aside(held);
                    return None;
                }
                match core.push_at(queue, held, Time::Again, u64::MAX) {
                    Ok(()) => core.line(queue).filled.notify_one(),
                    // Nothing comes to a closed queue any more, and nothing is lost.
                    Err(Refused::Full(held) | Refused::Closed(held) | Refused::Corrupt(held, _)) => {
                        core.set_aside(held);
                        None
                    }
                }
            }
        });
    }

    /// Runs `post`, which gives the slot away, and retires the slot if the ring's last handle is gone.
    #[inline]
    fn give(self, held: Held, post: impl FnOnce(&Core, Held) -> Option<Waker>) {
        let slot = held.slot;
        if self.get().is_lost() {
            // The slot is the parent's, whose buffer this is a copy of, or another's by now.
            return;
        }
        // Before the post, after which another may free the core at any time (Z1).
        let stay = Stay::at(self.0);
        let waker = post(self.get(), held);
        let is_ours = self.get().has_ended_with(slot);
        drop(stay);
        if is_ours {
            // SAFETY: the claim of this slot, which is retired once (E1, C1).
            unsafe { let_go(self.0) };
        }
        // Last, because it runs code of an executor's, which may do anything.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Makes one more claim to a core.
///
/// # Safety
///
/// - The caller has a claim at this moment.
pub(super) unsafe fn claim(core: NonNull<Core>) {
    // SAFETY: the caller's claim keeps the core, and nobody borrows it mutably (C2).
    unsafe { core.as_ref() }.claims().claim();
}

/// Gives up a claim to a core, and frees it if it was the last.
///
/// # Safety
///
/// - The claim is the caller's to give up, and the caller does not use the core by it any more.
pub(super) unsafe fn let_go(core: NonNull<Core>) {
    // SAFETY: the claim keeps the core until it is given up here, and nobody borrows it mutably (C2).
    if !unsafe { core.as_ref() }.claims().give_up() {
        return;
    }
    // Every slot is retired, and we have acquired that: nobody new comes.
    wait_until_nobody_is_at(core);
    // SAFETY: made by `Box::into_raw` in `new`; nobody has a claim any more, nobody stays, and this is done once (E2).
    drop(unsafe { Box::from_raw(core.as_ptr()) });
}
