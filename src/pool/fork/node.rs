//! The second half of a fork, on the stack of whoever forked.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::ptr;

use super::frame::{self, Local};
use super::give::{self, Gift};
use super::in_turn::{Kept, quietly_drop};
use crate::pool::posting::let_go;
use crate::sync::UnsafeCell;

/// What is the same for the nodes of all types.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) older: Cell<*const Head>,
    /// Meaningful unless this is the youngest.
    pub(super) younger: Cell<*const Head>,
    /// Runs the half for another thread, if the offer is still open.
    pub(super) call: unsafe fn(*const (), usize, Range<u32>),
    /// What there is to know of it once it is given away.
    pub(super) gift: Cell<*const Gift>,
}

/// A half that is yet to run, or what it returned.
#[repr(C)]
pub(super) struct Node<B, R> {
    // The first, so that a pointer to a node is one to its head.
    head: Head,
    half: UnsafeCell<Half<B, R>>,
}

union Half<B, R> {
    to_do: ManuallyDrop<B>,
    done: ManuallyDrop<R>,
}

/// Runs nothing: the call of a frame's root.
unsafe fn nothing(_: *const (), _: usize, _: Range<u32>) {}

impl Head {
    /// Makes the end of a list.
    pub(super) fn root() -> Self {
        Self::new(nothing)
    }

    fn new(call: unsafe fn(*const (), usize, Range<u32>)) -> Self {
        Self {
            older: Cell::new(ptr::null()),
            younger: Cell::new(ptr::null()),
            call,
            gift: Cell::new(ptr::null()),
        }
    }
}

impl<B, R> Node<B, R>
where
    B: FnOnce() -> R + Send,
    R: Send,
{
    #[inline(always)]
    pub(super) fn new(half: B) -> Self {
        Self { head: Head::new(Self::call), half: UnsafeCell::new(Half { to_do: ManuallyDrop::new(half) }) }
    }

    /// Runs `first`, and then or meanwhile `second`, which is listed.
    #[inline(always)]
    pub(super) fn join<A, RA>(local: &Local, first: A, second: B) -> (RA, R)
    where
        A: FnOnce() -> RA,
    {
        let node = &Self::new(second);
        node.push(local);
        local.count();
        let unwinding = Unwinding(node);
        let first = Kept::new(first());
        std::mem::forget(unwinding);
        if !node.pop(local) {
            let second = node.fetch(local);
            return (first.into_inner(), second);
        }
        // Meanwhile the first half may have taken so long that others have come to idle.
        local.count();
        // SAFETY: a half that was not given away is ours (F3), and nobody has moved it out.
        let half = unsafe { node.take() };
        let second = half();
        (first.into_inner(), second)
    }

    #[inline(always)]
    fn head(&self) -> *const Head {
        ptr::from_ref(self).cast()
    }

    #[inline(always)]
    fn push(&self, local: &Local) {
        let older = local.youngest.replace(self.head());
        self.head.older.set(older);
        // SAFETY: a reference wants a live node: it is listed, or the frame's root (F1, F5).
        let older = unsafe { &*older };
        older.younger.set(self.head());
        local.take_room();
    }

    /// Takes the node from the list; returns whether its half was not given away.
    #[inline(always)]
    fn pop(&self, local: &Local) -> bool {
        debug_assert_eq!(local.youngest.get(), self.head());
        local.youngest.set(self.head.older.get());
        let is_ours = local.given.get() != self.head();
        if is_ours {
            local.make_room();
        }
        is_ours
    }

    /// Moves the half out.
    ///
    /// # Safety
    ///
    /// - It is there, and the caller's.
    #[inline(always)]
    unsafe fn take(&self) -> B {
        self.half.with_mut(|half| {
            // SAFETY: a reference wants a live cell that nobody else uses (caller's duty).
            let half = unsafe { &mut *half };
            // SAFETY: the half is there (caller's duty), so the union holds it.
            let to_do = unsafe { &mut half.to_do };
            // SAFETY: it is taken once (caller's duty).
            unsafe { ManuallyDrop::take(to_do) }
        })
    }

    /// Comes to a half that was given away: runs it nevertheless, or waits for whoever does.
    #[cold]
    #[inline(never)]
    fn fetch(&self, local: &Local) -> R {
        // SAFETY: the node is the youngest that was given away, and was just popped.
        match unsafe { give::settle(local, &self.head) } {
            None => {
                // SAFETY: we have taken the offer, so the half is ours (F3).
                let half = unsafe { self.take() };
                half()
            }
            Some(panic) => {
                panic.resume();
                self.half.with(|half| {
                    // SAFETY: a reference wants a live cell that nobody writes: whoever ran the half has left (LEAVE).
                    let half = unsafe { &*half };
                    // SAFETY: it has run and did not panic, so the union holds what it returned.
                    let done = unsafe { &half.done };
                    // SAFETY: the result is moved out once: the node ends with this.
                    unsafe { ptr::read(&raw const **done) }
                })
            }
        }
    }

    /// Lets a half go whose first half has panicked: does not run it, or waits for whoever does.
    #[cold]
    #[inline(never)]
    fn give_up(&self, local: &Local) {
        let is_ours = self.pop(local) || {
            // SAFETY: the node is the youngest that was given away, and was just popped.
            let settled = unsafe { give::settle(local, &self.head) };
            match settled.map(|panic| panic.take_as_panic()) {
                None => true,
                Some(Some(payload)) => {
                    let_go(payload);
                    false
                }
                Some(None) => {
                    // SAFETY: as in `fetch`.
                    let done = self.half.with(|half| unsafe { ptr::read(half.cast::<R>()) });
                    quietly_drop(done);
                    false
                }
            }
        };
        if is_ours {
            // SAFETY: it was not given away, or we have taken the offer (F3).
            quietly_drop(unsafe { self.take() });
        }
    }

    /// Runs the half as one of the others.
    ///
    /// # Safety
    ///
    /// - `node` points to a live `Node<B, R>` that was given away.
    unsafe fn call(node: *const (), _: usize, _: Range<u32>) {
        // SAFETY: a reference wants a live node (caller's duty). The half behind it is sent to us and its result back, and
        // both are `Send`; of the rest we use what is meant for others.
        let node = unsafe { &*node.cast::<Self>() };
        // SAFETY: it is alive as long as the node is on its board (F4), and we are inside.
        let gift = unsafe { &*node.head.gift.get() };
        if !gift.offer.take() {
            return;
        }
        frame::with(|local| {
            gift.run(local, || {
                // SAFETY: we have taken the offer, so the half is ours (F3).
                let half = unsafe { node.take() };
                let done = ManuallyDrop::new(half());
                node.half.with_mut(|half| {
                    // SAFETY: `write` wants a valid cell that nobody else uses: it is ours until we leave (F3).
                    unsafe { half.write(Half { done }) }
                });
            });
        });
    }
}

/// Waits for the half, or lets it go, should the first unwind.
struct Unwinding<'a, B: FnOnce() -> R + Send, R: Send>(&'a Node<B, R>);

impl<B: FnOnce() -> R + Send, R: Send> Drop for Unwinding<'_, B, R> {
    fn drop(&mut self) {
        frame::with(|local| self.0.give_up(local));
    }
}
