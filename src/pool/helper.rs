//! The life of a helper: look for a posted loop, help, spin a little, sleep.

use std::time::{Duration, Instant};

use super::crew::{Crew, Seat, Seen};
use super::place::Place;
use crate::sync::hint;

/// How long a helper that finds nothing looks on before it sleeps: about what it costs to wake it.
pub(crate) const SPIN: Duration = Duration::from_micros(20);

/// Looks between two glances at the clock.
const LOOKS: u32 = 64;

/// A helper thread of a pool.
#[derive(Debug)]
pub(crate) struct Helper<'a> {
    pub(crate) crew: &'a Crew,
    /// The worker's number; 0 is the caller.
    pub(crate) number: usize,
    pub(crate) place: Place,
}

impl Helper<'_> {
    /// Works until the pool closes.
    pub(crate) fn work(mut self) {
        let mut seen = self.crew.nothing_seen();
        while !self.crew.bed.is_closed() {
            while let Some(seat) = self.look_around(&seen) {
                self.help(seat, &mut seen);
            }
            self.sleep();
            seen.forget();
        }
    }

    /// Looks for a loop, for as long as spinning is worth it.
    fn look_around(&self, seen: &Seen) -> Option<usize> {
        let found = self.crew.posted(seen);
        if found.is_some() || self.crew.spins == 0 {
            return found;
        }
        let start = Instant::now();
        loop {
            for _ in 0..LOOKS {
                hint::spin_loop();
                let found = self.crew.posted(seen);
                if found.is_some() {
                    return found;
                }
            }
            if start.elapsed() >= SPIN {
                return None;
            }
        }
    }

    /// Helps with the loop on a seat until nothing is left of it for us.
    fn help(&mut self, seat: usize, seen: &mut Seen) {
        // First, because the loop's caller waits for those who are inside.
        self.place.go_out(&self.crew.homes);
        let Seat { board, shares } = self.crew.seat(seat);
        let Some(entered) = board.try_enter() else {
            return;
        };
        seen.see(seat, entered.generation);
        if let Some(posting) = &entered.posting {
            posting.help(shares, self.number);
        }
        board.leave(entered);
    }

    /// Sleeps until there may be something to do.
    fn sleep(&mut self) {
        // Away from home we are slower to wake, no more.
        let _ = self.place.go_home();
        let announced = self.crew.bed.announce();
        if self.crew.bed.is_closed() || self.is_wanted() {
            let _ = self.crew.bed.stay_up(announced);
        } else {
            self.crew.bed.wait(announced);
        }
    }

    /// Returns whether some loop has pieces for us. A loop that looks like one we have seen the end of may be another,
    /// because generations come round, and its caller may wait for nobody but us: so each that is up is asked.
    fn is_wanted(&self) -> bool {
        self.crew.seats().any(|Seat { board, shares }| {
            let entered = board.posted().and_then(|_| board.try_enter());
            entered.is_some_and(|entered| {
                let is_wanted =
                    entered.posting.is_some_and(|posting| posting.has_any_for(shares, self.number));
                board.leave(entered);
                is_wanted
            })
        })
    }
}
