//! Words that two processes have in common: a number that is its own flag, and a number with a word to sleep on.

#![allow(unsafe_code)]

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::thread::futex;

use crate::common::apart::{Common, Words};
use crate::common::ping_pong::{Receives, Sends};

/// A word on a line of its own.
#[derive(Default)]
#[repr(C, align(128))]
pub struct Flag(AtomicU64);

// SAFETY: an atomic word, of which zeros are a value.
unsafe impl Words for Flag {}

/// One end of a way on which both sides look all the time.
pub struct Word {
    flag: Arc<Common<Flag>>,
    last: u64,
}

/// Makes both ends.
pub fn word() -> (Word, Word) {
    let flag = Arc::new(Common::new());
    (Word { flag: Arc::clone(&flag), last: 0 }, Word { flag, last: 0 })
}

impl Sends for Word {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        // Zero is what the word says before the first number.
        self.flag.0.store(number + 1, Ordering::Release);
    }
}

impl Receives for Word {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        loop {
            let word = self.flag.0.load(Ordering::Acquire);
            if word != self.last {
                self.last = word;
                break word - 1;
            }
            spin_loop();
        }
    }
}

/// Set in the word while the receiver sleeps. The count of numbers sent is in the other bits.
const SLEEPING: u32 = 1 << 31;

/// A number, and beside it a word to sleep on.
#[derive(Default)]
#[repr(C, align(128))]
pub struct Line {
    word: AtomicU32,
    number: AtomicU64,
}

// SAFETY: atomic words, of which zeros are values.
unsafe impl Words for Line {}

/// One end of a way whose receiver sleeps after so many looks. After none, the sender always wakes.
pub struct Sleepy {
    line: Arc<Common<Line>>,
    looks: u32,
    count: u32,
}

/// Makes both ends.
pub fn sleepy(looks: u32) -> (Sleepy, Sleepy) {
    let line = Arc::new(Common::new());
    (Sleepy { line: Arc::clone(&line), looks, count: 0 }, Sleepy { line, looks, count: 0 })
}

impl Sends for Sleepy {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let Line { word, number: place } = &**self.line;
        place.store(number, Ordering::Relaxed);
        self.count = (self.count + 1) & !SLEEPING;
        // One instruction stores and asks, so that nothing can come between.
        let before = word.swap(self.count, Ordering::AcqRel);
        if self.looks == 0 || before & SLEEPING != 0 {
            let _ = futex::wake(word, futex::Flags::empty(), 1);
        }
    }
}

impl Sleepy {
    #[inline(always)]
    fn has_come(&self) -> bool {
        self.line.word.load(Ordering::Acquire) & !SLEEPING != self.count
    }

    fn sleep(&self) {
        let word = &self.line.word;
        while !self.has_come() {
            let mut asleep = self.count;
            if self.looks > 0 {
                asleep |= SLEEPING;
                // Already said so, if it woke for nothing.
                let _ = word.compare_exchange(self.count, asleep, Ordering::AcqRel, Ordering::Relaxed);
            }
            let _ = futex::wait(word, futex::Flags::empty(), asleep, None);
        }
    }
}

impl Receives for Sleepy {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        for _ in 0..self.looks {
            if self.has_come() {
                break;
            }
            spin_loop();
        }
        // Returns at once if it has come.
        self.sleep();
        self.count = (self.count + 1) & !SLEEPING;
        self.line.number.load(Ordering::Relaxed)
    }
}
