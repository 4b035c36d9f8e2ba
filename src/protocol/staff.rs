//! The threads that the numbers of a roster have: hired, dead, given up.
//!
//! What each number has stands in the book, under the roster's lock. Two bits beside it say without the lock what is asked
//! all the time: whether somebody may have to be hired, and whether there is nobody and never will be. Nothing rides on
//! them.

use super::book::{Counts, Hired, Successor};
use super::roster::Roster;
use crate::sync::atomic::Ordering::Relaxed;

/// Some number that is wanted may have no thread.
pub(super) const SHORT: u32 = 1;
/// No number has a thread, and none will get one.
const LOST: u32 = 2;

impl Roster {
    /// Returns whether a number that is wanted may have no thread: then whoever counts on it hires.
    #[inline]
    pub(crate) fn is_short(&self) -> bool {
        // ORDERING: Relaxed, here and below; the bits are hints, and nothing rides on them. What is decided by way of them
        // is decided by the book, under its lock. Model: loom-tests/roster.rs.
        self.state.load(Relaxed) & SHORT != 0
    }

    /// Returns whether there is no thread and will be none.
    #[inline]
    pub(crate) fn is_lost(&self) -> bool {
        self.state.load(Relaxed) & LOST != 0
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
}
