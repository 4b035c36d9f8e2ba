//! One scenario of a model: what runs, over which futex, within which bound.

// The count outlives an execution, as loom's own atomics cannot.
#![allow(clippy::disallowed_types)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::sync::futex::{self, Fidelity};

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
    execution: fn(),
}

impl Scenario {
    /// Makes the scenario of a protocol that never sleeps.
    pub(crate) fn new(name: &str, preemptions: Option<usize>, execution: fn()) -> Self {
        Self { name: name.to_string(), preemptions, fidelity: Fidelity::Strong, execution }
    }

    /// Makes the scenarios of a protocol that sleeps, one over each kind of futex.
    pub(crate) fn over_futexes(name: &str, preemptions: Option<usize>, execution: fn()) -> Vec<Self> {
        FUTEXES
            .map(|fidelity| Self { name: format!("{name} [{fidelity}]"), preemptions, fidelity, execution })
            .to_vec()
    }

    /// Makes the scenario of a protocol that sleeps for a tick at a time, because those who would wake it may die.
    pub(crate) fn over_ticks(name: &str, preemptions: Option<usize>, execution: fn()) -> Self {
        let fidelity = Fidelity::Ticking(1);
        Self { name: format!("{name} [{fidelity}]"), preemptions, fidelity, execution }
    }

    /// Explores the scenario and returns how many executions that took.
    ///
    /// # Panics
    ///
    /// If an execution fails.
    pub fn explore(&self) -> usize {
        let executions = Arc::new(AtomicUsize::new(0));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.preemptions;
        let (count, fidelity, execution) = (executions.clone(), self.fidelity, self.execution);
        builder.check(move || {
            count.fetch_add(1, Relaxed);
            futex::with(fidelity, execution);
        });
        executions.load(Relaxed)
    }
}
