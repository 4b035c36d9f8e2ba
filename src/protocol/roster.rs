//! Who is on duty: which threads of a pool take work, and which stand by.
//!
//! Threads have numbers from 1 on, and one word, the limit, says which of them are on duty: those whose number is not
//! above it. It is the number of workers, and one more for each thread that blocks inside a job; then a thread from
//! above takes its place. A thread that finds itself above the limit stands by in a room of its own, apart from the bed
//! of those who wait for work, so that no wake for work goes to it.
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
//! - R2: no thread stands by that is on duty: it announces itself in its room, looks at the limit again, and only then
//!   sleeps, against: raise the limit, then look into the rooms (the bed's SLEEP).
//! - R3 and R4, of the numbers, are the book's.
//! - Nothing rides on these words: what the work means comes by others.

use std::sync::PoisonError;

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;
use crate::sync::lock::{Mutex, MutexGuard};

use super::book::{Book, Counts, Hired, Successor};
use super::sleep::{Announced, Bed};

/// Some number that is wanted may have no thread.
const SHORT: u32 = 1;
/// No number has a thread, and none will get one.
const LOST: u32 = 2;

/// Who has work and who stands by.
#[derive(Debug)]
pub(crate) struct Roster {
    limit: AtomicU32,
    workers: AtomicU32,
    state: AtomicU32,
    /// Where each thread stands by, by its number less one.
    rooms: Box<[Bed]>,
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
            rooms: (0..threads).map(|_| Bed::new(Fences::symmetric())).collect(),
            book: Mutex::new(Book::new(workers, threads, most_blocked)),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
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

    /// Returns whether a number that is wanted may have no thread: then whoever counts on it hires.
    #[inline]
    pub(crate) fn is_short(&self) -> bool {
        self.state.load(Relaxed) & SHORT != 0
    }

    /// Returns whether there is no thread and will be none.
    #[inline]
    pub(crate) fn is_lost(&self) -> bool {
        self.state.load(Relaxed) & LOST != 0
    }

    /// Sets the limit to what the book says, and wakes those who come on duty.
    fn post_limit(&self, book: &Book) {
        let before = self.limit();
        let after = (self.workers() + book.blocked).min(self.threads());
        self.limit.store(after as u32, Relaxed);
        for room in self.rooms.iter().take(after).skip(before) {
            room.notify(1);
        }
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

    /// Says that the caller's place is wanted too, for work that the caller does not take part in.
    pub(crate) fn want_stand_in(&self) {
        self.book().is_stand_in_wanted = true;
    }

    /// Takes a number that is on duty and has no thread. If there is none, and the caller's place counts, the roster is no
    /// longer short.
    pub(crate) fn hire(&self) -> Option<Hired> {
        let mut book = self.book();
        let wanted = self.limit() - usize::from(!book.is_stand_in_wanted);
        let hired = book.hire(wanted);
        if hired.is_none() && book.is_stand_in_wanted {
            self.state.fetch_and(!SHORT, Relaxed);
        }
        hired
    }

    /// Gives a number back whose thread did not start. The roster stays short.
    pub(crate) fn give_back(&self, hired: Hired) {
        let mut book = self.book();
        book.give_back(hired);
        self.state.fetch_or(SHORT, Relaxed);
    }

    /// Says that the thread of this life is gone, and returns what is to be done for its number.
    pub(crate) fn died(&self, number: usize, life: u32) -> Successor {
        let mut book = self.book();
        let next = book.died(number, life);
        if next == Successor::GivenUp && book.counts().present == 0 {
            self.state.fetch_or(SHORT | LOST, Relaxed);
        }
        next
    }

    /// Returns whether the number has a thread, or is about to.
    pub(crate) fn is_taken(&self, number: usize) -> bool {
        self.book().is_taken(number)
    }

    /// Returns whether the number will have no thread any more.
    pub(crate) fn is_given_up(&self, number: usize) -> bool {
        self.book().is_given_up(number)
    }

    /// Says that the thread of this number has done something: it is none that dies at once.
    pub(crate) fn proved(&self, number: usize) {
        self.book().proved(number);
    }

    /// Opens the numbers again that were given up.
    pub(crate) fn mend(&self) {
        self.book().mend();
        self.state.store(SHORT, Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.book().counts()
    }

    /// Ends it: nobody is hired any more, and those who stand by leave. The bed was closed before.
    pub(crate) fn end(&self) {
        self.book().end();
        self.rooms.iter().for_each(Bed::close);
    }

    /// Returns where a thread stands by, or waits before it begins.
    pub(crate) fn room(&self, number: usize) -> &Bed {
        &self.rooms[number - 1]
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
            self.stand_by(number, is_called);
        }
    }

    fn stand_by(&self, number: usize, is_called: impl Fn() -> bool) {
        let room = self.room(number);
        loop {
            let announced = room.announce();
            if room.is_closed() || self.is_on_duty(number) || is_called() {
                let _ = room.stay_up(announced);
                return;
            }
            room.wait(announced);
        }
    }
}
