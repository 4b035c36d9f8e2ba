//! What lanes and stages have in common: looking at the publisher they follow, and waiting for it.

use std::time::Instant;

use super::core::Core;
use super::pace::Pace;
use super::{ReadError, TryReadError};
use crate::memory::Value;
use crate::protocol::stream::Follower;

/// Looks for elements. `Ok` if there are any.
#[inline]
pub(super) fn look<T: Value>(
    core: &Core<T>,
    follower: &mut Follower,
    pace: &mut Pace,
) -> Result<(), TryReadError> {
    if pace.look(core.enough_to_read(), 1, || core.cursors.look(follower)) > 0 {
        Ok(())
    } else if follower.is_drained() {
        Err(TryReadError::Closed)
    } else {
        Err(TryReadError::Empty)
    }
}

/// Waits for elements. `Ok` if there are any.
#[inline]
pub(super) fn wait<T: Value>(
    core: &Core<T>,
    follower: &mut Follower,
    pace: &mut Pace,
    deadline: Option<Instant>,
) -> Result<(), ReadError> {
    let gate = core.ready(follower.upstream());
    let found = gate.wait(deadline, || match look(core, follower, pace) {
        Ok(()) => Some(Ok(())),
        Err(TryReadError::Closed) => Some(Err(ReadError::Closed)),
        Err(TryReadError::Empty) => None,
    });
    found.unwrap_or(Err(ReadError::TimedOut))
}
