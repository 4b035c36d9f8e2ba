//! Where the threads of a sample run: each on a CPU of its own choice, all from one moment on.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// A word with a cache line, and its neighbour that the prefetcher fetches along, to itself.
#[derive(Default)]
#[repr(align(128))]
pub struct Line(pub AtomicU32);

/// A round trip longer than this, in ns, is one between distant CPUs: two cores, not two threads of one.
const FAR_NS: f64 = 90.0;

/// Says of a line's round trip whether the two CPUs are far from each other.
pub fn is_far(trip_ns: f64) -> bool {
    trip_ns > FAR_NS
}

/// One thread's part of a sample, and the place among `usable_cpus` where it runs.
pub struct Party<'a> {
    place: usize,
    work: Box<dyn FnOnce() + Send + 'a>,
}

impl<'a> Party<'a> {
    /// Places `work` on one of the usable CPUs, counted round if there are fewer.
    pub fn on(place: usize, work: impl FnOnce() + Send + 'a) -> Self {
        Self { place, work: Box::new(work) }
    }
}

/// Runs all parties at once and returns the seconds from the start of the first to the end of the last.
///
/// What a party writes in a loop must be its own, on its own stack: two that are borrowed from the caller's may share a
/// cache line.
pub fn together<'a>(parties: impl IntoIterator<Item = Party<'a>>) -> f64 {
    let parties: Vec<_> = parties.into_iter().collect();
    let (count, ready) = (parties.len(), AtomicUsize::new(0));
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let started: Vec<_> = parties
            .into_iter()
            .map(|party| {
                let ready = &ready;
                scope.spawn(move || {
                    let _guard = EndOnPanic;
                    pin(party.place);
                    ready.fetch_add(1, Ordering::AcqRel);
                    // Yields, as several may share a CPU.
                    while ready.load(Ordering::Acquire) < count {
                        thread::yield_now();
                    }
                    let began = Instant::now();
                    (party.work)();
                    (began, Instant::now())
                })
            })
            .collect();
        started.into_iter().map(|thread| thread.join().expect("a panic ends the process")).collect()
    });
    let began = times.iter().map(|time| time.0).min().expect("there are parties");
    let ended = times.iter().map(|time| time.1).max().expect("there are parties");
    (ended - began).as_secs_f64()
}

/// The others of a sample would wait for ever for a party that has panicked.
struct EndOnPanic;

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

/// Returns how long a cache line takes from one CPU to another and back, or none with one CPU.
pub fn line_trip_ns() -> Option<f64> {
    const TRIPS: u32 = 4_000;
    if usable_cpus().len() < 2 {
        return None;
    }
    let word = Line::default();
    let mut began = Instant::now();
    let mut taken = began.elapsed();
    together([
        Party::on(1, || {
            for turn in 0..TRIPS {
                while word.0.load(Ordering::Acquire) != 2 * turn + 1 {
                    spin_loop();
                }
                word.0.store(2 * turn + 2, Ordering::Release);
            }
        }),
        Party::on(0, || {
            for turn in 0..TRIPS {
                // The first trips warm up.
                if turn == TRIPS / 2 {
                    began = Instant::now();
                }
                word.0.store(2 * turn + 1, Ordering::Release);
                while word.0.load(Ordering::Acquire) != 2 * turn + 2 {
                    spin_loop();
                }
            }
            taken = began.elapsed();
        }),
    ]);
    Some(taken.as_nanos() as f64 / f64::from(TRIPS / 2))
}

/// Returns the CPUs that this process may use, lowest first.
#[cfg(target_os = "linux")]
pub fn usable_cpus() -> Vec<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let pid = rustix::process::getpid();
    let Ok(mask) = sched_getaffinity(Some(pid)) else { return vec![0] };
    (0..CpuSet::MAX_CPU).filter(|&cpu| mask.is_set(cpu)).collect()
}

/// Keeps the calling thread on one of the usable CPUs.
#[cfg(target_os = "linux")]
pub fn pin(place: usize) {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let cpus = usable_cpus();
    let mut mask = CpuSet::new();
    mask.set(cpus[place % cpus.len()]);
    // Refused only where a CPU has just been taken away: the sample is then taken wherever the system likes.
    let _ = sched_setaffinity(None, &mask);
}

/// Returns the CPU that the calling thread runs on.
#[cfg(target_os = "linux")]
pub fn current_cpu() -> usize {
    rustix::thread::sched_getcpu()
}

/// Keeps the calling thread off a CPU, if it may use another.
#[cfg(target_os = "linux")]
pub fn leave_cpu(cpu: usize) {
    use rustix::thread::{sched_getaffinity, sched_setaffinity};
    if let Ok(mut mask) = sched_getaffinity(None) {
        mask.unset(cpu);
        // With one CPU the mask is empty, and the system refuses it.
        let _ = sched_setaffinity(None, &mask);
    }
}

#[cfg(not(target_os = "linux"))]
pub fn usable_cpus() -> Vec<usize> {
    (0..thread::available_parallelism().map_or(1, usize::from)).collect()
}

#[cfg(not(target_os = "linux"))]
pub fn pin(_place: usize) {}

#[cfg(not(target_os = "linux"))]
pub fn current_cpu() -> usize {
    0
}

#[cfg(not(target_os = "linux"))]
pub fn leave_cpu(_cpu: usize) {}
