//! One scenario of a model: what runs, over which futex, within which bound.

// The count outlives an execution, as loom's own atomics cannot.
#![allow(clippy::disallowed_types)]

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::sync::futex::{self, Fidelity};
use crate::sync::step;

/// No victim of a model passes so many steps.
const MOST_STEPS: usize = 200;

/// The futexes that a protocol which sleeps has to hold over.
const FUTEXES: [Fidelity; 2] = [Fidelity::Strong, Fidelity::Weak(1)];

/// A scenario of a model, over one kind of futex.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The protocol file, what happens, and over which futex if any.
    pub name: String,
    /// The most preemptions of an execution that are explored; `None` explores all.
    pub preemptions: Option<usize>,
    fidelity: Fidelity,
    /// How many may die.
    victims: usize,
    execution: fn(),
}

impl Scenario {
    /// Makes the scenario of a protocol that never sleeps.
    pub(crate) fn new(name: &str, preemptions: Option<usize>, execution: fn()) -> Self {
        Self { name: name.to_string(), preemptions, fidelity: Fidelity::Strong, victims: 0, execution }
    }

    /// Makes the scenarios of a protocol that sleeps, one over each kind of futex.
    pub(crate) fn over_futexes(name: &str, preemptions: Option<usize>, execution: fn()) -> Vec<Self> {
        FUTEXES
            .map(|fidelity| Self {
                name: format!("{name} [{fidelity}]"),
                preemptions,
                fidelity,
                victims: 0,
                execution,
            })
            .to_vec()
    }

    /// Makes the scenario of a protocol that sleeps for a tick at a time, because those who would wake it may die.
    pub(crate) fn over_ticks(name: &str, preemptions: Option<usize>, execution: fn()) -> Self {
        let fidelity = Fidelity::Ticking(1);
        Self { name: format!("{name} [{fidelity}]"), preemptions, fidelity, victims: 0, execution }
    }

    /// Makes it a scenario in which so many victims may die, each at any of its steps or at none.
    pub(crate) fn deaths(self, victims: usize) -> Self {
        Self { victims, ..self }
    }

    /// Explores the scenario and returns how many executions that took.
    ///
    /// # Panics
    ///
    /// If an execution fails.
    pub fn explore(&self) -> usize {
        let mut executions = 0;
        self.explore_deaths(&mut Vec::new(), &mut executions);
        executions
    }

    /// Explores all deaths of the victims after those whose last steps are given; returns which victims ever died there.
    fn explore_deaths(&self, at: &mut Vec<usize>, executions: &mut usize) -> Vec<bool> {
        if at.len() == self.victims {
            return self.explore_one(at, executions);
        }
        let mut have_died = vec![false; self.victims];
        for last in 1..MOST_STEPS {
            at.push(last);
            let died = self.explore_deaths(at, executions);
            at.pop();
            have_died.iter_mut().zip(&died).for_each(|(ever, now)| *ever |= now);
            // It ended first, in every execution.
            if !died[at.len()] {
                return have_died;
            }
        }
        panic!("a victim of {} passes more than {MOST_STEPS} steps", self.name);
    }

    /// Explores the scenario with the victims' last steps given; returns which of them died in some execution.
    fn explore_one(&self, at: &[usize], executions: &mut usize) -> Vec<bool> {
        let count = Arc::new(AtomicUsize::new(0));
        let died = Arc::new(Mutex::new(vec![false; self.victims]));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.preemptions;
        let (counted, noted, at) = (count.clone(), died.clone(), at.to_vec());
        let (fidelity, execution) = (self.fidelity, self.execution);
        builder.check(move || {
            counted.fetch_add(1, Relaxed);
            let now = step::with_deaths(&at, || futex::with(fidelity, execution));
            let mut ever = noted.lock().unwrap_or_else(PoisonError::into_inner);
            ever.iter_mut().zip(now).for_each(|(ever, now)| *ever |= now);
        });
        *executions += count.load(Relaxed);
        died.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
