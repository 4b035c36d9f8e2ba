//! The latch: whoever waits sees all that the arrivals wrote, and the last to arrive wakes it.
//!
//! Actors: one waiter, two that write a cell each and arrive. Bound: three threads.
//!
//! - FORBIDDEN: the waiter returns before both cells are written, or sleeps on after the last arrival.
//! - ACCEPTABLE: the waiter never sleeps; it sleeps and is woken by an arrival that it had seen coming.

use loom::sync::Arc;
use loom::thread;

use super::protocol::latch::Latch;
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("latch: two arrive, one sleeps", Some(3), two_arrive_one_sleeps),
        Scenario::over_futexes("latch: one arrives, one sleeps", None, one_arrives_one_sleeps),
        Scenario::over_futexes("latch: one arrives, one spins and sleeps", None, one_arrives_one_spins),
    ]
    .concat()
}

fn arrivals_carry_what_they_wrote<const ARRIVALS: usize>(spins: u32) {
    let latch = Arc::new(Latch::new(ARRIVALS as u32));
    let written = Arc::new([(); ARRIVALS].map(|()| Watched::new(0)));
    let arrivals: Vec<_> = (0..ARRIVALS)
        .map(|k| {
            let (latch, written) = (latch.clone(), written.clone());
            thread::spawn(move || {
                written[k].set(k + 1);
                latch.arrive();
            })
        })
        .collect();
    latch.wait(spins);
    for k in 0..ARRIVALS {
        assert_eq!(written[k].get(), k + 1);
    }
    for arrival in arrivals {
        arrival.join().unwrap();
    }
}

fn two_arrive_one_sleeps() {
    arrivals_carry_what_they_wrote::<2>(0);
}

fn one_arrives_one_sleeps() {
    arrivals_carry_what_they_wrote::<1>(0);
}

fn one_arrives_one_spins() {
    arrivals_carry_what_they_wrote::<1>(1);
}
