//! Taking a task in: into its lane, or whatever else its submitter chose, and waking somebody for it.
//!
//! - E1: no task is lost to a pool that closes. A submitter looks, after a fence, whether the pool was closed while it
//!   submitted; if so nobody may be there for its task, and it ends the task itself unless somebody has it. If not, whoever closes and
//!   every thread that leaves comes later with its own fence, and finds the task in its lane, or on its way into it (LEAVING of
//!   the bed). It ends no other's task: a pool that drains runs those.

use std::cell::Cell;

use super::super::attention::Attention;
use super::super::crew::Crew;
use super::super::current;
use super::super::handle::Pool;
use super::super::metrics::DroppedTask;
use super::super::staff::Staff;
use super::counted::note_depth;
use super::error::Refusal;
use super::hand::Hand;
use super::job::{Unrun, Work, end_unrun, run_by};
use super::options::{WhenFull, after};
use crate::sync::thread;

/// How many tasks run inside of each other, each at the submission of the next, at most: a task that submits its like to a full
/// lane would else never come back from it, and use up the stack.
const MOST_NESTED: u32 = 64;

thread_local! {
    static NESTED: Cell<u32> = const { Cell::new(0) };
}

/// One more task that runs at its submission, until this is dropped.
struct Nested(());

impl Nested {
    fn begin() -> Option<Self> {
        let nested = NESTED.get();
        (nested < MOST_NESTED).then(|| {
            NESTED.set(nested + 1);
            Self(())
        })
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        NESTED.set(NESTED.get() - 1);
    }
}

impl Pool {
    /// Takes a task in, or says why not.
    pub(super) fn enqueue(&self, work: Hand<dyn Work>, when_full: WhenFull) -> Result<(), Refusal> {
        let crew = self.crew();
        crew.can_take_tasks()?;
        if let Some(worker) = work.head().worker()
            && !(1..=crew.workers()).contains(&worker)
        {
            return Err(Refusal::NoSuchWorker { worker, workers: crew.workers() });
        }
        let worker = work.head().worker();
        if crew.roster.is_short() && !Staff::fill_for_tasks(self, worker).map_err(Refusal::Spawn)? {
            return Err(Refusal::Broken);
        }
        let lane = work.head().lane;
        match crew.tasks.push(work) {
            Ok(()) => {}
            Err(work) => {
                if !self.at_full(work, when_full)? {
                    return Ok(());
                }
            }
        }
        if worker.is_some() {
            crew.metrics.submitted(lane as usize);
        }
        crew.tell_of_task(worker);
        Ok(())
    }

    /// Does what the submitter chose for a full lane; returns whether the task is in its lane.
    #[cold]
    fn at_full(&self, work: Hand<dyn Work>, when_full: WhenFull) -> Result<bool, Refusal> {
        let crew = self.crew();
        let capacity = crew.tasks.capacity();
        note_depth(crew, work.head().lane);
        let full = |work: Hand<dyn Work>| {
            work.head().count_rejected(crew);
            Refusal::Full { capacity }
        };
        let is_closed = || crew.bed.is_closed();
        match when_full {
            WhenFull::GiveBack => Err(full(work)),
            WhenFull::DropNewest => {
                let is_dropped = end_unrun(work.clone(), crew, Unrun::Dropped);
                if is_dropped {
                    work.head().count_dropped(crew, DroppedTask::Newest);
                }
                Ok(!is_dropped)
            }
            WhenFull::DropOldest => {
                let mut waiting = work;
                while let Err(work) = crew.tasks.push(waiting) {
                    if !crew.tasks.drop_oldest(crew, &work) {
                        thread::yield_now();
                    }
                    waiting = work;
                }
                Ok(true)
            }
            // Nobody waits for room who may be in the way of those who make it.
            WhenFull::Wait | WhenFull::WaitFor(_) if !current::is_in_the_way() => {
                let deadline = match when_full {
                    WhenFull::WaitFor(duration) => after(duration),
                    _ => None,
                };
                crew.tasks
                    .push_when_there_is_room(work, &crew.turns, deadline, is_closed)
                    .map_err(|work| if is_closed() { Refusal::Closed } else { full(work) })?;
                Ok(true)
            }
            WhenFull::Wait | WhenFull::WaitFor(_) | WhenFull::RunHere => {
                let Some(_nested) = Nested::begin() else { return Err(full(work)) };
                work.head().count_run_here(crew);
                run_by(work, self, current::number_in(crew), &mut Attention::elsewhere(crew));
                Ok(false)
            }
        }
    }
}

impl Crew {
    /// Refuses tasks where there is, or will be, nobody to run them.
    fn can_take_tasks(&self) -> Result<(), Refusal> {
        if self.is_forked() {
            return Err(Refusal::Forked);
        }
        if self.bed.is_closed() {
            return Err(Refusal::Closed);
        }
        Ok(())
    }

    /// Returns whether somebody sleeps, and fewer are on their way than there are tasks: who is woken looks as if it had
    /// looked all the time (K1).
    fn is_worth_a_wake(&self) -> bool {
        let (asleep, on_their_way) = self.bed.asleep_and_waking();
        asleep > 0 && (on_their_way == 0 || (on_their_way as usize) < self.tasks.depth())
    }

    /// Sees to it that somebody finds the task that was put into a lane.
    fn tell_of_task(&self, worker: Option<usize>) {
        // K1: who looks around finds it. The fence is E1's too: the caller now looks whether the pool is closed.
        let somebody_looks = self.lookout.anyone();
        match worker {
            // Only one will do, and the bed does not know who sleeps in it.
            Some(worker) => {
                self.notify(u32::MAX);
                self.roster.room(worker).notify(1);
                if self.roster.is_given_up(worker) {
                    self.tasks.sweep_own(self, worker, Unrun::Closed);
                }
            }
            None if !somebody_looks && self.is_worth_a_wake() => _ = self.notify(1),
            None => {}
        }
        if self.roster.is_lost() {
            self.tasks.sweep(self, Unrun::Closed);
        }
    }
}
