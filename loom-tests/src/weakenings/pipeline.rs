//! What a pipeline's workers owe to its protocols.

use super::File::Model;
use super::Objection::Deadlock;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Model("pipeline"),
        lacks: "the call for help",
        line: "                self.bed.notify(1);\n",
        instead: "",
        scenario: "pipeline: one calls the other [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("pipeline"),
        lacks: "the second look",
        line: "            if let Some(found) = self.look_around() {\n                self.bed.stay_up(announced);\n                return found;\n            }\n            self.bed.wait",
        instead: "            self.bed.wait",
        scenario: "pipeline: two workers, one parcel [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("pipeline"),
        lacks: "the wake when all are home",
        line: "        if self.course.come_home() {\n            self.bed.notify(u32::MAX);",
        instead: "        if self.course.come_home() {",
        scenario: "pipeline: two workers, one parcel [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("pipeline"),
        lacks: "the wake of who stops",
        line: "    assert!(world.course.stop());\n    world.bed.notify(u32::MAX);",
        instead: "    assert!(world.course.stop());",
        scenario: "pipeline: one stops two [strong",
        objection: Deadlock,
    },
];
