//! The limits: minimal programs by hand that do one thing.
//!
//! The fork-join is one helper that never sleeps, on a CPU of its own, and three lines: what to do is fixed before,
//! so that the lines carry go and done and nothing else. Its helper lives only while a sample is taken, for a spinning
//! thread takes its CPU from every other row.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

/// A word with a cache line, and its neighbour that the prefetcher fetches along, to itself.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU32);

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
        let (go, done) = (Line::default(), Line(AtomicU32::new(NOT_YET)));
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

/// Returns how long a cache line takes from one CPU to another and back, or none with one CPU.
pub fn line_trip_ns() -> Option<f64> {
    const TRIPS: u32 = 2_000;
    if thread::available_parallelism().is_ok_and(|cpus| cpus.get() < 2) {
        return None;
    }
    let word = Line::default();
    let callers = current_cpu();
    Some(thread::scope(|scope| {
        scope.spawn(|| {
            leave_cpu(callers);
            for turn in 0..TRIPS {
                while word.0.load(Ordering::Acquire) != 2 * turn + 1 {
                    spin_loop();
                }
                word.0.store(2 * turn + 2, Ordering::Release);
            }
        });
        let mut began = Instant::now();
        for turn in 0..TRIPS {
            // The first trips wait for the helper to start.
            if turn == TRIPS / 2 {
                began = Instant::now();
            }
            word.0.store(2 * turn + 1, Ordering::Release);
            while word.0.load(Ordering::Acquire) != 2 * turn + 2 {
                spin_loop();
            }
        }
        began.elapsed().as_nanos() as f64 / f64::from(TRIPS / 2)
    }))
}

#[cfg(target_os = "linux")]
fn current_cpu() -> usize {
    rustix::thread::sched_getcpu()
}

/// Keeps the calling thread off a CPU, if it may use another.
#[cfg(target_os = "linux")]
fn leave_cpu(cpu: usize) {
    use rustix::thread::{sched_getaffinity, sched_setaffinity};
    if let Ok(mut mask) = sched_getaffinity(None) {
        mask.unset(cpu);
        // With one CPU the mask is empty, and the system refuses it.
        let _ = sched_setaffinity(None, &mask);
    }
}

#[cfg(not(target_os = "linux"))]
fn current_cpu() -> usize {
    0
}

#[cfg(not(target_os = "linux"))]
fn leave_cpu(_cpu: usize) {}
