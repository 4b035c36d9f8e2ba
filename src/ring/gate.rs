//! Where threads and tasks wait for one kind of thing: a free buffer, a full one, room in a stream.
//!
//! A waiter looks on for a while, as its policy says, and then announces itself, looks again and sleeps. Whoever
//! publishes a thing notifies the gate, and pays a load of a line that nobody writes while nobody sleeps. What a thing is
//! and how it is taken is the caller's affair: the gate is given an attempt to make.
//!
//! Where they meet is memory of this process (`local`), or a line that other processes have mapped too (`shared`).

use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::waiting::Waiting;
use crate::memory::placed::Placed;
use crate::protocol::turns::Turns;
pub(crate) use crate::protocol::wakers::Place;
use crate::sys::affinity;

// By their paths, because a bench compiles this file too, from elsewhere.
#[path = "gate/local.rs"]
mod local;
#[path = "gate/shared.rs"]
mod shared;

use local::Local;
pub(crate) use shared::GateWords;
use shared::Shared;

/// Where threads and tasks wait for one kind of thing.
#[derive(Debug)]
pub(crate) struct Gate {
    meeting: CachePadded<(Meeting, Waiting)>,
}

/// Where a waiter and a notifier meet.
#[derive(Debug)]
enum Meeting {
    /// Threads and tasks of this process.
    Local(Local),
    /// Those of any process that has the line.
    Shared(Shared),
}

/// What a waiter does when it has looked on for long enough.
trait Meet {
    /// The token of a thread that has announced it would sleep.
    type Announced;

    /// Counts the calling thread as a sleeper. It must look once more before it waits.
    fn announce(&self) -> Self::Announced;

    /// Takes the announcement back: the second look found something.
    fn stay_up(&self, announced: Self::Announced);

    /// Takes the announcement back, though nothing was found. It must look once more.
    fn give_up(&self, announced: Self::Announced);

    /// Sleeps until it is woken, or for no reason at all, not past the deadline. It must look once more.
    ///
    /// Returns whether it woke only to look, and would best sleep on at once.
    fn wait_until(&self, announced: Self::Announced, deadline: Option<Instant>) -> bool;

    /// Returns where the other side ran last.
    fn turns(&self) -> &Turns;
}

impl Gate {
    /// Makes a gate of this process at which nobody waits. The first of a process that has threads takes 10 to 20 ms, once,
    /// if it is to spin: to register for the barrier that makes `notify` free.
    pub(crate) fn new(waiting: Waiting) -> Self {
        Self::at(Meeting::Local(Local::new(waiting)), waiting)
    }

    /// Makes this process's side of a gate whose words, the first of those placed, other processes have mapped too.
    ///
    /// `ticked` is called by each thread that has slept a whole tick in vain, before it looks again: perhaps whoever it
    /// waits for has died. `region` is what keeps the words mapped; a thread that sleeps for tasks keeps it for up to a tick
    /// after the gate is gone.
    pub(crate) fn shared(
        words: Placed<GateWords>,
        waiting: Waiting,
        region: Arc<dyn Any + Send + Sync>,
        ticked: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::at(Meeting::Shared(Shared::new(words, region, ticked)), waiting)
    }

    fn at(meeting: Meeting, waiting: Waiting) -> Self {
        Self { meeting: CachePadded::new((meeting, waiting)) }
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
    fn wait_on<R>(&self, deadline: Option<Instant>, attempt: impl FnMut() -> Option<R>) -> Option<R> {
        let (meeting, waiting) = &*self.meeting;
        match meeting {
            Meeting::Local(local) => wait_at(local, *waiting, deadline, attempt),
            Meeting::Shared(shared) => wait_at(shared, *waiting, deadline, attempt),
        }
    }

    /// Returns whether to look on here is worth it for a moment: not where the policy is to sleep at once, nor where the
    /// other side was last seen on this CPU.
    #[inline]
    pub(crate) fn is_worth_a_look(&self) -> bool {
        let (meeting, waiting) = &*self.meeting;
        let turns = match meeting {
            Meeting::Local(local) => local.turns(),
            Meeting::Shared(shared) => shared.turns(),
        };
        *waiting != Waiting::IdleZero && !turns.are_taken_on(affinity::current_cpu())
    }

    /// Polls once for what `attempt` gives; pending once the task is sure to be called when it is worth another poll.
    ///
    /// `place` starts as its default and belongs to this gate from then on. A future that is dropped gives it to `leave`.
    pub(crate) fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        place: &mut Place,
        attempt: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        match &self.meeting.0 {
            Meeting::Local(local) => local.poll(cx, place, attempt),
            Meeting::Shared(shared) => shared.poll(cx, place, attempt),
        }
    }

    /// Takes back the place of a task that waits no longer. A wake that was meant for it goes to another.
    pub(crate) fn leave(&self, place: &mut Place) {
        match &self.meeting.0 {
            Meeting::Local(local) => local.leave(place),
            Meeting::Shared(shared) => shared.leave(place),
        }
    }

    /// Wakes at most `count` of those who wait, threads and tasks together. The caller has published as many things.
    ///
    /// No system call if nobody sleeps, and no fence if the gate is of this process alone.
    #[inline]
    pub(crate) fn notify(&self, count: u32) {
        match &self.meeting.0 {
            Meeting::Local(local) => local.notify(count),
            Meeting::Shared(shared) => shared.notify(count),
        }
    }

    /// Wakes one who waits, as `notify`, but leaves it to the caller to wake a task.
    #[inline]
    pub(crate) fn notify_one(&self) -> Option<Waker> {
        match &self.meeting.0 {
            Meeting::Local(local) => local.notify_one(),
            Meeting::Shared(shared) => {
                shared.notify(1);
                None
            }
        }
    }

    /// Wakes all who wait: what they wait for will not come, or there is enough for everybody.
    pub(crate) fn notify_all(&self) {
        self.notify(u32::MAX);
    }

    /// Returns whether anybody waits here who is not being woken. The caller has published what they wait for, and made an
    /// exchange since: then this costs a load, whatever the gate's fences.
    #[inline]
    pub(crate) fn is_waited_at(&self) -> bool {
        match &self.meeting.0 {
            Meeting::Local(local) => local.is_waited_at(),
            Meeting::Shared(shared) => shared.is_waited_at(),
        }
    }

    /// Returns how many threads and tasks sleep here whom nobody is waking yet. At a shared gate all tasks of a process that
    /// wait are one.
    pub(crate) fn waiting(&self) -> usize {
        match &self.meeting.0 {
            Meeting::Local(local) => local.waiting(),
            Meeting::Shared(shared) => shared.waiting(),
        }
    }
}

fn wait_at<R, M: Meet>(
    meeting: &M,
    waiting: Waiting,
    deadline: Option<Instant>,
    mut attempt: impl FnMut() -> Option<R>,
) -> Option<R> {
    let passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let mut has_ticked = false;
    loop {
        if !has_ticked && let Some(found) = waiting.look_on(meeting.turns(), deadline, &mut attempt) {
            return Some(found);
        }
        let announced = meeting.announce();
        if let Some(found) = attempt() {
            meeting.stay_up(announced);
            return Some(found);
        }
        if passed() {
            meeting.give_up(announced);
            return attempt();
        }
        has_ticked = meeting.wait_until(announced, deadline);
        // Before the deadline is looked at: a wake that was meant for us is answered (W3).
        if let Some(found) = attempt() {
            return Some(found);
        }
        if passed() {
            return None;
        }
    }
}

// By its path, because a bench compiles this file too, from elsewhere.
#[cfg(all(test, target_os = "linux"))]
#[path = "gate/processes.rs"]
mod processes;
#[cfg(test)]
#[path = "gate/tests.rs"]
mod tests;
