//! How long does a process take to answer another, by way of a gate that they share?
//!
//! Unit: ns for a number to go to the other process and come back; the median, and what 99 of a hundred are below. CPUs: two,
//! a process pinned on each. "After 200 us": the asker looks at the clock for so long before each trip, so that the other
//! side falls asleep. The gate is no part of the library's face, so it is compiled here from the library's own files; the way
//! is a word and a gate. Excluded: making the processes and their memory. LIMIT is the same without the gate, by hand.

#![allow(unsafe_code)]

// The library's own files, of which a part is used here.
#[allow(dead_code, unreachable_pub)]
#[path = "../src/error.rs"]
mod error;
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../src/memory/mod.rs"]
mod memory;
#[allow(dead_code, unused_imports)]
#[path = "../src/protocol/mod.rs"]
mod protocol;
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "gate/ring.rs"]
mod ring;
#[allow(dead_code, unused_imports)]
#[path = "../src/sync/mod.rs"]
mod sync;
#[allow(dead_code, unused_imports)]
#[path = "../src/sys/mod.rs"]
mod sys;

#[path = "common/mod.rs"]
mod common;

#[cfg(target_os = "linux")]
mod between {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::common::Table;
    use crate::common::apart::{Common, Words, ping_pong_apart};
    use crate::common::ping_pong::{Conditions, Receives, Sends, sides};
    use crate::common::raw::apart::{sleepy, word};
    use crate::memory::placed::Placed;
    use crate::ring::Waiting;
    use crate::ring::gate::{Gate, GateWords};

    const COLUMNS: [&str; 2] = ["median", "99 of 100"];

    /// A word, and the words of a gate, on a line each.
    #[repr(C)]
    pub(crate) struct Meeting {
        gate: GateWords,
        word: Line,
    }

    #[repr(C, align(128))]
    struct Line(AtomicU64);

    // SAFETY: atomic words, of which zeros are values.
    unsafe impl Words for Meeting {}

    struct Gated {
        gate: Gate,
        meeting: Arc<Common<Meeting>>,
        last: u64,
    }

    fn gated(waiting: Waiting) -> (Gated, Gated) {
        let meeting = Arc::new(Common::<Meeting>::new());
        let gate = || {
            // SAFETY: the gate's words come first in pages that are mapped as long as the meeting is kept, which is beside the
            // gate; they are atomic words, and nobody accesses them in another way.
            let words = unsafe { Placed::find(meeting.first().cast::<GateWords>(), 1) };
            Gate::shared(words, waiting, Arc::new(()), || ())
        };
        let side = |gate| Gated { gate, meeting: Arc::clone(&meeting), last: 0 };
        (side(gate()), side(gate()))
    }

    impl Sends for Gated {
        #[inline(always)]
        fn send(&mut self, number: u64) {
            // Zero is what the word says before the first number.
            self.meeting.word.0.store(number + 1, Ordering::Release);
            self.gate.notify(1);
        }
    }

    impl Receives for Gated {
        #[inline(always)]
        fn receive(&mut self) -> u64 {
            let (word, last) = (&self.meeting.word.0, self.last);
            let changed = || Some(word.load(Ordering::Acquire)).filter(|&word| word != last);
            // There is no deadline, so there is something.
            self.last = self.gate.wait(None, changed).unwrap_or(last);
            self.last - 1
        }
    }

    pub(crate) fn measure() {
        // Asked for once, before there are children.
        drop(gated(Waiting::Balanced));
        let how = Conditions::HOT;
        Table::with_columns("there and back between processes, both spin, ns", &COLUMNS)
            .row_of("LIMIT a word by hand", move || ping_pong_apart(how, sides(word)))
            .row_of("a word and a gate, Latency", move || {
                ping_pong_apart(how, sides(|| gated(Waiting::Latency)))
            })
            .measure();
        let looks = ("shared futex after 4000 looks, by hand", 4000);
        let sleeps = ("shared futex at once, by hand", 0);
        for (title, how, limits) in [
            ("there and back between processes, hot, ns", Conditions::HOT, [looks, sleeps]),
            ("there and back between processes, after 200 us, ns", Conditions::ASLEEP, [sleeps, looks]),
        ] {
            let mut table = Table::with_columns(title, &COLUMNS);
            for (k, (name, looks)) in limits.into_iter().enumerate() {
                let limit = if k == 0 { "LIMIT " } else { "" };
                table = table
                    .row_of(format!("{limit}{name}"), move || ping_pong_apart(how, sides(|| sleepy(looks))));
            }
            for waiting in [Waiting::Balanced, Waiting::Latency, Waiting::IdleZero] {
                table = table.row_of(format!("a word and a gate, {waiting:?}"), move || {
                    ping_pong_apart(how, sides(|| gated(waiting)))
                });
            }
            table.measure();
        }
    }
}

#[cfg(target_os = "linux")]
fn main() {
    between::measure();
}

#[cfg(not(target_os = "linux"))]
fn main() {}
