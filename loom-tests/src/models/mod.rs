//! One model for each file of `src/protocol/`.

// A model that panics has failed, which is what a failed `unwrap` means here.
#![allow(clippy::unwrap_used)]

use crate::protocol;
use crate::scenario::Scenario;

mod sleep;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [sleep::scenarios()].concat()
}
