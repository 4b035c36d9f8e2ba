//! The life of workers: where they live, who is on duty, what they keep, how they end.

pub(super) mod homes;
pub(super) mod placement;
