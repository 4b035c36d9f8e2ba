//! A worker that never sleeps between two rings: jobs go there in one, answers come back in the other.
//!
//! Each slot holds a value beside its sequence, so a job and its answer are a line each. What to do with a job is fixed
//! before. The worker lives only while a sample is taken, for a spinning thread takes its CPU from every other row.
//!
//! - J1: the writer of a ring fills slot `p` before it stores `p + 1` in the slot's sequence, the reader empties it after.
//! - J2: no more than `CAPACITY` jobs are posted beyond those whose answers were taken (`post` asserts it). An answer was
//!   taken after it was written, which was after its job was read: so a slot that is filled again has been emptied.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::common::cpus::{current_cpu, leave_cpu};

/// Slots of each ring: a power of two that ten thousand jobs fit in.
pub const CAPACITY: usize = 1 << 14;

struct Slot<T> {
    sequence: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

struct Ring<T>(Box<[Slot<T>]>);

// SAFETY: the cells are all that keeps it from being shared, and no two threads touch one at once (J1, J2).
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    fn new() -> Self {
        let slot = |_| Slot { sequence: AtomicU64::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) };
        Self((0..CAPACITY).map(slot).collect())
    }

    #[inline(always)]
    fn slot(&self, position: u64) -> &Slot<T> {
        &self.0[position as usize & (CAPACITY - 1)]
    }

    /// Fills slot `position`, in order.
    #[inline(always)]
    fn write(&self, position: u64, value: T) {
        let slot = self.slot(position);
        // SAFETY: the slot was emptied (J2), and its reader waits for the store below (J1).
        unsafe { slot.value.get().write(MaybeUninit::new(value)) };
        slot.sequence.store(position + 1, Ordering::Release);
    }

    /// Empties slot `position` if it is full, in order.
    #[inline(always)]
    fn read(&self, position: u64) -> Option<T> {
        let slot = self.slot(position);
        if slot.sequence.load(Ordering::Acquire) != position + 1 {
            return None;
        }
        // SAFETY: it was filled, and the writer does not come back before we are done (J1, J2).
        let value = unsafe { slot.value.get().read() };
        // SAFETY: filled means that the value was written whole (J1); nobody reads it again, each position once.
        Some(unsafe { value.assume_init() })
    }
}

/// The caller's side: jobs of type `J`, answers of type `A`.
pub struct Jobs<'a, J, A> {
    there: &'a Ring<J>,
    back: &'a Ring<A>,
    posted: u64,
    taken: u64,
}

impl<J: Send, A: Send> Jobs<'_, J, A> {
    /// Starts a worker that runs `job` for the time of `measure`, on another CPU than the caller's.
    pub fn with<R>(job: impl Fn(J) -> A + Sync, measure: impl FnOnce(&mut Jobs<'_, J, A>) -> R) -> R {
        let (there, back) = (Ring::new(), Ring::new());
        let (ready, over) = (AtomicBool::new(false), AtomicBool::new(false));
        let callers = current_cpu();
        thread::scope(|scope| {
            scope.spawn(|| {
                leave_cpu(callers);
                ready.store(true, Ordering::Release);
                for position in 0.. {
                    let given = loop {
                        if let Some(given) = there.read(position) {
                            break given;
                        }
                        if over.load(Ordering::Relaxed) {
                            return;
                        }
                        spin_loop();
                    };
                    back.write(position, job(given));
                }
            });
            // Also where `measure` panics: nobody else ends the worker.
            let _over = Over(&over);
            while !ready.load(Ordering::Acquire) {
                thread::yield_now();
            }
            let mut jobs = Jobs { there: &there, back: &back, posted: 0, taken: 0 };
            let measured = measure(&mut jobs);
            // What was posted is run and dropped.
            while jobs.taken < jobs.posted {
                jobs.take();
            }
            measured
        })
    }

    /// Hands a job to the worker.
    #[inline(always)]
    pub fn post(&mut self, job: J) {
        assert!(self.posted - self.taken < CAPACITY as u64, "more jobs than slots");
        self.there.write(self.posted, job);
        self.posted += 1;
    }

    /// Waits for the answer of the eldest job whose answer was not taken.
    #[inline(always)]
    pub fn take(&mut self) -> A {
        assert!(self.taken < self.posted, "no answer is due");
        let answer = loop {
            if let Some(answer) = self.back.read(self.taken) {
                break answer;
            }
            spin_loop();
        };
        self.taken += 1;
        answer
    }
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
