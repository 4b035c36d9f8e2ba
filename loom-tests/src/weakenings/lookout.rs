//! The lookout.

use super::File::{Model, Protocol};
use super::Objection::{Assertion, Deadlock};
use super::Weakening;

pub(super) const WEAKENINGS: &[Weakening] = &[
    Weakening {
        file: Protocol("lookout"),
        lacks: "LOOKING, the submitter's fence",
        line: "        // ORDERING: LOOKING, the submitter's side.\n        fence::after_exchange();\n",
        instead: "",
        scenario: "lookout: one helper, one job [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("lookout"),
        lacks: "LOOKING, the fence of who looked and found",
        line: "        self.end(looking);\n        // ORDERING: LOOKING, the side of those who look. Behind the exchange that ends it.\n        fence::after_exchange();\n",
        instead: "        self.end(looking);\n",
        scenario: "lookout: two helpers, two jobs [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("lookout"),
        lacks: "the end",
        line: "        self.looking.fetch_sub(1, Relaxed);\n",
        instead: "",
        scenario: "lookout: one helper, one job [strong",
        objection: Assertion,
    },
    Weakening {
        file: Model("lookout"),
        lacks: "the end before the last look (K1)",
        line: "        self.lookout.end(looking);\n        false\n",
        instead: "        let announced = self.bed.announce();\n        let any = self.has_any();\n        self.lookout.end(looking);\n        \
                  if any { self.bed.stay_up(announced); } else { self.bed.wait(announced); }\n        false\n",
        scenario: "lookout: one helper, one job [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("lookout"),
        lacks: "the last look of who found nothing (K1)",
        line: "            if self.has_any() {\n                self.bed.stay_up(announced);",
        instead: "            if false {\n                self.bed.stay_up(announced);",
        scenario: "lookout: one helper, one job [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Model("lookout"),
        lacks: "the call for help of who found something (K1)",
        line: "            self.lookout.end_with_work(looking);\n            self.call_for_help();\n",
        instead: "            self.lookout.end_with_work(looking);\n",
        scenario: "lookout: two helpers, two jobs [strong",
        objection: Deadlock,
    },
    Weakening {
        file: Protocol("lookout"),
        lacks: "LOOKING, the fence of who was woken",
        line: "    pub(crate) fn arrive(&self) {\n        // ORDERING: LOOKING, the side of those who look. Behind the exchange by which the caller departed.\n        fence::after_exchange();\n",
        instead: "    pub(crate) fn arrive(&self) {\n",
        scenario: "lookout: two helpers, two jobs [weak",
        objection: Deadlock,
    },
    Weakening {
        file: Model("lookout"),
        lacks: "the call for help of who was woken (K1)",
        line: "                return self.call_for_help();",
        instead: "                return;",
        scenario: "lookout: two helpers, two jobs [strong",
        objection: Deadlock,
    },
];
