//! Random choices, and the account of what became of tasks.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use ringmill::pool::Token;

/// Random numbers: SplitMix64.
#[derive(Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// What all who take part in a round write to.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) accepted: AtomicU64,
    pub(crate) full: AtomicU64,
    pub(crate) ran: AtomicU64,
    pub(crate) panicked: AtomicU64,
    /// Handles that said what became of their task, by what they said.
    pub(crate) said_ran: AtomicU64,
    pub(crate) said_unrun: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    /// Closures and results that exist.
    pub(crate) live: AtomicU64,
    pub(crate) is_killed: AtomicBool,
    /// Somebody mapped: that submits tasks of which nobody here knows.
    pub(crate) has_mapped: AtomicBool,
    pub(crate) may_map: AtomicBool,
    pub(crate) tokens: Mutex<Vec<Token>>,
    /// What went wrong, where no panic would be seen.
    pub(crate) wrong: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn wrong(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }
}

/// Something that is dropped once.
pub(crate) struct Counted(Arc<Ledger>);

impl Counted {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Self {
        ledger.live.fetch_add(1, SeqCst);
        Self(Arc::clone(ledger))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.0.live.fetch_sub(1, SeqCst) == 0 {
            self.0.wrong("something was dropped twice".into());
        }
    }
}

/// What a task returns. The drop of some panics.
pub(crate) struct Answer {
    pub(crate) _counted: Counted,
    pub(crate) is_bomb: bool,
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.is_bomb && !std::thread::panicking() {
            // Without the hook's words on the terminal.
            resume_unwind(Box::new("a result's drop"));
        }
    }
}

/// Drops what may panic as it is dropped.
pub(crate) fn drop_caught<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}
