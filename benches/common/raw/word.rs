//! A number and a word on one line: the word counts the numbers sent, and the receiver sleeps on it.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::yield_now;

use crate::common::ping_pong::{Receives, Sends};

/// How the receiver waits, and what the sender must do about it.
#[derive(Clone, Copy)]
pub enum Wait {
    /// It looks as often as said, and then sleeps; before, it says so in the word.
    SleepsAfter(u32),
    /// It lets other threads run as often as said, and then sleeps as above.
    YieldsThenSleeps(u32),
    /// It sleeps at once. The sender always wakes.
    Sleeps,
}

/// Set in the word while the receiver sleeps. The count is in the other bits.
const SLEEPING: u32 = 1 << 31;

#[derive(Default)]
#[repr(align(128))]
struct Shared {
    word: AtomicU32,
    number: AtomicU64,
}

/// Makes a way from one thread to another for one number at a time.
pub fn way(wait: Wait) -> (Sender, Receiver) {
    let shared = Arc::new(Shared::default());
    (Sender { shared: Arc::clone(&shared), wait, count: 0 }, Receiver { shared, wait, count: 0 })
}

/// The end that sends.
pub struct Sender {
    shared: Arc<Shared>,
    wait: Wait,
    count: u32,
}

impl Sends for Sender {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let Shared { word, number: place } = &*self.shared;
        place.store(number, Ordering::Relaxed);
        self.count = (self.count + 1) & !SLEEPING;
        match self.wait {
            Wait::SleepsAfter(_) | Wait::YieldsThenSleeps(_) => {
                // One instruction stores and asks, so that nothing can come between.
                if word.swap(self.count, Ordering::AcqRel) & SLEEPING != 0 {
                    atomic_wait::wake_one(word);
                }
            }
            Wait::Sleeps => {
                word.store(self.count, Ordering::Release);
                atomic_wait::wake_one(word);
            }
        }
    }
}

/// The end that receives.
pub struct Receiver {
    shared: Arc<Shared>,
    wait: Wait,
    count: u32,
}

impl Receiver {
    #[inline(always)]
    fn has_come(&self) -> bool {
        self.shared.word.load(Ordering::Acquire) & !SLEEPING != self.count
    }

    #[inline(always)]
    fn sleep(&self) {
        let word = &self.shared.word;
        while !self.has_come() {
            let asleep = match self.wait {
                Wait::Sleeps => self.count,
                Wait::SleepsAfter(_) | Wait::YieldsThenSleeps(_) => {
                    // Already said so, if it woke for nothing.
                    let _ = word.compare_exchange(
                        self.count,
                        self.count | SLEEPING,
                        Ordering::AcqRel,
                        Ordering::Relaxed,
                    );
                    self.count | SLEEPING
                }
            };
            atomic_wait::wait(word, asleep);
        }
    }
}

impl Receives for Receiver {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        let (looks, pause): (_, fn()) = match self.wait {
            Wait::SleepsAfter(looks) => (looks, spin_loop),
            Wait::YieldsThenSleeps(looks) => (looks, yield_now),
            Wait::Sleeps => (0, spin_loop),
        };
        for _ in 0..looks {
            if self.has_come() {
                break;
            }
            pause();
        }
        // Returns at once if it has come.
        self.sleep();
        self.count = (self.count + 1) & !SLEEPING;
        self.shared.number.load(Ordering::Relaxed)
    }
}
