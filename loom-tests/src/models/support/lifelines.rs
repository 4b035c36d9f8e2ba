//! A twin of the kernel's byte locks: who holds which, until it lets go or dies.
//!
//! A lock comes after the unlock or the death before it, and finding one free comes after that too. The kernel promises no more,
//! and this twin gives no more.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::super::protocol::participant::Lifelines;
use super::super::protocol::slot::Owner;
use crate::sync::step;

use Ordering::{Acquire, Relaxed, Release};

const NOBODY: u32 = 0;

/// The lifelines of all numbers, from 1 on.
pub(crate) struct Kernel(Vec<AtomicU32>);

impl Kernel {
    pub(crate) fn new(numbers: usize) -> Arc<Self> {
        Arc::new(Self((0..numbers).map(|_| AtomicU32::new(NOBODY)).collect()))
    }

    /// Everybody who is left dies, but for one.
    pub(crate) fn end_but(&self, survivor: &Process) {
        let others = self.0.iter().filter(|line| line.load(Acquire) != survivor.id);
        others.for_each(|line| line.store(NOBODY, Release));
    }

    fn line(&self, number: Owner) -> &AtomicU32 {
        &self.0[usize::from(number) - 1]
    }
}

/// A process: what it holds is cut when it dies.
#[derive(Clone)]
pub(crate) struct Process {
    kernel: Arc<Kernel>,
    id: u32,
}

impl Process {
    /// Makes a process; each of a model has another `id`, from 1 on.
    pub(crate) fn new(kernel: &Arc<Kernel>, id: u32) -> Self {
        Self { kernel: kernel.clone(), id }
    }

    /// Runs a part of this process that may die; if it does, the kernel cuts what the process holds.
    pub(crate) fn mortal<R>(&self, victim: usize, part: impl FnOnce() -> R) -> Option<R> {
        let outcome = step::mortal(victim, part);
        if outcome.is_none() {
            self.die();
        }
        outcome
    }

    /// The process is gone.
    pub(crate) fn die(&self) {
        for line in &self.kernel.0 {
            let _ = line.compare_exchange(self.id, NOBODY, Release, Relaxed);
        }
    }
}

impl Lifelines for Process {
    fn try_hold(&self, number: Owner) -> bool {
        self.kernel.line(number).compare_exchange(NOBODY, self.id, Acquire, Relaxed).is_ok()
    }

    fn let_go(&self, number: Owner) {
        let is_ours = self.kernel.line(number).compare_exchange(self.id, NOBODY, Release, Relaxed).is_ok();
        assert!(is_ours, "a lifeline that is another's");
    }

    fn is_cut(&self, number: Owner) -> bool {
        // The newest value, as under the kernel's lock.
        self.kernel.line(number).fetch_add(0, Acquire) == NOBODY
    }
}
