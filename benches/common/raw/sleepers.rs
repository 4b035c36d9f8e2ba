//! Threads that sleep on a word each until they are called: what the system takes to wake somebody, and nothing else.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;

use crate::common::clock::ticks;
use crate::common::cpus::{Line, current_cpu, leave_cpu, pin};

/// Told to a sleeper instead of a turn: that there will be no more.
const QUIT: u32 = u32::MAX;

/// How the caller waits for the answers.
#[derive(Clone, Copy, PartialEq)]
pub enum Caller {
    /// It looks all the time.
    Looks,
    /// It sleeps, and the last to answer wakes it.
    Sleeps,
}

/// Where the sleepers lie.
#[derive(Clone, Copy)]
pub enum Beds {
    /// Anywhere but on the caller's CPU.
    Elsewhere,
    /// The k-th on the k-th CPU, pinned.
    OneEach,
}

#[derive(Default)]
struct Sleeper {
    /// The turn that it was called for.
    call: Line,
    /// When it last woke, in ticks.
    woke: AtomicU64,
}

/// Sleepers that answer each call.
pub struct Sleepers<'a> {
    sleepers: &'a [Sleeper],
    /// How many have not answered yet.
    due: &'a Line,
    caller: Caller,
    turn: u32,
}

impl Sleepers<'_> {
    /// Starts `count` sleepers for the time of `measure`.
    pub fn with<R>(
        (count, beds): (usize, Beds),
        caller: Caller,
        measure: impl FnOnce(&mut Sleepers<'_>) -> R,
    ) -> R {
        let sleepers: Vec<_> = (0..count).map(|_| Sleeper::default()).collect();
        let due = Line(AtomicU32::new(count as u32));
        let callers = current_cpu();
        thread::scope(|scope| {
            for (k, sleeper) in sleepers.iter().enumerate() {
                let due = &due.0;
                scope.spawn(move || {
                    match beds {
                        Beds::Elsewhere => leave_cpu(callers),
                        Beds::OneEach => pin(k),
                    }
                    let mut turn = 0;
                    loop {
                        if due.fetch_sub(1, Ordering::AcqRel) == 1 && caller == Caller::Sleeps {
                            atomic_wait::wake_one(due);
                        }
                        while sleeper.call.0.load(Ordering::Acquire) == turn {
                            atomic_wait::wait(&sleeper.call.0, turn);
                        }
                        sleeper.woke.store(ticks(), Ordering::Relaxed);
                        turn = sleeper.call.0.load(Ordering::Acquire);
                        if turn == QUIT {
                            break;
                        }
                    }
                });
            }
            let mut called = Sleepers { sleepers: &sleepers, due: &due, caller, turn: 0 };
            called.wait();
            measure(&mut called)
        })
    }

    /// Wakes all and waits for their answers.
    #[inline]
    pub fn call(&mut self) {
        self.turn += 1;
        self.due.0.store(self.sleepers.len() as u32, Ordering::Relaxed);
        self.wake(self.turn);
        self.wait();
    }

    /// Wakes all, waits, and returns when the last woke, in ticks.
    pub fn call_and_see(&mut self) -> u64 {
        self.call();
        self.sleepers.iter().map(|sleeper| sleeper.woke.load(Ordering::Relaxed)).max().unwrap_or_default()
    }

    fn wake(&self, turn: u32) {
        for sleeper in self.sleepers {
            sleeper.call.0.store(turn, Ordering::Release);
            atomic_wait::wake_one(&sleeper.call.0);
        }
    }

    #[inline]
    fn wait(&self) {
        loop {
            let due = self.due.0.load(Ordering::Acquire);
            match self.caller {
                _ if due == 0 => break,
                Caller::Looks => spin_loop(),
                Caller::Sleeps => atomic_wait::wait(&self.due.0, due),
            }
        }
    }
}

impl Drop for Sleepers<'_> {
    fn drop(&mut self) {
        self.due.0.store(u32::MAX, Ordering::Relaxed);
        self.wake(QUIT);
    }
}
