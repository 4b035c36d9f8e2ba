//! The life of workers: where they live, who is on duty, what they keep, how they end.

pub(super) mod blocking;
mod fork;
pub(super) mod health;
pub(super) mod homes;
pub(super) mod hooks;
pub(super) mod limits;
pub(super) mod local;
pub(super) mod placement;
pub(super) mod resize;
