//! Futures that wait for a task, for the case that it is lost: its pool is killed, or its thread is gone.
//!
//! The end of a task wakes its future by the task's own cell. A task that is lost has no end, and nobody knows which
//! tasks those are; so each future that waits is listed with its pool too, and all are called to look for themselves. Who calls has
//! said before why; a future looks for that after it was listed. So it sees it, or is called.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::task::Waker;

use super::job::quietly;
use crate::sync::lock::{Mutex, MutexGuard};

/// The futures that wait for a pool's tasks.
#[derive(Debug)]
pub(crate) struct Audience(Mutex<List>);

#[derive(Debug, Default)]
struct List {
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

/// The place of a future in the list.
#[derive(Debug, Default)]
pub(crate) struct Listener(Option<u64>);

impl Audience {
    pub(super) fn new() -> Self {
        Self(Mutex::new(List::default()))
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        // Nothing under the lock panics but for want of memory, and then the list is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a future, or gives the list its new waker. It must look once more whether it is lost.
    pub(crate) fn enlist(&self, listener: &mut Listener, waker: &Waker) {
        let newer = waker.clone();
        let mut list = self.lock();
        let number = *listener.0.get_or_insert(list.next);
        list.next = list.next.max(number + 1);
        let older = list.wakers.insert(number, newer);
        // An executor's code, outside of the lock.
        drop(list);
        drop(older);
    }

    /// Takes a future out of the list.
    #[inline]
    pub(crate) fn leave(&self, listener: &mut Listener) {
        if let Some(number) = listener.0.take() {
            let waker = self.lock().wakers.remove(&number);
            drop(waker);
        }
    }

    /// Wakes all: something was lost, and the caller has said what. They come again.
    pub(crate) fn call(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_values().for_each(|waker| quietly(|| waker.wake()));
    }
}
