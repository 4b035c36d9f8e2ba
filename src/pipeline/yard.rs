//! The buffers of one ring that a run uses.
//!
//! A parcel of the yard's spares stands for one of its buffers, so that lines of any stage can hold it, and whoever has
//! the parcel has the buffer. Buffers join one by one, when no other is free, and stay until the run is over; dropping the
//! yard gives them back to their ring.
//!
//! - Y1: a berth is used by whoever has its parcel, and by nobody else (D1, D3). What one does to it is seen by the
//!   next (SPARE, PARCEL).

#![allow(unsafe_code)]

use super::work::Free;
use crate::memory::Value;
use crate::protocol::spares::{Parcel, Spares};
use crate::ring::{Buffer, Ring};
use crate::sync::UnsafeCell;

/// One buffer of a run and what the run knows of it.
#[derive(Debug)]
pub(super) struct Berth<T: Value> {
    /// None once a failure took it along.
    pub(super) buffer: Option<Buffer<T>>,
    /// Its number in the order of the source. The buffer has it too, but there the user may change it.
    pub(super) sequence: u64,
}

/// The buffers of one ring that a run uses.
#[derive(Debug)]
pub(super) struct Yard<T: Value> {
    ring: Ring<T>,
    berths: Box<[UnsafeCell<Option<Berth<T>>>]>,
    spares: Spares,
}

// SAFETY: a berth is used by one thread at a time (Y1), and buffers are `Send`. The rest is shared as it is.
unsafe impl<T: Value> Sync for Yard<T> {}

impl<T: Value> Yard<T> {
    pub(super) fn new(ring: Ring<T>) -> Self {
        let most = ring.buffers();
        Self {
            berths: (0..most).map(|_| UnsafeCell::new(None)).collect(),
            // A ring numbers its slots in 24 bits.
            spares: Spares::new(most as u32),
            ring,
        }
    }

    /// Returns the most buffers that a run can use.
    pub(super) fn most(&self) -> usize {
        self.berths.len()
    }

    /// Claims one more buffer of the ring, if one is free, and makes it the run's.
    fn join(&self) -> Option<Parcel> {
        if !self.spares.may_adopt() {
            return None;
        }
        // No error but that there is none: the run goes on with those that it has.
        let buffer = self.ring.try_claim().ok()?;
        // Each buffer of the ring joins once, so there is a berth for it.
        let parcel = self.spares.adopt();
        self.berths[parcel.number() as usize].with_mut(|berth| {
            // SAFETY: valid, and nobody else's: the parcel is new and ours (Y1).
            let berth = unsafe { &mut *berth };
            *berth = Some(Berth { buffer: Some(buffer), sequence: 0 });
        });
        Some(parcel)
    }

    /// Runs `f` on the berth of a parcel; none if its buffer is gone.
    ///
    /// # Safety
    ///
    /// - The parcel is of this yard.
    pub(super) unsafe fn with<R>(
        &self,
        parcel: &mut Parcel,
        f: impl FnOnce(&mut Berth<T>) -> R,
    ) -> Option<R> {
        self.berths[parcel.number() as usize].with_mut(|berth| {
            // SAFETY: valid, and nobody else's as long as we have the parcel (caller's duty, Y1), which is borrowed.
            let berth = unsafe { &mut *berth };
            berth.as_mut().map(f)
        })
    }
}

impl<T: Value> Free for Yard<T> {
    fn any(&self) -> bool {
        self.spares.any() || self.spares.may_adopt() && self.ring.free() > 0
    }

    /// One that was used before, or else one more of the ring's.
    fn take(&self) -> Option<Parcel> {
        self.spares.take().or_else(|| self.join())
    }

    fn put(&self, parcel: Parcel) {
        self.spares.put(parcel);
    }

    fn prepare(&self) -> bool {
        self.join().map(|parcel| self.put(parcel)).is_some()
    }
}
