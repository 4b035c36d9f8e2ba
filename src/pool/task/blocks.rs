//! Memory for tasks: blocks of one size that go back to the thread that allocated them.
//!
//! A task is made by one thread and dropped by another. The system's allocator takes a lock for that, which both then wait
//! for: it halves the rate of a pool (docs/performance.md). So a thread keeps the blocks that its tasks have left, and
//! another puts a block on the owner's stack (`protocol/returns.rs`). A thread that ends leaves its stack to the next that
//! begins to submit, so there are as many stacks as threads ever submitted at a time.
//!
//! The lines of a block were last written on the other side. So a thread has one block in its hand, whose lines it asked for
//! when it took the one before: they come while that one's task is on its way. And what it gives back itself it notes down
//! elsewhere, for to write into the block is to wait for its line.
//!
//! - B1: a block is in use, or in one stash or on one stack, never in two places: `take` moves it out, `give_back` in.
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
pub(super) const LAYOUT: Layout = match Layout::from_size_align(256, 128) {
    Ok(layout) => layout,
    Err(_) => panic!("64 is a power of two"),
};

/// Blocks that a thread keeps of those that it gives back itself: 3 MiB of them. Those that others give back to it are kept
/// until it ends, as many as were out at a time.
const MOST_KEPT: usize = 16_384;

/// Blocks that are noted down instead of linked.
const NOTES: usize = 8;

/// Where the blocks of a thread come back to. Lives for ever.
#[derive(Debug)]
pub(crate) struct Home(CachePadded<Returns>);

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
    /// The next to be used; its lines are on their way.
    in_hand: Cell<*mut u8>,
    /// Some that were given back here, as many as `noted`.
    notes: [Cell<*mut u8>; NOTES],
    noted: Cell<usize>,
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
    let block = STASH.try_with(|stash| (stash.take(), Some(stash.home)));
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
    let is_ours = STASH.try_with(|stash| {
        if !ptr::eq(stash.home, home) {
            return false;
        }
        // SAFETY: the block is the caller's, and nobody uses it.
        unsafe { stash.put(block) };
        true
    });
    if is_ours != Ok(true) {
        let link = block.cast::<Link>();
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
        let none = || Cell::new(ptr::null_mut());
        let notes = [(); NOTES].map(|()| none());
        Self {
            home,
            in_hand: none(),
            notes,
            noted: Cell::new(0),
            first: Cell::new(ptr::null_mut()),
            count: Cell::new(0),
        }
    }

    /// Takes the block in hand, and the next into the hand.
    #[inline]
    fn take(&self) -> NonNull<u8> {
        let next = self.next();
        prefetch::for_write(next.as_ptr());
        prefetch::for_write(next.as_ptr().wrapping_add(128));
        let block = NonNull::new(self.in_hand.replace(next.as_ptr()));
        block.unwrap_or_else(from_system)
    }

    /// Takes a block that was given back, or one of the system's.
    #[inline]
    fn next(&self) -> NonNull<u8> {
        let noted = self.noted.get();
        if let Some(place) = noted.checked_sub(1)
            && let Some(block) = NonNull::new(self.notes[place].get())
        {
            self.noted.set(place);
            return block;
        }
        self.unlink().unwrap_or_else(from_system)
    }

    /// Takes a block of the chain, if any is left or has come home.
    #[inline]
    fn unlink(&self) -> Option<NonNull<u8>> {
        let mut first = self.first.get();
        if first.is_null() {
            first = self.collect();
        }
        let link = NonNull::new(first)?;
        // SAFETY: a link of ours is valid (B1).
        let next = unsafe { link.as_ref() }.next();
        prefetch::for_write(next);
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
    unsafe fn put(&self, block: NonNull<u8>) {
        let noted = self.noted.get();
        if let Some(note) = self.notes.get(noted) {
            note.set(block.as_ptr());
            self.noted.set(noted + 1);
            return;
        }
        if self.count.get() >= MOST_KEPT {
            // SAFETY: the caller's duty.
            return unsafe { to_system(block) };
        }
        let link = block.cast::<Link>();
        // SAFETY: valid for writes, aligned, long enough (B2), and nobody else's.
        unsafe { link.write(Link::to(self.first.get())) };
        self.first.set(link.as_ptr());
        self.count.set(self.count.get() + 1);
    }
}

impl Drop for Stash {
    fn drop(&mut self) {
        let notes = self.notes.iter().take(self.noted.get());
        for block in notes.chain([&self.in_hand]).filter_map(|block| NonNull::new(block.get())) {
            // SAFETY: a block of ours that nobody uses (B1).
            unsafe { to_system(block) };
        }
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
    fn blocks_come_back_to_the_thread_that_took_them() {
        const BLOCKS: usize = 2 * NOTES;
        let addresses = |blocks: &[(NonNull<u8>, Option<&'static Home>)]| {
            let mut addresses: Vec<_> = blocks.iter().map(|(block, _)| block.as_ptr() as usize).collect();
            addresses.sort_unstable();
            addresses
        };
        let take_all = || -> Vec<_> { (0..BLOCKS).map(|_| take()).collect() };
        std::thread::spawn(move || {
            let first = take_all();
            let (mine, others) = first.split_at(BLOCKS / 2);
            let addresses_of_others = addresses(others);
            let home = first[0].1;
            std::thread::spawn(move || {
                for address in addresses_of_others {
                    let block = NonNull::new(address as *mut u8).unwrap();
                    // SAFETY: it came with this home, and the other thread uses it no longer.
                    unsafe { give_back(block, home) };
                }
            })
            .join()
            .unwrap();
            for &(block, home) in mine {
                // SAFETY: it came with this home, and nobody uses it.
                unsafe { give_back(block, home) };
            }
            // One more, which the thread had in its hand.
            let again: Vec<_> = take_all().into_iter().chain([take()]).collect();
            let (first, again) = (addresses(&first), addresses(&again));
            assert!(again.windows(2).all(|pair| pair[0] != pair[1]), "a block is in two places");
            assert!(first.iter().all(|block| again.contains(block)), "a block is lost");
        })
        .join()
        .unwrap();
    }
}
