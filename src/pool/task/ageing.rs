//! Which lane a worker takes from: the most urgent one, unless another has been passed over too often.

use super::options::{LANES, Lane};

/// How often a lane that has something is passed over before it goes first: never, for the first.
const PATIENCE: [u32; LANES] = [u32::MAX, 8, 64];

/// Whose turn it is, as one worker counts.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    passed_over: [u32; LANES],
    tasks_first: bool,
    ran_task_last: bool,
}

impl Turn {
    /// Returns whether tasks come before loops this time.
    pub(crate) fn is_for_tasks(&self) -> bool {
        self.tasks_first
    }

    pub(crate) fn ran_loop(&mut self) {
        self.tasks_first = true;
        self.ran_task_last = false;
    }

    pub(crate) fn ran_task(&mut self) {
        self.tasks_first = false;
        self.ran_task_last = true;
    }

    /// Returns whether what the worker did last was a task.
    pub(crate) fn ran_task_last(&self) -> bool {
        self.ran_task_last
    }

    /// Returns the lane's number that goes first: the one passed over too often, the last such if there are several.
    pub(super) fn first(&self) -> Option<usize> {
        (0..LANES).rev().find(|&lane| self.passed_over[lane] >= PATIENCE[lane])
    }

    /// Notes that a task was taken from a lane, while others had tasks or not.
    pub(super) fn took(&mut self, from: Lane, has_any: impl Fn(usize) -> bool) {
        let from = from as usize;
        self.passed_over[from] = 0;
        for lane in from + 1..LANES {
            if has_any(lane) {
                self.passed_over[lane] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes once from lanes of which some have tasks; returns which it takes from.
    fn take(turn: &mut Turn, has: [bool; LANES]) -> Option<usize> {
        let order = turn.first().into_iter().chain(0..LANES);
        let lane = order.into_iter().find(|&lane| has[lane])?;
        turn.took(Lane::ALL[lane], |lane| has[lane]);
        Some(lane)
    }

    #[test]
    fn while_all_are_full_each_has_its_part() {
        let mut turn = Turn::default();
        let mut taken = [0; LANES];
        for _ in 0..6_500 {
            taken[take(&mut turn, [true; LANES]).unwrap()] += 1;
        }
        assert_eq!(taken[2], 100);
        assert!((700..730).contains(&taken[1]), "{taken:?}");
    }

    proptest! {
        #[test]
        fn no_lane_is_passed_over_for_long(has in prop::collection::vec(any::<[bool; LANES]>(), 1..500)) {
            let mut turn = Turn::default();
            let mut waited = [0_u32; LANES];
            for has in has {
                let taken = take(&mut turn, has);
                prop_assert_eq!(taken.is_none(), has == [false; LANES]);
                for lane in 0..LANES {
                    waited[lane] = if taken == Some(lane) { 0 } else { waited[lane] + u32::from(has[lane]) };
                }
                // A turn that came while a lower lane had its own may be put off once for it.
                prop_assert!(waited[1] <= PATIENCE[1] + 2 && waited[2] <= PATIENCE[2] + 1);
            }
        }
    }
}
