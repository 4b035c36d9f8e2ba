//! A number in a word, and nothing else: both sides look until the other's has changed.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::ping_pong::{Receives, Sends, Side};

/// Two words, each with a line to itself or both on the first.
#[derive(Default)]
#[repr(align(128))]
struct Words([[AtomicU64; 16]; 2]);

impl Words {
    #[inline(always)]
    fn word(&self, place: [usize; 2]) -> &AtomicU64 {
        &self.0[place[0]][place[1]]
    }
}

/// Makes both sides of a way there and a way back, on a line each or on one.
pub fn sides(lines: usize) -> (Side<Word, Word>, Side<Word, Word>) {
    let words = Arc::new(Words::default());
    let word = |place| Word { words: Arc::clone(&words), place, last: 0 };
    let (there, back) = ([0, 0], if lines == 1 { [0, 1] } else { [1, 0] });
    (Side(word(there), word(back)), Side(word(back), word(there)))
}

/// One end of a way.
pub struct Word {
    words: Arc<Words>,
    place: [usize; 2],
    last: u64,
}

impl Sends for Word {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        // Zero is what a word says before the first number.
        self.words.word(self.place).store(number + 1, Ordering::Release);
    }
}

impl Receives for Word {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        loop {
            let word = self.words.word(self.place).load(Ordering::Acquire);
            if word != self.last {
                self.last = word;
                break word - 1;
            }
            spin_loop();
        }
    }
}
