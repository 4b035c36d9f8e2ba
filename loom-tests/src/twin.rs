//! Protocols with one line weakened, and who has to object.

use crate::Scenario;
use crate::weakenings::{self, Objection, Weakening};

/// Copies with one line weakened each, and their models beside them.
// The build script wrote them. What they lack makes more unused than their lines.
#[allow(warnings, clippy::all)]
mod copies {
    include!(concat!(env!("OUT_DIR"), "/copies.rs"));
}

/// A weakened twin of a protocol.
#[derive(Debug)]
pub struct Twin {
    /// The protocol file, and what it lacks.
    pub name: String,
    /// The scenario that has to refute it.
    pub scenario: Scenario,
    /// How.
    pub objection: Objection,
}

/// Returns every weakened twin.
///
/// # Panics
///
/// If an entry of `weakenings/` names a scenario that its model does not have.
pub fn twins() -> Vec<Twin> {
    let twin = |(weakening, model): (&Weakening, &fn() -> Vec<Scenario>)| {
        let scenario = model().into_iter().find(|scenario| scenario.name.starts_with(weakening.scenario));
        let Some(scenario) = scenario else {
            panic!("{}: there is no {}", weakening.name(), weakening.scenario);
        };
        Twin { name: weakening.name(), scenario, objection: weakening.objection }
    };
    weakenings::all().zip(copies::MODELS).map(twin).collect()
}

impl Objection {
    /// Returns whether a failed model's words raise this objection.
    pub fn is_in(self, words: &str) -> bool {
        let race = ["Causality violation", "currently writing to cell", "currently reading from cell"];
        let raised = if words.contains("deadlock; threads") {
            Self::Deadlock
        } else if race.iter().any(|message| words.contains(message)) {
            Self::Race
        } else if words.contains("panicked at") && !words.contains("/loom-0.") {
            Self::Assertion
        } else {
            return false;
        };
        raised == self
    }
}
