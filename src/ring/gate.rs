//! Where threads and tasks wait for one kind of thing: a free buffer, a full one, room in a stream.
//!
//! A waiter looks on for a while, as its policy says, and then announces itself, looks again and sleeps. Whoever
//! publishes a thing notifies the gate, and pays a load of a line that nobody writes while nobody sleeps. What a thing is
//! and how it is taken is the caller's affair: the gate is given an attempt to make.

use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::waiting::{Waiting, spinners};
use crate::protocol::turns::Turns;
pub(crate) use crate::protocol::wakers::Place;
use crate::protocol::wakers::Wakers;
use crate::sync::fence::Fences;
use crate::sys::affinity;

/// Where threads and tasks wait for one kind of thing.
#[derive(Debug)]
pub(crate) struct Gate {
    line: CachePadded<Line>,
}

/// What a waiter and a notifier meet on.
#[derive(Debug)]
struct Line {
    wakers: Wakers,
    turns: Turns,
    waiting: Waiting,
}

impl Gate {
    /// Makes a gate at which nobody waits. The first of a process that has threads takes 10 to 20 ms, once, if it is to
    /// spin: to register for the barrier that makes `notify` free.
    pub(crate) fn new(waiting: Waiting) -> Self {
        let fences = match waiting {
            // Who sleeps at once sleeps often, and the barrier costs more than all fences of the other side.
            Waiting::IdleZero => Fences::symmetric(),
            Waiting::Latency | Waiting::Balanced => {
                let _ = spinners();
                Fences::asymmetric()
            }
        };
        let line = Line { wakers: Wakers::new(fences), turns: Turns::new(), waiting };
        Self { line: CachePadded::new(line) }
    }

    /// Blocks until `attempt` gives something; none once the deadline has passed.
    ///
    /// The last attempt comes after the deadline, so what was published before it is found.
    pub(crate) fn wait<R>(
        &self,
        deadline: Option<Instant>,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        attempt().or_else(|| self.wait_on(deadline, attempt))
    }

    #[cold]
    fn wait_on<R>(&self, deadline: Option<Instant>, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
        let Line { wakers, turns, waiting } = &*self.line;
        let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        loop {
            if let Some(found) = waiting.look_on(turns, deadline, &mut attempt) {
                return Some(found);
            }
            let announced = wakers.announce();
            if let Some(found) = attempt() {
                wakers.stay_up(announced);
                return Some(found);
            }
            if passed() {
                wakers.give_up(announced);
                return attempt();
            }
            wakers.wait_until(announced, deadline);
            // Before the deadline is looked at: a wake that was meant for us is answered (W3).
            if let Some(found) = attempt() {
                return Some(found);
            }
            if passed() {
                return None;
            }
        }
    }

    /// Returns whether to look on here is worth it for a moment: not where the policy is to sleep at once, nor where the
    /// other side was last seen on this CPU.
    #[inline]
    pub(crate) fn is_worth_a_look(&self) -> bool {
        let Line { turns, waiting, .. } = &*self.line;
        *waiting != Waiting::IdleZero && !turns.are_taken_on(affinity::current_cpu())
    }

    /// Polls once for what `attempt` gives; pending once the task is sure to be called when it is worth another poll.
    ///
    /// `place` starts as its default and belongs to this gate from then on. A future that is dropped gives it to `leave`.
    pub(crate) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        place: &mut Place,
        mut attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        self.line.wakers.settle(place);
        let mut found = attempt();
        if found.is_none() && self.line.wakers.enlist(place, cx.waker()) {
            found = attempt();
        }
        match found {
            Some(found) => {
                self.line.wakers.leave(place);
                Poll::Ready(found)
            }
            None => Poll::Pending,
        }
    }

    /// Takes back the place of a task that waits no longer. A wake that was meant for it goes to another.
    pub(crate) fn leave(&self, place: &mut Place) {
        self.line.wakers.leave(place);
    }

    /// Wakes at most `count` of those who wait, threads and tasks together. The caller has published as many things.
    ///
    /// No system call and no fence if nobody sleeps.
    #[inline]
    pub(crate) fn notify(&self, count: u32) {
        if self.line.wakers.anyone() {
            self.wake(count);
        }
    }

    /// Wakes one who waits, as `notify`, but leaves it to the caller to wake a task.
    #[inline]
    pub(crate) fn notify_one(&self) -> Option<Waker> {
        if self.line.wakers.anyone() { self.wake_one() } else { None }
    }

    #[cold]
    fn wake_one(&self) -> Option<Waker> {
        self.line.turns.other_is_on(affinity::current_cpu());
        self.line.wakers.notify_one()
    }

    /// Wakes all who wait: what they wait for will not come, or there is enough for everybody.
    pub(crate) fn notify_all(&self) {
        self.notify(u32::MAX);
    }

    #[cold]
    fn wake(&self, count: u32) {
        // The call takes microseconds; to tell where we run, nanoseconds.
        self.line.turns.other_is_on(affinity::current_cpu());
        self.line.wakers.notify(count);
    }

    /// Returns whether anybody waits here who is not being woken. The caller has published what they wait for, and made an
    /// exchange since: then this costs a load, whatever the gate's fences.
    #[inline]
    pub(crate) fn is_waited_at(&self) -> bool {
        self.line.wakers.anyone_after_exchange()
    }

    /// Returns how many threads and tasks sleep here whom nobody is waking yet.
    pub(crate) fn waiting(&self) -> usize {
        self.line.wakers.waiting()
    }
}

// By its path, because a bench compiles this file too, from elsewhere.
#[cfg(test)]
#[path = "gate/tests.rs"]
mod tests;
