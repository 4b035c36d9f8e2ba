//! A job of a scope: a closure of any type in a room of one size, so that a list of them needs no memory for each.

#![allow(unsafe_code)]

use std::any::Any;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Scope;

/// Where a closure lies, or the pointer to it if it is larger.
type Room = MaybeUninit<[usize; 5]>;

/// What is done with the closure in a room.
type Act = unsafe fn(*mut Room, Option<&Scope<'static>>);

/// A closure that is yet to run.
#[derive(Debug)]
pub(super) struct Job {
    act: Act,
    room: Room,
}

// SAFETY: the closure inside is `Send` (bound of `new`).
unsafe impl Send for Job {}

/// Runs the closure that lies in the room, or drops it.
///
/// # Safety
///
/// - The room holds an `F`, which is moved out.
/// - The scope is one that an `F` was spawned in, with the lifetime made longer.
unsafe fn here<'scope, F: FnOnce(&Scope<'scope>)>(room: *mut Room, scope: Option<&Scope<'static>>) {
    // SAFETY: `read` wants an `F` there, aligned and moved out once: caller's duty, and `new` saw to the room.
    let f = unsafe { room.cast::<F>().read() };
    // SAFETY: the two types differ in a lifetime, and the shorter one is right (caller's duty).
    let scope = scope.map(|scope| unsafe { &*std::ptr::from_ref(scope).cast::<Scope<'scope>>() });
    match scope {
        Some(scope) => f(scope),
        None => drop(f),
    }
}

/// Runs the closure that the pointer in the room leads to, or drops it.
///
/// # Safety
///
/// - As for `here`, of a `Box<F>`.
unsafe fn elsewhere<'scope, F: FnOnce(&Scope<'scope>)>(room: *mut Room, scope: Option<&Scope<'static>>) {
    let unbox = |scope: &Scope<'scope>, f: Box<F>| f(scope);
    // SAFETY: `read` wants a `Box<F>` there that is moved out once: caller's duty.
    let f = unsafe { room.cast::<Box<F>>().read() };
    // SAFETY: as in `here`.
    let scope = scope.map(|scope| unsafe { &*std::ptr::from_ref(scope).cast::<Scope<'scope>>() });
    match scope {
        Some(scope) => unbox(scope, f),
        None => drop(f),
    }
}

impl Job {
    /// Makes a job of a closure. It must be run or dropped within `'scope`: a scope sees to that for the jobs that it has.
    #[inline]
    pub(super) fn new<'scope, F: FnOnce(&Scope<'scope>) + Send + 'scope>(f: F) -> Self {
        let mut room = Room::uninit();
        if size_of::<F>() <= size_of::<Room>() && align_of::<F>() <= align_of::<Room>() {
            // SAFETY: `write` wants room for an `F`, which the line above saw to.
            unsafe { room.as_mut_ptr().cast::<F>().write(f) };
            Self { act: here::<F>, room }
        } else {
            // SAFETY: `write` wants room for a pointer.
            unsafe { room.as_mut_ptr().cast::<Box<F>>().write(Box::new(f)) };
            Self { act: elsewhere::<F>, room }
        }
    }

    /// Returns the address of the closure's code, which tells its kind.
    #[inline]
    pub(super) fn address(&self) -> usize {
        self.act as *const () as usize
    }

    /// Runs the closure.
    #[inline]
    pub(super) fn run(self, scope: &Scope<'static>) -> Result<(), Box<dyn Any + Send>> {
        let mut job = ManuallyDrop::new(self);
        catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: `act` wants its closure in the room, which `new` put there and nobody took out, and its scope: the
            // caller runs the jobs that were spawned in this one.
            unsafe { (job.act)(&raw mut job.room, Some(scope)) }
        }))
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: `act` wants its closure in the room: `run` would have kept us from coming here.
        unsafe { (self.act)(&raw mut self.room, None) }
    }
}
