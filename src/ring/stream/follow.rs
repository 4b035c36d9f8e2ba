//! What lanes and stages have in common: looking at the publisher they follow, and waiting for it.

use std::time::Instant;

use super::super::future::Wait;
use super::core::Core;
use super::pace::{Pace, look_on};
use super::{ReadError, TryReadError};
use crate::memory::Value;
use crate::protocol::stream::Follower;

/// Looks for elements, once: the caller may have other things to do than to wait for more. `Ok` if there are any.
#[inline]
pub(super) fn glance<T: Value>(core: &Core<T>, follower: &mut Follower) -> Result<(), TryReadError> {
    match core.cursors.look(follower) {
        0 if follower.is_drained() => Err(TryReadError::Closed),
        0 => Err(TryReadError::Empty),
        _ => Ok(()),
    }
}

/// Looks for elements, at a pace. `Ok` if there are any.
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
    let mut attempt = || attempt(core, follower, pace);
    let found = look_on(gate, &mut attempt).or_else(|| gate.wait(deadline, attempt));
    found.unwrap_or(Err(ReadError::TimedOut))
}

/// Waits for elements as a task. `Ok` if there are any.
pub(super) async fn wait_async<T: Value>(
    core: &Core<T>,
    follower: &mut Follower,
    pace: &mut Pace,
) -> Result<(), ReadError> {
    let gate = core.ready(follower.upstream());
    Wait::new(gate, || attempt(core, follower, pace)).await
}

/// Looks for elements; none if there are none yet.
#[inline]
fn attempt<T: Value>(
    core: &Core<T>,
    follower: &mut Follower,
    pace: &mut Pace,
) -> Option<Result<(), ReadError>> {
    match look(core, follower, pace) {
        Ok(()) => Some(Ok(())),
        Err(TryReadError::Closed) => Some(Err(ReadError::Closed)),
        Err(TryReadError::Empty) => None,
    }
}
