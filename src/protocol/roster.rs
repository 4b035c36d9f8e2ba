//! Who is on duty: which threads of a pool take work, and which stand by.
//!
//! Threads have numbers from 1 on, and one word, the limit, says which of them are on duty: those whose number is not
//! above it. It is the number of workers, and one more for each thread that blocks inside a job; then a thread from
//! above takes its place. A thread that finds itself above the limit stands by in a room of its own (`rooms.rs`).
//!
//! ```text
//! limit = min(workers + blocked, threads)
//! on duty --limit falls--> (wakes another) stands by --limit rises--> on duty
//! ```
//! Changes are rare and happen under a lock (`book`). What threads ask all the time, the limit, is a word.
//!
//! - R1: no wake for work is lost to a thread that goes off duty. It may have been counted in the bed, or have looked
//!   around while others relied on that; so when it has left both it wakes another (PASS ON), and it looks for common work
//!   no more before it is on duty.
//! - R2, of those who stand by, is the rooms': the limit is raised first, and then they are looked into.
//! - R3 and R4, of the numbers and their threads, are the book's (`staff.rs`, `book.rs`).
//! - Nothing rides on these words: what the work means comes by others.

use std::sync::PoisonError;

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::lock::{Mutex, MutexGuard};

use super::book::Book;
use super::rooms::Rooms;
use super::sleep::{Announced, Bed};
use super::staff::SHORT;

/// Who has work and who stands by.
#[derive(Debug)]
pub(crate) struct Roster {
    limit: AtomicU32,
    workers: AtomicU32,
    /// Bits of `staff.rs`.
    pub(super) state: AtomicU32,
    /// Where each thread stands by.
    rooms: Rooms,
    book: Mutex<Book>,
}

/// The token of a thread that has left its place to another while it blocks.
#[derive(Debug)]
#[must_use = "the limit stays raised until the thread is back"]
pub(crate) struct Blocked(());

impl Roster {
    /// Makes the roster of `workers` workers, for at most `threads` threads, `most_blocked` of which are spare.
    pub(crate) fn new(workers: usize, threads: usize, most_blocked: usize) -> Self {
        Self {
            limit: AtomicU32::new(workers as u32),
            workers: AtomicU32::new(workers as u32),
            state: AtomicU32::new(SHORT),
            rooms: Rooms::new(threads),
            book: Mutex::new(Book::new(workers, threads, most_blocked)),
        }
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing under the lock panics.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many threads there can be.
    pub(crate) fn threads(&self) -> usize {
        self.rooms.len()
    }

    /// Returns how many workers there are, the calling thread included.
    #[inline]
    pub(crate) fn workers(&self) -> usize {
        // ORDERING: Relaxed, here and for all words below; nothing rides on them. The rooms' SLEEP orders the limit for
        // those who stand by (R2). Model: loom-tests/roster.rs.
        self.workers.load(Relaxed) as usize
    }

    /// Returns the highest number that is on duty.
    #[inline]
    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Relaxed) as usize
    }

    #[inline]
    pub(crate) fn is_on_duty(&self, number: usize) -> bool {
        number <= self.limit()
    }

    /// Sets the limit to what the book says, and wakes those who come on duty.
    fn post_limit(&self, book: &Book) {
        let before = self.limit();
        let after = (self.workers() + book.blocked).min(self.threads());
        self.limit.store(after as u32, Relaxed);
        self.rooms.call_out(before..after);
    }

    fn settle(&self, book: &Book) {
        if book.musters == 0 {
            self.workers.store(book.asked as u32, Relaxed);
        }
        self.post_limit(book);
    }

    /// Changes the number of workers, at once or when the last muster is over.
    pub(crate) fn resize(&self, workers: usize) {
        let mut book = self.book();
        book.asked = workers;
        self.settle(&book);
    }

    /// Holds the number of workers, so that each of them can be waited for, and returns it; or the number of the first that
    /// has no thread.
    pub(crate) fn muster(&self) -> Result<usize, usize> {
        let mut book = self.book();
        match book.missing(self.workers() - 1) {
            Some(number) => Err(number),
            None => {
                book.musters += 1;
                Ok(self.workers())
            }
        }
    }

    /// Lets go of the number that `muster` held.
    pub(crate) fn dismiss(&self) {
        let mut book = self.book();
        book.musters -= 1;
        self.settle(&book);
    }

    /// Leaves a place to another thread, if there can be one more.
    pub(crate) fn block(&self) -> Option<Blocked> {
        let mut book = self.book();
        (book.blocked < book.most_blocked).then(|| {
            book.blocked += 1;
            self.post_limit(&book);
            Blocked(())
        })
    }

    /// Takes the place back.
    pub(crate) fn unblock(&self, token: Blocked) {
        let Blocked(()) = token;
        let mut book = self.book();
        book.blocked -= 1;
        self.post_limit(&book);
    }

    /// Takes the place back of a thread that is gone, and its token with it.
    pub(crate) fn unblock_lost(&self) {
        self.unblock(Blocked(()));
    }

    /// Ends it: nobody is hired any more, and those who stand by leave. The bed was closed before.
    pub(crate) fn end(&self) {
        self.book().end();
        self.rooms.close();
    }

    /// Returns where a thread stands by, or waits before it begins.
    pub(crate) fn room(&self, number: usize) -> &Bed {
        self.rooms.room(number)
    }

    /// Sleeps until there may be something to do: in the bed while on duty, and then in the thread's room until it is on
    /// duty again. `is_wanted` looks for any work, `wait` waits in the bed, `is_called` looks for work that no other thread
    /// does, whose poster looks into the room too.
    pub(crate) fn sleep(
        &self,
        bed: &Bed,
        number: usize,
        is_wanted: impl FnOnce() -> bool,
        wait: impl FnOnce(Announced),
        is_called: impl Fn() -> bool,
    ) {
        let announced = bed.announce();
        if bed.is_closed() || !self.is_on_duty(number) || is_wanted() {
            let _ = bed.stay_up(announced);
        } else {
            wait(announced);
        }
        if !self.is_on_duty(number) {
            // R1, PASS ON. We are counted in the bed no longer, so it is another that this wakes.
            bed.notify(1);
            self.rooms.stand_by(number, || self.is_on_duty(number), is_called);
        }
    }
}
