//! How a thread waits before it sleeps.

use std::time::{Duration, Instant};

use crate::sync::{hint, thread};

/// How a thread waits for something that is not there yet.
///
/// Every policy ends in sleep: who waits long enough uses no CPU and is woken by nothing but what it waits for.
///
/// # Examples
///
/// ```
/// use ringmill::ring::Waiting;
/// assert_eq!(Waiting::default(), Waiting::Balanced);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// Looks on for a long time: for work that comes every few hundred microseconds and must be met at once.
    Latency,
    /// Looks on for about as long as it would take to be woken, and lets others run before it sleeps.
    #[default]
    Balanced,
    /// Sleeps at once: for threads that have the CPU to share, or the battery.
    IdleZero,
}

/// Looks between two glances at the clock.
const LOOKS: u32 = 64;

impl Waiting {
    /// How long a waiter spins, and how long it then goes on with yielding its turn.
    fn budgets(self) -> (Duration, Duration) {
        match self {
            Self::Latency => (Duration::from_micros(500), Duration::from_micros(100)),
            Self::Balanced => (Duration::from_micros(20), Duration::from_micros(60)),
            Self::IdleZero => (Duration::ZERO, Duration::ZERO),
        }
    }

    /// Looks on for as long as that is better than to sleep; none says that it is no longer.
    pub(super) fn look_on<R>(
        self,
        deadline: Option<Instant>,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        let (spin, yielding) = self.budgets();
        if spin.is_zero() {
            return None;
        }
        let start = Instant::now();
        let end = |budget: Duration| deadline.map_or(start + budget, |deadline| deadline.min(start + budget));
        let spins_until = end(spin);
        while Instant::now() < spins_until {
            for _ in 0..LOOKS {
                hint::spin_loop();
                if let Some(found) = attempt() {
                    return Some(found);
                }
            }
        }
        let yields_until = end(spin + yielding);
        while Instant::now() < yields_until {
            thread::yield_now();
            if let Some(found) = attempt() {
                return Some(found);
            }
        }
        None
    }
}
