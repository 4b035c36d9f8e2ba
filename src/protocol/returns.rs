//! Blocks of memory that come home: given back by any thread, taken by the one that they belong to.
//!
//! Who frees what another thread allocated makes both wait for each other in the system's allocator. Here the one puts the
//! block on a stack, and the other takes the whole stack when it has no block left: an exchange for each block on the one
//! side, one for many blocks on the other.
//!
//! ```text
//! top --> block --> block --> none      put: next = top; top = block, by exchange      take_all: top = none
//! ```
//! - X1: a block on the stack is nobody's; who takes all has them all to itself. So no block comes back to the top while
//!   somebody still holds it for one that is there, and the exchange of `put` compares what it means to compare.
//! - HOME: `put` to `take_all`, carries the end of the block's last use, and its link.

#![allow(unsafe_code)]

use std::ptr::{self, NonNull};

use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicPtr, Ordering};

use Ordering::{Acquire, Relaxed, Release};

/// What a block is while nobody uses it.
#[derive(Debug)]
pub(crate) struct Link {
    next: UnsafeCell<*mut Link>,
}

impl Link {
    /// Makes a link to what comes after it, or to nothing.
    pub(crate) fn to(next: *mut Self) -> Self {
        Self { next: UnsafeCell::new(next) }
    }

    /// Returns what comes after it.
    pub(crate) fn next(&self) -> *mut Self {
        self.next.with(|next| {
            // SAFETY: valid. A link is written by `put` before it is on the stack, and read after `take_all` (X1).
            unsafe { *next }
        })
    }
}

/// The blocks that came home.
#[derive(Debug)]
pub(crate) struct Returns {
    top: AtomicPtr<Link>,
}

impl Returns {
    pub(crate) fn new() -> Self {
        Self { top: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// - `block` is a valid link that is the caller's alone, and stays valid until somebody takes it.
    pub(crate) unsafe fn put(&self, block: NonNull<Link>) {
        // ORDERING: Relaxed; the exchange confirms it.
        let mut top = self.top.load(Relaxed);
        loop {
            // SAFETY: valid and the caller's alone (caller's duty).
            let link = unsafe { block.as_ref() };
            link.next.with_mut(|next| {
                // SAFETY: as above; nobody reads it before it is on the stack.
                unsafe { *next = top };
            });
            // ORDERING: HOME, release side; later puts go on with the release sequence. Model: loom-tests/returns.rs.
            match self.top.compare_exchange_weak(top, block.as_ptr(), Release, Relaxed) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }

    /// Takes all blocks: the first, which links to the others; null if there are none.
    pub(crate) fn take_all(&self) -> *mut Link {
        // ORDERING: HOME, acquire side.
        self.top.swap(ptr::null_mut(), Acquire)
    }
}
