//! A future that waits at a gate.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::gate::{Gate, Place};

/// Waits at `gate` until `attempt` gives something.
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub(crate) struct Wait<'a, A> {
    gate: &'a Gate,
    place: Place,
    attempt: A,
}

impl<'a, A> Wait<'a, A> {
    pub(crate) fn new(gate: &'a Gate, attempt: A) -> Self {
        Self { gate, place: Place::default(), attempt }
    }
}

impl<R, A: FnMut() -> Option<R> + Unpin> Future for Wait<'_, A> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let Self { gate, place, attempt } = &mut *self;
        gate.poll(cx, place, attempt)
    }
}

impl<A> Drop for Wait<'_, A> {
    fn drop(&mut self) {
        self.gate.leave(&mut self.place);
    }
}
