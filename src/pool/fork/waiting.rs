//! Waiting for something that others run, and running meanwhile what was posted from inside it.

use super::kin::Kin;
use super::scope::put_all_aside;
use crate::pool::crew::{Crew, Posted, Seen};
use crate::pool::current;
use crate::sync::hint;

impl Crew {
    /// Waits until `is_over`, and helps with what was posted from inside of `kin`, but with nothing else. Whoever makes it
    /// over is inside of what is posted, and so wakes us when it leaves; or it calls.
    pub(super) fn wait_inside(&self, kin: &Kin, posted: &Posted<'_>, is_over: impl Fn() -> bool) {
        if is_over() {
            return;
        }
        // What only this thread has would wait with it.
        put_all_aside();
        let mut seen = self.nothing_seen();
        kin.vigil.begin();
        let mut looks = self.spins;
        while !is_over() {
            if self.help_inside(kin, &mut seen) {
                looks = self.spins;
            } else if looks > 0 {
                looks -= 1;
                hint::spin_loop();
            } else {
                seen.forget();
                posted.sleep_unless(|| is_over() || self.help_inside(kin, &mut seen));
            }
        }
        kin.vigil.end();
    }

    /// Helps with something that was posted from inside of `kin`, if there is anything; returns whether there was.
    fn help_inside(&self, kin: &Kin, seen: &mut Seen) -> bool {
        while let Some(k) = self.posted(seen) {
            let seat = self.seat(k);
            let Some(entered) = seat.board.try_enter() else {
                continue;
            };
            seen.see(k, entered.generation);
            let ours = entered
                .posting
                .filter(|posting| posting.is_inside(kin) && posting.has_any_for(&seat.shares, 0));
            if let Some(posting) = &ours {
                kin.vigil.end();
                let number = current::number_in(self);
                self.whereabouts.enter(number, k);
                posting.help(&seat.shares, 0);
                self.whereabouts.leave(number, k);
                kin.vigil.begin();
            }
            seat.board.leave(entered);
            if ours.is_some() {
                return true;
            }
        }
        false
    }
}
