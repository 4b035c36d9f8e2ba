//! A gate of one process: threads and tasks wait beside each other.

use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::super::waiting::{Waiting, spinners};
use super::{Meet, Place};
use crate::protocol::sleep::Announced;
use crate::protocol::turns::Turns;
use crate::protocol::wakers::Wakers;
use crate::sync::fence::Fences;
use crate::sys::affinity;

/// What waiters and notifiers of one process meet on.
#[derive(Debug)]
pub(super) struct Local {
    wakers: Wakers,
    turns: Turns,
}

impl Local {
    pub(super) fn new(waiting: Waiting) -> Self {
        let fences = match waiting {
            // Who sleeps at once sleeps often, and the barrier costs more than all fences of the other side.
            Waiting::IdleZero => Fences::symmetric(),
            Waiting::Latency | Waiting::Balanced => {
                let _ = spinners();
                Fences::asymmetric()
            }
        };
        Self { wakers: Wakers::new(fences), turns: Turns::new() }
    }

    pub(super) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        place: &mut Place,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        self.wakers.settle(place);
        let mut found = attempt();
        if found.is_none() && self.wakers.enlist(place, cx.waker()) {
            found = attempt();
        }
        match found {
            Some(found) => {
                self.wakers.leave(place);
                Poll::Ready(found)
            }
            None => Poll::Pending,
        }
    }

    pub(super) fn leave(&self, place: &mut Place) {
        self.wakers.leave(place);
    }

    #[inline]
    pub(super) fn notify(&self, count: u32) {
        if self.wakers.anyone() {
            self.wake(count);
        }
    }

    #[inline]
    pub(super) fn notify_one(&self) -> Option<Waker> {
        if self.wakers.anyone() { self.wake_one() } else { None }
    }

    #[cold]
    fn wake_one(&self) -> Option<Waker> {
        self.turns.other_is_on(affinity::current_cpu());
        self.wakers.notify_one()
    }

    #[cold]
    fn wake(&self, count: u32) {
        // The call takes microseconds; to tell where we run, nanoseconds.
        self.turns.other_is_on(affinity::current_cpu());
        self.wakers.notify(count);
    }

    #[inline]
    pub(super) fn is_waited_at(&self) -> bool {
        self.wakers.anyone_after_exchange()
    }

    pub(super) fn waiting(&self) -> usize {
        self.wakers.waiting()
    }
}

impl Meet for Local {
    type Announced = Announced;

    fn announce(&self) -> Announced {
        self.wakers.announce()
    }

    fn stay_up(&self, announced: Announced) {
        self.wakers.stay_up(announced);
    }

    fn give_up(&self, announced: Announced) {
        self.wakers.give_up(announced);
    }

    fn wait_until(&self, announced: Announced, deadline: Option<Instant>) -> bool {
        self.wakers.wait_until(announced, deadline);
        false
    }

    fn turns(&self) -> &Turns {
        &self.turns
    }
}
