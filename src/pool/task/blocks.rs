//! Memory for tasks: blocks of one size that go back to the thread that allocated them.
//!
//! A task is made by one thread and dropped by another. The system's allocator takes a lock for that, which both then wait
//! for: it halves the rate of a pool (docs/performance.md). So a thread keeps the blocks that its tasks have left, and
//! another puts a block on the owner's stack (`protocol/returns.rs`). A thread that ends leaves its stack to the next that
//! begins to submit, so there are as many stacks as threads ever submitted at a time.
//!
//! - B1: a block is in use, or on one stash or stack, never in two places: `take` moves it out, `give_back` in.
//! - B2: blocks are made and freed with `LAYOUT`, and are long enough for a `Link`.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, TryLockError};

use crossbeam_utils::CachePadded;

use crate::protocol::returns::{Link, Returns};
use crate::sync::thread;
use crate::sys::prefetch;

/// Three lines: one for who waits, two for who runs.
pub(super) const LAYOUT: Layout = match Layout::from_size_align(192, 64) {
    Ok(layout) => layout,
    Err(_) => panic!("64 is a power of two"),
};

/// Blocks that a thread keeps of those that it gives back itself: 3 MiB of them. Those that others give back to it are kept
/// until it ends, as many as were out at a time.
const MOST_KEPT: usize = 16_384;

/// Where the blocks of a thread come back to. Lives for ever.
#[derive(Debug)]
pub(super) struct Home(CachePadded<Returns>);

/// Homes whose threads have ended.
static VACANT: Mutex<Vec<&'static Home>> = Mutex::new(Vec::new());

/// Returns the homes whose threads have ended; none if somebody else has them for long. That may be a thread that a fork left
/// behind, with the lock held in the child for ever; without them a home more is made, or one less is used again.
fn vacant() -> Option<MutexGuard<'static, Vec<&'static Home>>> {
    for _ in 0..1000 {
        match VACANT.try_lock() {
            Ok(homes) => return Some(homes),
            Err(TryLockError::Poisoned(homes)) => return Some(homes.into_inner()),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    None
}

/// A thread's blocks that nobody uses.
#[derive(Debug)]
struct Stash {
    home: &'static Home,
    first: Cell<*mut Link>,
    count: Cell<usize>,
}

thread_local! {
    static STASH: Stash = Stash::new();
}

/// Returns a block, and the home that it has to be given back to. Both are nobody else's.
#[inline]
pub(super) fn take() -> (NonNull<u8>, Option<&'static Home>) {
    // A thread that is past its end has no stash.
    let block = STASH.try_with(|stash| (stash.take().unwrap_or_else(from_system), Some(stash.home)));
    block.unwrap_or_else(|_| (from_system(), None))
}

/// Gives a block back that came with this home.
///
/// # Safety
///
/// - The block came from `take` with this home, and is no longer used.
#[inline]
pub(super) unsafe fn give_back(block: NonNull<u8>, home: Option<&'static Home>) {
    let Some(home) = home else {
        // SAFETY: the caller's duty.
        return unsafe { to_system(block) };
    };
    let link = block.cast::<Link>();
    let is_ours = STASH.try_with(|stash| {
        if !ptr::eq(stash.home, home) {
            return false;
        }
        // SAFETY: the block is the caller's, and nobody uses it.
        unsafe { stash.put(link) };
        true
    });
    if is_ours != Ok(true) {
        // SAFETY: valid for writes, aligned, long enough (B2), and nobody else's.
        unsafe { link.write(Link::to(ptr::null_mut())) };
        // SAFETY: a valid link now, and given away by its only user.
        unsafe { home.0.put(link) };
    }
}

impl Stash {
    fn new() -> Self {
        let vacant = vacant().and_then(|mut homes| homes.pop());
        let home = vacant.unwrap_or_else(|| Box::leak(Box::new(Home(CachePadded::new(Returns::new())))));
        Self { home, first: Cell::new(ptr::null_mut()), count: Cell::new(0) }
    }

    /// Takes a block, if any is left or has come home.
    #[inline]
    fn take(&self) -> Option<NonNull<u8>> {
        let mut first = self.first.get();
        if first.is_null() {
            first = self.collect();
        }
        let link = NonNull::new(first)?;
        // SAFETY: a link of ours is valid (B1).
        let next = unsafe { link.as_ref() }.next();
        prefetch::for_write(next);
        prefetch::for_write(next.wrapping_byte_add(64));
        self.first.set(next);
        self.count.set(self.count.get().saturating_sub(1));
        Some(link.cast())
    }

    /// Takes what has come home; returns the first of it.
    #[cold]
    fn collect(&self) -> *mut Link {
        self.count.set(0);
        self.home.0.take_all()
    }

    /// Keeps a block, or gives it to the system if there are many.
    ///
    /// # Safety
    ///
    /// - The block is the caller's, and nobody uses it.
    #[inline]
    unsafe fn put(&self, link: NonNull<Link>) {
        if self.count.get() >= MOST_KEPT {
            // SAFETY: the caller's duty.
            return unsafe { to_system(link.cast()) };
        }
        // SAFETY: valid for writes, aligned, long enough (B2), and nobody else's.
        unsafe { link.write(Link::to(self.first.get())) };
        self.first.set(link.as_ptr());
        self.count.set(self.count.get() + 1);
    }
}

impl Drop for Stash {
    fn drop(&mut self) {
        for chain in [self.first.get(), self.home.0.take_all()] {
            let mut next = chain;
            while let Some(link) = NonNull::new(next) {
                // SAFETY: a link of ours is valid (B1).
                next = unsafe { link.as_ref() }.next();
                // SAFETY: it is out of the chain, and nobody uses it.
                unsafe { to_system(link.cast()) };
            }
        }
        if let Some(mut homes) = vacant() {
            homes.push(self.home);
        }
    }
}

#[cold]
fn from_system() -> NonNull<u8> {
    // SAFETY: the layout has a size.
    let block = unsafe { alloc(LAYOUT) };
    NonNull::new(block).unwrap_or_else(|| handle_alloc_error(LAYOUT))
}

/// Frees a block.
///
/// # Safety
///
/// - The block came from `take`, and nobody uses it.
#[cold]
unsafe fn to_system(block: NonNull<u8>) {
    // SAFETY: `from_system` allocated it with the same layout (B2); nobody uses it (caller's duty).
    unsafe { dealloc(block.as_ptr(), LAYOUT) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_to_the_thread_that_took_it() {
        std::thread::spawn(|| {
            let (block, home) = take();
            let address = block.as_ptr() as usize;
            std::thread::spawn(move || {
                let block = NonNull::new(address as *mut u8).unwrap();
                // SAFETY: it came with this home, and the other thread uses it no longer.
                unsafe { give_back(block, home) };
            })
            .join()
            .unwrap();
            let (again, _) = take();
            assert_eq!(again, block);
            // SAFETY: as above.
            unsafe { give_back(again, home) };
            let (once_more, _) = take();
            assert_eq!(once_more, block);
            // SAFETY: as above.
            unsafe { give_back(once_more, home) };
        })
        .join()
        .unwrap();
    }
}
