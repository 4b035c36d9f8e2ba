//! The clock of the metrics: nanoseconds since the pool was made, for as little as a clock can cost.
//!
//! Where the kernel trusts the processor's count, that is read and multiplied (9 ns, where the system's clock takes 23).
//! What a tick takes is measured once in a process, against the system's clock, when the first pool is asked for the
//! time: from the pool's birth until then, and at least `BASELINE`. Either end is known to some 20 ns, so the rate is right
//! to two parts in a thousand at worst, and to a millionth if the first task comes 20 ms after the pool.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::sync::hint;
use crate::sys::ticks;

/// The least time over which the rate is measured.
const BASELINE: Duration = Duration::from_micros(20);

/// Tries to read both clocks at one moment; the closest counts.
const READINGS: usize = 4;

/// Nanoseconds in a tick times 2^32, measured once; none where the ticks are not trusted.
static RATE: OnceLock<Option<u64>> = OnceLock::new();

/// A clock that starts when a pool is made. What is read for the time lies together, on lines that nobody writes.
#[derive(Debug)]
pub(super) struct Clock {
    birth: Instant,
    /// Both clocks at one moment soon after the birth.
    start: Reading,
    /// Nanoseconds from the birth to that moment.
    offset: u64,
    /// A copy of `RATE`.
    rate: OnceLock<Option<u64>>,
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    system: Instant,
    ticks: u64,
}

impl Reading {
    fn take() -> Self {
        let readings = (0..READINGS).map(|_| {
            let before = ticks::now();
            let system = Instant::now();
            let between = ticks::now().saturating_sub(before);
            (between, Self { system, ticks: before + between / 2 })
        });
        let closest = readings.min_by_key(|&(between, _)| between);
        closest.map_or(Self { system: Instant::now(), ticks: 0 }, |(_, reading)| reading)
    }
}

impl Clock {
    pub(super) fn new(birth: Instant) -> Self {
        let start = Reading::take();
        let offset = start.system.saturating_duration_since(birth).as_nanos() as u64;
        Self { birth, start, offset, rate: OnceLock::new() }
    }

    /// Returns the nanoseconds since the birth. What two threads read may differ by as much as the ticks of two CPUs:
    /// an event that another brought about may seem some nanoseconds earlier than it.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        match self.rate.get() {
            Some(Some(rate)) => {
                let ticks = ticks::now().saturating_sub(self.start.ticks);
                self.offset + ((u128::from(ticks) * u128::from(*rate)) >> 32) as u64
            }
            Some(None) => self.birth.elapsed().as_nanos() as u64,
            None => self.measure(),
        }
    }

    #[cold]
    fn measure(&self) -> u64 {
        let rate = RATE.get_or_init(|| {
            if !ticks::are_trusted() {
                return None;
            }
            while self.start.system.elapsed() < BASELINE {
                hint::spin_loop();
            }
            let end = Reading::take();
            let nanoseconds = (end.system - self.start.system).as_nanos();
            let ticks = end.ticks.checked_sub(self.start.ticks).filter(|&ticks| ticks > 0)?;
            u64::try_from((nanoseconds << 32) / u128::from(ticks)).ok()
        });
        self.rate.get_or_init(|| *rate);
        self.birth.elapsed().as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_as_the_systems_clock_does() {
        let clock = Clock::new(Instant::now());
        let (start, began) = (clock.now(), Instant::now());
        std::thread::sleep(Duration::from_millis(20));
        let (end, took) = (clock.now(), began.elapsed().as_nanos() as f64);
        let ratio = (end - start) as f64 / took;
        // The two are read one after the other, and whoever stops us between them shows: hence the width.
        assert!((0.8..1.25).contains(&ratio), "{ratio}");
    }

    #[test]
    fn starts_at_the_birth() {
        let birth = Instant::now() - Duration::from_secs(3);
        let clock = Clock::new(birth);
        assert!(clock.now() >= 3_000_000_000);
    }
}
