//! A hand that holds a task: the lane's, the handle's. The last to let go drops the task and gives its memory back.
//!
//! What an `Arc` is, with two differences: a task that fits a block lies in one (`blocks.rs`), and the count of hands is the
//! task cell's.
//!
//! - H1: a hand's pointer is to a task that lives: it was made by `new`, and each hand is one in the cell's count.
//! - H2: a task that fits a block lies in a block of its home; another lies in a `Box`. The size and the alignment say which.

#![allow(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::blocks::{self, Home};
use super::error::TaskError;
use super::job::{Outcome, Work};
use crate::protocol::task_cell::{Claimed, LetGo};

/// Shared ownership of a task.
pub(crate) struct Hand<T: Work + ?Sized>(NonNull<T>);

// SAFETY: hands on several threads share the task, and any may be the last to drop it: that wants it `Send` and `Sync`,
// which `Work` asks for.
unsafe impl<T: Work + ?Sized> Send for Hand<T> {}
// SAFETY: as above.
unsafe impl<T: Work + ?Sized> Sync for Hand<T> {}

/// Returns whether a task lies in a block.
fn fits_block<T: ?Sized>(task: &T) -> bool {
    fits(size_of_val(task), align_of_val(task))
}

/// Returns whether something of this size and alignment fits a block.
const fn fits(size: usize, align: usize) -> bool {
    size <= blocks::LAYOUT.size() && align <= blocks::LAYOUT.align()
}

impl<T: Work> Hand<T> {
    /// Makes the first two hands of a task. `make` is told where its memory goes back to, and makes a task that counts two.
    #[inline]
    pub(super) fn two(make: impl FnOnce(Option<&'static Home>) -> T) -> (Self, Self, Option<Block>) {
        if fits(size_of::<T>(), align_of::<T>()) {
            let (block, home) = blocks::take();
            let place = block.cast::<T>();
            // SAFETY: valid for writes and aligned, because the task fits; nobody else's.
            unsafe { place.write(make(home)) };
            (Self(place), Self(place), Some(Block { home }))
        } else {
            let place = NonNull::from(Box::leak(Box::new(make(None))));
            (Self(place), Self(place), None)
        }
    }

    /// Holds the task as one of any type.
    pub(super) fn into_work(self) -> Hand<dyn Work>
    where
        T: 'static,
    {
        Hand(ManuallyDrop::new(self).0)
    }

    /// Holds the task as one with a result of this type.
    pub(super) fn into_outcome<R>(self) -> Hand<dyn Outcome<R>>
    where
        T: Outcome<R> + 'static,
    {
        Hand(ManuallyDrop::new(self).0)
    }
}

impl Clone for Hand<dyn Work> {
    fn clone(&self) -> Self {
        self.end().hold();
        Self(self.0)
    }
}

impl<R> Hand<dyn Outcome<R>> {
    /// Holds the task as one of any type, too.
    pub(super) fn as_work(&self) -> Hand<dyn Work> {
        self.end().hold();
        Hand(self.0)
    }
}

/// What the submitter knows of its task's memory, and need not look up in lines that are on the other side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    home: Option<&'static Home>,
}

impl<R> Hand<dyn Outcome<R>> {
    /// Takes the outcome of a task that has ended, and lets go of the task. None if the outcome was taken before.
    /// Writes nothing to the task's lines if it is told of its block and nobody else holds the task.
    ///
    /// # Safety
    ///
    /// - As for [`Outcome::take`].
    /// - The task came with this block, if any, and then has no terms.
    #[inline]
    pub(super) unsafe fn finish(self, block: Option<Block>) -> Option<Result<R, TaskError>> {
        if let Some(Block { home }) = block
            && self.end().is_alone()
        {
            let place = ManuallyDrop::new(self).0;
            // SAFETY: it lives (H1).
            let task = unsafe { place.as_ref() };
            // SAFETY: the caller's duty. Nobody uses the task after this, so that the outcome is not read again.
            let outcome = unsafe { task.move_out() };
            // SAFETY: the block came with this home (H2). No other hand is left, and nothing that has to be dropped: the
            // closure was moved out and the waker taken before the end, and there are no terms (caller's duty).
            unsafe { blocks::give_back(place.cast(), home) };
            return outcome;
        }
        // SAFETY: the caller's duty.
        unsafe { self.take() }
    }
}

/// The last hand of a task. Dropping it drops the task and gives its memory back.
pub(super) struct LastHand<T: Work + ?Sized>(NonNull<T>);

impl<T: Work + ?Sized> Hand<T> {
    /// Lets go of the task; returns the last hand, if this was it.
    #[inline]
    pub(super) fn let_go(self) -> Option<LastHand<T>> {
        let hand = ManuallyDrop::new(self);
        (hand.end().let_go() == LetGo::Last).then(|| LastHand(hand.0))
    }
}

/// What the end of a task leaves to do.
pub(super) enum AfterEnd {
    /// Nothing: others hold it.
    Held,
    /// To drop it.
    Last(LastHand<dyn Work>),
    /// To end it, and to wake who waits.
    Awaited(Hand<dyn Work>, Claimed),
}

impl Hand<dyn Work> {
    /// Ends the task and lets go of it in one step, if nobody waits for it.
    #[inline]
    pub(super) fn end_and_let_go(self, claimed: Claimed) -> AfterEnd {
        let hand = ManuallyDrop::new(self);
        match hand.end().end(claimed) {
            Ok(LetGo::Held) => AfterEnd::Held,
            Ok(LetGo::Last) => AfterEnd::Last(LastHand(hand.0)),
            Err(claimed) => AfterEnd::Awaited(ManuallyDrop::into_inner(hand), claimed),
        }
    }
}

impl<T: Work + ?Sized> Deref for Hand<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: it lives as long as we hold it (H1), and is only shared.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Work + ?Sized> Drop for Hand<T> {
    #[inline]
    fn drop(&mut self) {
        if self.end().let_go() == LetGo::Last {
            drop(LastHand(self.0));
        }
    }
}

impl<T: Work + ?Sized> Drop for LastHand<T> {
    fn drop(&mut self) {
        // SAFETY: it lives, and no other hand is left to use it (H1).
        let task = unsafe { self.0.as_ref() };
        let home = task.head().home;
        if !fits_block(task) {
            // SAFETY: `new` made it of a box (H2), and no other hand is left.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
            return;
        }
        /// Gives the block back even if the drop of what lies there panics.
        struct GiveBack(NonNull<u8>, Option<&'static Home>);
        impl Drop for GiveBack {
            fn drop(&mut self) {
                // SAFETY: the block came with this home, and what lay there is dropped.
                unsafe { blocks::give_back(self.0, self.1) };
            }
        }
        let _give_back = GiveBack(self.0.cast(), home);
        // SAFETY: valid, and no other hand is left to use it (H1); nobody drops it again.
        unsafe { self.0.drop_in_place() };
    }
}

impl<T: Work + ?Sized> fmt::Debug for Hand<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::Cx;
    use super::super::job::Job;
    use super::*;

    fn size<F: FnOnce(&Cx<'_>) -> R, R>(_: &F) -> usize {
        size_of::<Job<F, R>>()
    }

    #[test]
    fn a_closure_of_forty_bytes_fits_a_block() {
        let captured = [0_u64; 5];
        let closure = move |_: &Cx<'_>| captured[0];
        assert_eq!(size_of_val(&closure), 40);
        assert!(size(&closure) <= blocks::LAYOUT.size(), "{}", size(&closure));
    }
}
