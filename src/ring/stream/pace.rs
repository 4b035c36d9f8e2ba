//! When to look again before taking the little that is there.
//!
//! Two threads that follow each other closely fight for the lines that the counts are on: each look takes the line away
//! from who is about to write it, and finds an element or two. A reader that lets the other get some lines ahead
//! reads them in one go, and so does a producer that waits until some room has gathered.
//!
//! It does not pay to wait for what will not come. So one that had to look in vain takes what it finds at once, as a
//! thread does that waits for single elements. And whoever waited for nothing takes what is there the
//! next times, each time twice as often as before.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::super::gate::Gate;
use crate::sync::hint;

/// How long a head start is: less than the trip of a cache line there and back between two cores.
const STEP: Duration = Duration::from_nanos(80);

/// How many such steps to look on before a gate is asked to wait, which takes a system call or two.
const LOOK_ON: u32 = 4;

/// The most times that what is there is taken at once after a head start was for nothing.
const MOST_SKIPS: u32 = 256;

/// Looks, and gives the other side a head start when that pays.
#[derive(Debug)]
pub(super) struct Pace {
    pauses: u32,
    /// How many looks in succession found nothing.
    misses: u32,
    /// How often to take what is there at once, and how often after the next head start for nothing.
    skip: u32,
    skips: u32,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { pauses: pauses_in(STEP), misses: 0, skip: 0, skips: 1 }
    }

    /// Looks by `look`, which returns how much there is; again, up to `rounds` times and each time after a longer while,
    /// if that is less than `enough` and grows.
    #[inline]
    pub(super) fn look(&mut self, enough: u64, rounds: u32, mut look: impl FnMut() -> u64) -> u64 {
        let found = look();
        if found == 0 {
            self.misses = self.misses.saturating_add(1);
            return 0;
        }
        let misses = std::mem::take(&mut self.misses);
        if found >= enough || misses > 0 {
            return found;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return found;
        }
        self.give_head_start(found, enough, rounds, look)
    }

    #[inline]
    fn give_head_start(
        &mut self,
        mut found: u64,
        enough: u64,
        rounds: u32,
        mut look: impl FnMut() -> u64,
    ) -> u64 {
        for round in 0..rounds {
            for _ in 0..self.pauses << round {
                hint::spin_loop();
            }
            let now = look();
            if now == found {
                if round == 0 {
                    self.skip = self.skips;
                    self.skips = (self.skips * 2).min(MOST_SKIPS);
                }
                return found;
            }
            self.skips = 1;
            found = now;
            if found >= enough {
                break;
            }
        }
        found
    }
}

/// Makes attempts for a short while, before a gate is asked to wait, if that is worth it there.
#[inline]
pub(super) fn look_on<R>(gate: &Gate, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
    if !gate.is_worth_a_look() {
        return None;
    }
    for _ in 0..pauses_in(STEP) * LOOK_ON {
        let found = attempt();
        if found.is_some() {
            return found;
        }
        hint::spin_loop();
    }
    None
}

/// Returns how many hints to the processor take about as long; measured once.
fn pauses_in(time: Duration) -> u32 {
    static PER_MICROSECOND: OnceLock<u32> = OnceLock::new();
    let per_microsecond = PER_MICROSECOND.get_or_init(|| {
        const PAUSES: u32 = 200;
        let sample = || {
            let start = Instant::now();
            (0..PAUSES).for_each(|_| hint::spin_loop());
            start.elapsed().as_nanos()
        };
        // The shortest of a few, as a thread may lose its turn.
        let nanoseconds = (0..5).map(|_| sample()).min().unwrap_or(0).max(1);
        (u128::from(PAUSES) * 1000 / nanoseconds).clamp(1, 1000) as u32
    });
    (time.as_nanos() as u32 * per_microsecond / 1000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at numbers that are given; returns what was found and how many looks it took.
    fn look_at(pace: &mut Pace, numbers: &[u64]) -> (u64, usize) {
        let mut looks = 0;
        let found = pace.look(100, 3, || {
            looks += 1;
            numbers[looks - 1]
        });
        (found, looks)
    }

    #[test]
    fn a_stream_of_elements_gets_a_head_start() {
        let mut pace = Pace::new();
        assert_eq!(look_at(&mut pace, &[3, 40, 60, 80]), (80, 4), "no more rounds than asked for");
        assert_eq!(look_at(&mut pace, &[3, 120]), (120, 2), "no further than what is enough");
        assert_eq!(look_at(&mut pace, &[100]), (100, 1));
    }

    #[test]
    fn a_single_element_is_taken_at_once() {
        let mut pace = Pace::new();
        for _ in 0..10 {
            assert_eq!(look_at(&mut pace, &[0]), (0, 1));
            assert_eq!(look_at(&mut pace, &[1]), (1, 1));
        }
    }

    #[test]
    fn who_waited_for_nothing_waits_more_and_more_seldom() {
        let mut pace = Pace::new();
        let looks: usize = (0..1000).map(|_| look_at(&mut pace, &[1, 1]).1).sum();
        assert_eq!(looks, 1000 + 11);
        assert_eq!((0..300).map(|_| look_at(&mut pace, &[1, 50, 100]).1).max(), Some(3));
        assert_eq!(look_at(&mut pace, &[1, 50, 100]).1, 3, "and as before when it pays");
    }
}
