//! Rooms in which threads stand by that are off duty: one for each thread, apart from the bed of those who wait for work,
//! so that no wake for work goes to them.
//!
//! - R2 of the roster: no thread stands by that is on duty. It announces itself in its room, looks again, and only then
//!   sleeps, against: raise the limit, then look into the rooms (the bed's SLEEP).

use std::ops::Range;

use super::sleep::Bed;
use crate::sync::fence::Fences;

/// The rooms of all threads, by their numbers from 1 on.
#[derive(Debug)]
pub(crate) struct Rooms(Box<[Bed]>);

impl Rooms {
    /// Makes empty rooms.
    pub(crate) fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Bed::new(Fences::symmetric())).collect())
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the room of a thread.
    pub(crate) fn room(&self, number: usize) -> &Bed {
        &self.0[number - 1]
    }

    /// Wakes those who stand by and have come on duty since the limit was `limits.start`; it is `limits.end` now.
    pub(crate) fn call_out(&self, limits: Range<usize>) {
        for room in self.0.iter().take(limits.end).skip(limits.start) {
            room.notify(1);
        }
    }

    /// Sends everybody away, for good.
    pub(crate) fn close(&self) {
        self.0.iter().for_each(Bed::close);
    }

    /// Sleeps in the room of a thread until it is on duty, or is called, or the rooms are closed.
    pub(crate) fn stand_by(
        &self,
        number: usize,
        is_on_duty: impl Fn() -> bool,
        is_called: impl Fn() -> bool,
    ) {
        let room = self.room(number);
        loop {
            let announced = room.announce();
            if room.is_closed() || is_on_duty() || is_called() {
                let _ = room.stay_up(announced);
                return;
            }
            room.wait(announced);
        }
    }
}
