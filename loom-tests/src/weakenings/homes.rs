//! The homes.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[Weakening {
    file: Protocol("homes"),
    lacks: "the exchange (H1)",
    line: "Some(self.spare.swap(home, Relaxed))",
    instead: "let spare = self.spare.load(Relaxed); self.spare.store(home, Relaxed); Some(spare)",
    scenario: "homes: two helpers make way",
    objection: Assertion,
}];
