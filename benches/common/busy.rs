//! Work that takes a known time, and what of the CPUs' time the process takes.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::{median, seconds};

/// Computes for about as many microseconds, on the CPU alone: a chain of multiplications, whose length was measured once.
pub fn busy(us: f64) {
    chain((us * turns_per_us()) as u64);
}

fn turns_per_us() -> f64 {
    static TURNS: OnceLock<f64> = OnceLock::new();
    *TURNS.get_or_init(|| {
        const SOME: u64 = 200_000;
        let samples: Vec<f64> = (0..21).map(|_| SOME as f64 / (seconds(|| chain(SOME)) * 1e6)).collect();
        median(&samples)
    })
}

fn chain(turns: u64) {
    let mut number = black_box(1_u64);
    for _ in 0..turns {
        number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
    }
    black_box(number);
}

/// Runs `during` and returns which part of one CPU's time this process took meanwhile, in %; then what of it the threads
/// took that are not the caller.
pub fn share_of_a_core(during: impl FnOnce()) -> [f64; 2] {
    let (began, before) = (Instant::now(), cpu_times());
    during();
    let (after, lasted) = (cpu_times(), began.elapsed().as_secs_f64());
    let [all, callers] = [0, 1].map(|k| 100.0 * (after[k] - before[k]).as_secs_f64() / lasted);
    [all, (all - callers).max(0.0)]
}

/// Returns the CPU time of all threads so far, and of the calling one.
#[cfg(unix)]
fn cpu_times() -> [Duration; 2] {
    use rustix::time::{ClockId, clock_gettime};
    [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime].map(|clock| {
        let time = clock_gettime(clock);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    })
}

/// There is no such clock that is known here.
#[cfg(not(unix))]
fn cpu_times() -> [Duration; 2] {
    [Duration::ZERO; 2]
}
