//! What the pool counts of a task, from its submission to its end.

use super::super::crew::Crew;
use super::super::metrics::{DroppedTask, Outcome, Running};
use super::job::{Head, Unrun};
use super::options::Lane;

/// How many tasks are taken from a lane between two looks at how full it is.
const LOOK_AT_EACH: u64 = 64;

impl Head {
    /// Notes that worker `number` begins with the task.
    #[inline]
    pub(super) fn begin<'a>(&self, crew: &'a Crew, number: usize) -> Running<'a> {
        let started = crew.metrics.now();
        crew.metrics.worker(number).begin(self.label, self.lane as usize, self.submitted, started)
    }

    /// Counts the task, which has run. Whoever waits for it learns of its end afterwards.
    #[inline]
    pub(super) fn count(&self, crew: &Crew, running: Running<'_>, has_panicked: bool) {
        let ended = crew.metrics.now();
        let outcome = if has_panicked {
            Outcome::Panicked
        } else if self.claim.is_asked_to_stop() {
            Outcome::Cancelled
        } else if self.is_over_budget(ended.since(running.started())) {
            Outcome::Overdue
        } else {
            Outcome::Done
        };
        running.end(ended, outcome);
    }

    #[inline]
    fn is_over_budget(&self, nanoseconds: Option<u64>) -> bool {
        let budget = self.terms.as_ref().and_then(|terms| terms.run_budget);
        budget
            .zip(nanoseconds)
            .is_some_and(|(budget, nanoseconds)| u128::from(nanoseconds) > budget.as_nanos())
    }

    /// Counts the task, which will not run.
    pub(super) fn count_unrun(&self, crew: &Crew, number: usize, why: Unrun) {
        let outcome = match why {
            Unrun::Cancelled | Unrun::Closed => Outcome::Cancelled,
            Unrun::Overdue => Outcome::Overdue,
            // Counted by which of the tasks in the lane had to go.
            Unrun::Dropped => return,
        };
        crew.metrics.worker(number).never_ran(self.label, self.lane as usize, outcome);
    }

    pub(super) fn count_dropped(&self, crew: &Crew, which: DroppedTask) {
        crew.metrics.dropped(self.lane as usize, which);
    }

    pub(super) fn count_rejected(&self, crew: &Crew) {
        crew.metrics.rejected(self.lane as usize);
    }

    pub(super) fn count_run_here(&self, crew: &Crew) {
        crew.metrics.ran_here(self.lane as usize);
    }

    /// Looks now and then how full the lane is that the task was just taken from.
    #[inline]
    pub(crate) fn look_at_depth(&self, crew: &Crew) {
        if self.worker().is_none() && crew.tasks.taken_from(self.lane).is_multiple_of(LOOK_AT_EACH) {
            note_depth(crew, self.lane);
        }
    }
}

/// Notes how full a lane is.
pub(super) fn note_depth(crew: &Crew, lane: Lane) {
    crew.metrics.depth(lane as usize, crew.tasks.depth_of(lane) + 1);
}
