//! What a worker does in a place of a stage. The types of buffers and closures are known here, and erased above.

#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::error::{AnyBuffer, Panic};
use super::outcome::{AnyError, Flow};
use super::yard::{Berth, Yard};
use crate::memory::Value;
use crate::protocol::spares::Parcel;
use crate::ring::Buffer;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a worker has to work on: a parcel from the stage's line, and a free one, as the stage needs them.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub(super) taken: Option<Parcel>,
    pub(super) free: Option<Parcel>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Ran {
    /// A parcel for the next stage, its sequence, and how many elements the stage did.
    On(Parcel, u64, usize),
    /// A parcel went through the last stage; how many elements that did.
    Through(usize),
    /// The source has no more.
    Ended,
    /// The closure failed.
    Failed(Cause, AnyBuffer),
}

/// Why a closure did not return what it should.
#[derive(Debug)]
pub(super) enum Cause {
    Error(AnyError),
    Panic(Panic),
}

/// Free buffers, of whatever type.
pub(super) trait Free {
    /// Returns whether there is one just now.
    fn any(&self) -> bool;

    /// Takes one.
    fn take(&self) -> Option<Parcel>;

    /// Gives one back.
    fn put(&self, parcel: Parcel);

    /// Claims a first one for the run; returns whether the ring had any.
    fn prepare(&self) -> bool;
}

/// The work of one stage.
pub(super) trait Work: Send + Sync {
    /// Returns the free buffers, if the stage fills any.
    fn free(&self) -> Option<&dyn Free> {
        None
    }

    /// Does it.
    ///
    /// # Safety
    ///
    /// - The caller has one of the stage's places.
    /// - The load was taken from this stage's line and from its free buffers.
    unsafe fn run(&self, load: Load) -> Ran;
}

/// Runs a closure; a panic in it is a cause as good as an error.
fn attempt<V>(f: impl FnOnce() -> Result<V, AnyError>) -> Result<V, Cause> {
    // What the closure keeps is not used again after a panic: the run is over. The buffer goes to who may look at it.
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Cause::Error(error)),
        Err(payload) => Err(Cause::Panic(Panic::new(payload))),
    }
}

/// Takes the buffer out of its berth, for the failure to take along. The parcel goes with it.
fn failed<T: Value>(berth: &mut Berth<T>, cause: Cause) -> Ran {
    match berth.buffer.take() {
        Some(buffer) => Ran::Failed(cause, AnyBuffer::new(buffer)),
        // Only a failure takes a buffer away, and its parcel with it.
        None => Ran::Ended,
    }
}

/// Fills free buffers.
pub(super) struct SourceWork<T: Value, F> {
    pub(super) yard: Arc<Yard<T>>,
    pub(super) body: F,
    /// The number of the next buffer; whoever has the source's one place has it.
    pub(super) next: AtomicU64,
}

impl<T: Value, F> Work for SourceWork<T, F>
where
    F: Fn(&mut Buffer<T>) -> Result<Flow, AnyError> + Send + Sync,
{
    fn free(&self) -> Option<&dyn Free> {
        Some(&*self.yard)
    }

    unsafe fn run(&self, load: Load) -> Ran {
        let Some(mut parcel) = load.free else { return Ran::Ended };
        // ORDERING: Relaxed; ours alone as long as we have the place, and it came to us by TURN.
        let sequence = self.next.load(Relaxed);
        let fill = |berth: &mut Berth<T>| {
            let Some(buffer) = &mut berth.buffer else { return Ok((Flow::End, 0)) };
            berth.sequence = sequence;
            buffer.set_len(buffer.capacity());
            buffer.set_sequence(sequence);
            buffer.set_tag(0);
            match attempt(|| (self.body)(buffer)) {
                Ok(flow) => Ok((flow, buffer.len())),
                Err(cause) => Err(failed(berth, cause)),
            }
        };
        // SAFETY: the parcel is of the yard that the load was taken from (caller's duty).
        match unsafe { self.yard.with(&mut parcel, fill) } {
            Some(Ok((Flow::More, elements))) => {
                // ORDERING: Relaxed, as above.
                self.next.store(sequence + 1, Relaxed);
                Ran::On(parcel, sequence, elements)
            }
            Some(Err(failed)) => failed,
            Some(Ok((Flow::End, _))) | None => {
                self.yard.put(parcel);
                Ran::Ended
            }
        }
    }
}

/// Changes buffers in place and passes them on, or, as the last stage, gives them back.
pub(super) struct StageWork<T: Value, F> {
    pub(super) yard: Arc<Yard<T>>,
    pub(super) body: F,
    pub(super) is_last: bool,
}

impl<T: Value, F> Work for StageWork<T, F>
where
    F: Fn(&mut Buffer<T>) -> Result<(), AnyError> + Send + Sync,
{
    unsafe fn run(&self, load: Load) -> Ran {
        let Some(mut parcel) = load.taken else { return Ran::Ended };
        let change = |berth: &mut Berth<T>| {
            let Some(buffer) = &mut berth.buffer else { return Ok((0, 0)) };
            let elements = buffer.len();
            match attempt(|| (self.body)(buffer)) {
                Ok(()) => Ok((berth.sequence, elements)),
                Err(cause) => Err(failed(berth, cause)),
            }
        };
        // SAFETY: the parcel came through the line, where the stage before put it, which has the same yard.
        match unsafe { self.yard.with(&mut parcel, change) } {
            Some(Ok((_, elements))) if self.is_last => {
                self.yard.put(parcel);
                Ran::Through(elements)
            }
            Some(Ok((sequence, elements))) => Ran::On(parcel, sequence, elements),
            Some(Err(failed)) => failed,
            None => Ran::Ended,
        }
    }
}

/// Fills buffers of one ring from those of another.
pub(super) struct ConvertWork<A: Value, B: Value, F> {
    pub(super) from: Arc<Yard<A>>,
    pub(super) to: Arc<Yard<B>>,
    pub(super) body: F,
}

impl<A: Value, B: Value, F> Work for ConvertWork<A, B, F>
where
    F: Fn(&mut Buffer<A>, &mut Buffer<B>) -> Result<(), AnyError> + Send + Sync,
{
    fn free(&self) -> Option<&dyn Free> {
        Some(&*self.to)
    }

    unsafe fn run(&self, load: Load) -> Ran {
        let (Some(mut taken), Some(mut free)) = (load.taken, load.free) else { return Ran::Ended };
        let convert = |read: &mut Berth<A>, written: &mut Berth<B>| {
            let (Some(from), Some(to)) = (&mut read.buffer, &mut written.buffer) else { return Ok((0, 0)) };
            written.sequence = read.sequence;
            to.set_len(to.capacity());
            to.set_sequence(from.sequence());
            to.set_tag(from.tag());
            let elements = from.len();
            match attempt(|| (self.body)(from, to)) {
                Ok(()) => Ok((read.sequence, elements)),
                Err(cause) => Err(failed(read, cause)),
            }
        };
        let read = |read: &mut Berth<A>| {
            // SAFETY: the parcel was taken from this yard (caller's duty).
            unsafe { self.to.with(&mut free, |written| convert(read, written)) }
        };
        // SAFETY: the parcel came through the line, where the stage before put it, which has this yard.
        let ran = unsafe { self.from.with(&mut taken, read) };
        match ran.flatten() {
            Some(Ok((sequence, elements))) => {
                self.from.put(taken);
                Ran::On(free, sequence, elements)
            }
            Some(Err(failed)) => {
                self.to.put(free);
                failed
            }
            None => Ran::Ended,
        }
    }
}
