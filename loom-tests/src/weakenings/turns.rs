//! Where the other side runs.

use super::File::Protocol;
use super::Objection::Assertion;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[Weakening {
    file: Protocol("turns"),
    lacks: "the note",
    line: "            self.cpu.store(cpu, Relaxed);\n",
    instead: "",
    scenario: "turns: two note, one asks",
    objection: Assertion,
}];
