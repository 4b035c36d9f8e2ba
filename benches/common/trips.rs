//! How the benches of tasks take their samples.

use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use super::clock::{ns_per_tick, ticks};

/// Jobs in flight at once.
pub const IN_FLIGHT: u64 = 10_000;
/// Tiny tasks.
pub const TINY: usize = 1_000_000;

/// Under what conditions questions are asked.
#[derive(Clone, Copy)]
pub struct Asking {
    /// Questions of a sample.
    pub questions: usize,
    /// How long the asker sleeps before each.
    pub idle: Duration,
}

impl Asking {
    /// One after the other.
    pub const HOT: Self = Self { questions: 5_000, idle: Duration::ZERO };
    /// After a millisecond in which nothing happens.
    pub const IDLE: Self = Self { questions: 100, idle: Duration::from_millis(1) };

    /// Asks for the number after each of many, and returns the time of an answer in ns: the median, and what 99 of a
    /// hundred are below.
    pub fn times(self, mut ask: impl FnMut(u64) -> u64) -> [f64; 2] {
        let warm_up = self.questions / 8;
        let mut times: Vec<u64> = (0..(self.questions + warm_up) as u64)
            .map(|number| {
                if !self.idle.is_zero() {
                    thread::sleep(self.idle);
                }
                let before = ticks();
                let answer = ask(black_box(number));
                let after = ticks();
                assert_eq!(answer, number + 1, "the answer is not the question's");
                after - before
            })
            .skip(warm_up)
            .collect();
        times.sort_unstable();
        [times.len() / 2, times.len() * 99 / 100].map(|rank| times[rank] as f64 * ns_per_tick())
    }
}

/// Runs `all`, which asks for the numbers after 0..`IN_FLIGHT` and returns their sum, some times. Returns million jobs per
/// second.
pub fn in_flight(mut all: impl FnMut() -> u64) -> f64 {
    const TIMES: u32 = 10;
    let mut run = || assert_eq!(all(), IN_FLIGHT * (IN_FLIGHT + 1) / 2, "an answer was lost");
    run();
    let began = Instant::now();
    (0..TIMES).for_each(|_| run());
    (IN_FLIGHT * u64::from(TIMES)) as f64 / began.elapsed().as_secs_f64() / 1e6
}

/// A byte for each tiny task, kept to the end of the process: tasks may have to own what they use.
pub fn tiny_bytes() -> &'static [AtomicU8] {
    (0..TINY).map(|_| AtomicU8::new(0)).collect::<Vec<_>>().leak()
}

/// Runs `all`, which stores one in every byte, and sees that it did. Returns million tasks per second.
pub fn tiny(bytes: &[AtomicU8], all: impl FnOnce()) -> f64 {
    bytes.iter().for_each(|byte| byte.store(0, Relaxed));
    let began = Instant::now();
    all();
    let taken = began.elapsed();
    assert!(bytes.iter().all(|byte| byte.load(Relaxed) == 1), "a task did not run");
    bytes.len() as f64 / taken.as_secs_f64() / 1e6
}

/// The tiny task.
#[inline(always)]
pub fn store(byte: &AtomicU8) {
    byte.store(1, Relaxed);
}

/// Numbers in a large vector: 200 MiB.
pub const LARGE: usize = (200 << 20) / 4;

/// What is done with a large vector on the other side: its ends are looked at and changed.
pub fn touch(vector: &mut [f32]) -> f32 {
    let sum = vector[0] + vector[LARGE - 1];
    vector[0] += 1.0;
    sum
}

/// Gives a large vector away and gets it back, many times. Returns us for one time: the median, and what 99 of a hundred
/// are below.
pub fn there_and_back(mut over: impl FnMut(Vec<f32>) -> (Vec<f32>, f32)) -> [f64; 2] {
    // Touched, so that there are pages to be moved if somebody moved them.
    let mut vector = Some(vec![1.0; LARGE]);
    let place = vector.as_ref().map(|vector| vector.as_ptr());
    let asking = Asking { questions: 500, idle: Duration::ZERO };
    let times = asking.times(|number| {
        let (back, sum) = over(vector.take().expect("it came back"));
        assert_eq!(sum, 2.0 + number as f32);
        vector = Some(back);
        number + 1
    });
    assert_eq!(vector.as_ref().map(|vector| vector.as_ptr()), place, "it was copied");
    times.map(|ns| ns / 1e3)
}
