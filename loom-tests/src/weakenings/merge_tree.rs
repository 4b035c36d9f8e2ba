//! The merge tree.

use super::File::Protocol;
use super::Objection::Race;
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("merge_tree"),
        lacks: "MERGE, the release",
        line: "fetch_add(1, AcqRel)",
        instead: "fetch_add(1, Ordering::Acquire)",
        scenario: "merge_tree: three leaves, two workers",
        objection: Race,
    },
    Weakening {
        file: Protocol("merge_tree"),
        lacks: "MERGE, the acquire",
        line: "fetch_add(1, AcqRel)",
        instead: "fetch_add(1, Ordering::Release)",
        scenario: "merge_tree: three leaves, two workers",
        objection: Race,
    },
];
