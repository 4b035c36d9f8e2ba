//! Fork-join: one helper that never sleeps, on a CPU of its own, and three lines.
//!
//! What to do is fixed before, so that the lines carry go and done and nothing else. The helper lives only while a
//! sample is taken, for a spinning thread takes its CPU from every other row.

use std::hint::spin_loop;
use std::sync::atomic::Ordering;
use std::thread;

use crate::common::cpus::{Line, current_cpu, leave_cpu};

/// Told to the helper instead of a turn: that there will be no more.
const QUIT: u32 = u32::MAX;
/// What the helper has done before it runs at all.
const NOT_YET: u32 = u32::MAX;

/// A caller and a spinning helper that run `job` at once: the caller `job(0)`, the helper `job(1)`.
pub struct ForkJoin<'a, F> {
    go: &'a Line,
    done: &'a Line,
    job: &'a F,
    turn: u32,
}

impl<F: Fn(usize) + Sync> ForkJoin<'_, F> {
    /// Starts a helper for the time of `measure`.
    pub fn with<R>(job: F, measure: impl FnOnce(&mut ForkJoin<'_, F>) -> R) -> R {
        let (go, done) = (Line::default(), Line(NOT_YET.into()));
        let callers = current_cpu();
        thread::scope(|scope| {
            scope.spawn(|| {
                leave_cpu(callers);
                let mut turn = 0;
                done.0.store(turn, Ordering::Release);
                loop {
                    match go.0.load(Ordering::Acquire) {
                        QUIT => break,
                        next if next != turn => {
                            turn = next;
                            job(1);
                            done.0.store(turn, Ordering::Release);
                        }
                        _ => spin_loop(),
                    }
                }
            });
            while done.0.load(Ordering::Acquire) == NOT_YET {
                thread::yield_now();
            }
            measure(&mut ForkJoin { go: &go, done: &done, job: &job, turn: 0 })
        })
    }

    /// Runs the job once on both.
    #[inline]
    pub fn run(&mut self) {
        self.turn += 1;
        self.go.0.store(self.turn, Ordering::Release);
        (self.job)(0);
        while self.done.0.load(Ordering::Acquire) != self.turn {
            spin_loop();
        }
    }
}

impl<F> Drop for ForkJoin<'_, F> {
    fn drop(&mut self) {
        self.go.0.store(QUIT, Ordering::Release);
    }
}

/// Returns the two halves of a slice by number.
pub fn half<T>(values: &[T], k: usize) -> &[T] {
    let (first, second) = values.split_at(values.len() / 2);
    [first, second][k]
}
