//! A twin of the kernel's futex under which a lost wake-up fails the model.
//!
//! The kernel compares the word and queues the waiter under one lock, and a wake takes the same lock. So does the
//! twin: who changes the word and then wakes either finds the waiter queued or is seen by it. A waiter that nobody
//! wakes is parked for good, and loom reports the deadlock. What else a kernel may or may not do comes in two
//! fidelities, and a protocol has to hold over both:
//!
//! ```text
//!           compares with                  a wait returns            and orders memory after
//! Strong    any value the lock allows      when it is woken          the waker
//! Weak      the newest value               when it is woken, or      the waker
//!                                          n times for no reason     nothing
//! Ticking   any value the lock allows      as Weak, and once the     the waker, the clock
//!                                          clock has ticked
//! ```
//!
//! `Weak` finds both a missing loop and a missing acquire: a wake that orders nothing is, to the woken, a wait that
//! returns for no reason just after the word has changed. (Yielding in a loop until woken would be the plainer twin of
//! such a wake, but loom takes every order of two threads that yield for a new one and never ends.)
//!
//! `Ticking` is for protocols that sleep for a tick at a time, because whoever was to wake them may have died. A tick that
//! comes at any time is a return for no reason. The tick that must come is `tick`'s: the scenario calls it when all that
//! it did is done, and from then on no wait lasts. The time that has passed until then has brought all writes to everybody.
//!
//! The queue is no loom object: loom runs all of a model's threads on one system thread and switches between them at
//! its own operations only, so what lies between two of those is one step.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use loom::sync::{Mutex, Notify};
use loom::thread;

/// How much the twin promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fidelity {
    /// A wake orders memory between the waker and the woken, as kernels do without saying so.
    Strong,
    /// Waits and wakes order nothing of their own, and so many waits of an execution return for no reason.
    Weak(u32),
    /// As strong, and so many waits return for no reason, and all of them once the clock has ticked.
    Ticking(u32),
}

impl fmt::Display for Fidelity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fidelity::Strong => write!(f, "strong futex"),
            Fidelity::Weak(returns) => write!(f, "weak futex, {returns} spurious"),
            Fidelity::Ticking(returns) => write!(f, "ticking futex, {returns} spurious"),
        }
    }
}

/// Runs one execution of a model over a futex of the given fidelity.
pub(crate) fn with<R>(fidelity: Fidelity, execution: impl FnOnce() -> R) -> R {
    // Made by the first thread, before it starts others, so that sharing it orders nothing between them.
    let kernel = Kernel {
        fidelity,
        lock: Mutex::new(()),
        step: AtomicU32::new(0),
        spurious_left: Cell::new(match fidelity {
            Fidelity::Strong => 0,
            Fidelity::Weak(returns) | Fidelity::Ticking(returns) => returns,
        }),
        has_ticked: Cell::new(false),
        sleepers: RefCell::default(),
    };
    KERNEL.set(Some(Rc::new(kernel)));
    let result = execution();
    KERNEL.set(None);
    result
}

/// Sleeps while `word` holds `expected`. Returns after a wake, or for no reason at all.
pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    let kernel = kernel();
    if kernel.has_ticked() {
        return;
    }
    if kernel.spurious_left.get() > 0 {
        let notify = Rc::new(Notify::new());
        if let Some(sleeper) = kernel.compare_and_queue(word, expected, Bed::Notify(notify.clone())) {
            // Tried out both ways: it is notified, or it returns for no reason.
            notify.wait();
            kernel.leave(&sleeper);
        }
    } else if let Some(sleeper) = kernel.compare_and_queue(word, expected, Bed::Park(thread::current())) {
        while !sleeper.woken.get() {
            thread::park();
        }
    }
}

/// Sleeps as `wait` does. loom's clock stands still: a deadline that passes is a return for no reason.
pub(crate) fn wait_until(word: &AtomicU32, expected: u32, _deadline: Option<Instant>) {
    wait(word, expected);
}

/// Words that other processes have mapped too. To loom a thread is a thread.
pub(crate) mod shared {
    pub(crate) use super::wake;
    use super::{AtomicU32, Instant, kernel};

    /// Sleeps as `wait` does; returns whether the clock has ticked.
    pub(crate) fn wait_until(word: &AtomicU32, expected: u32, _deadline: Instant) -> bool {
        super::wait(word, expected);
        kernel().has_ticked()
    }
}

/// Lets the time pass: from here on no wait lasts, and what was written before is seen by all who would wait.
pub(crate) fn tick() {
    let kernel = kernel();
    assert!(matches!(kernel.fidelity, Fidelity::Ticking(_)), "no other futex has a clock");
    let woken = kernel.in_one_step(|| {
        kernel.has_ticked.set(true);
        kernel.sleepers.take()
    });
    for sleeper in woken {
        sleeper.woken.set(true);
        sleeper.rouse();
    }
}

/// Wakes at most `count` threads that sleep on `word`, the first to come first; returns how many it woke.
pub(crate) fn wake(word: &AtomicU32, count: u32) -> u32 {
    let woken = kernel().dequeue(word, count);
    woken.iter().for_each(|sleeper| sleeper.rouse());
    woken.len() as u32
}

thread_local! {
    static KERNEL: RefCell<Option<Rc<Kernel>>> = const { RefCell::new(None) };
}

fn kernel() -> Rc<Kernel> {
    KERNEL.with_borrow(|kernel| kernel.clone().expect("a model runs inside `futex::with`"))
}

/// The system, for one execution.
struct Kernel {
    fidelity: Fidelity,
    /// The lock of all waits and wakes, where they may order memory.
    lock: Mutex<()>,
    /// What all waits and wakes touch where they may not: loom tries out the orders of those that touch one object.
    step: AtomicU32,
    spurious_left: Cell<u32>,
    has_ticked: Cell<bool>,
    sleepers: RefCell<Vec<Rc<Sleeper>>>,
}

/// A thread in a wait.
struct Sleeper {
    address: *const AtomicU32,
    woken: Cell<bool>,
    bed: Bed,
}

/// How a thread sleeps, and so how it is woken.
enum Bed {
    Park(thread::Thread),
    Notify(Rc<Notify>),
}

impl Kernel {
    /// Runs `f` as one step in the order of all waits and wakes.
    fn in_one_step<R>(&self, f: impl FnOnce() -> R) -> R {
        if let Fidelity::Weak(_) = self.fidelity {
            // It fails, so it stores nothing and nobody can acquire anything from it.
            let _ = self.step.compare_exchange(1, 1, Relaxed, Relaxed);
            f()
        } else {
            let _locked = self.lock.lock().expect("loom poisons nothing");
            f()
        }
    }

    /// Returns whether the clock has ticked; then the caller comes after that.
    fn has_ticked(&self) -> bool {
        match self.fidelity {
            Fidelity::Ticking(_) => self.in_one_step(|| self.has_ticked.get()),
            Fidelity::Strong | Fidelity::Weak(_) => false,
        }
    }

    fn compare_and_queue(&self, word: &AtomicU32, expected: u32, bed: Bed) -> Option<Rc<Sleeper>> {
        self.in_one_step(|| {
            let now = match self.fidelity {
                Fidelity::Strong | Fidelity::Ticking(_) => word.load(Relaxed),
                Fidelity::Weak(_) => newest(word, expected),
            };
            (now == expected && !self.has_ticked.get()).then(|| {
                let sleeper = Rc::new(Sleeper { address: word, woken: Cell::new(false), bed });
                self.sleepers.borrow_mut().push(sleeper.clone());
                sleeper
            })
        })
    }

    fn dequeue(&self, word: &AtomicU32, count: u32) -> Vec<Rc<Sleeper>> {
        self.in_one_step(|| {
            let (mut woken, mut asleep) = (Vec::new(), Vec::new());
            for sleeper in self.sleepers.take() {
                if std::ptr::eq(sleeper.address, word) && woken.len() < count as usize {
                    sleeper.woken.set(true);
                    woken.push(sleeper);
                } else {
                    asleep.push(sleeper);
                }
            }
            self.sleepers.replace(asleep);
            woken
        })
    }

    /// Takes a thread out of the queue that may have returned though nobody woke it.
    fn leave(&self, sleeper: &Rc<Sleeper>) {
        self.in_one_step(|| {
            if !sleeper.woken.get() {
                self.spurious_left.set(self.spurious_left.get().saturating_sub(1));
                self.sleepers.borrow_mut().retain(|other| !Rc::ptr_eq(other, sleeper));
            }
        });
    }
}

impl Sleeper {
    fn rouse(&self) {
        match &self.bed {
            Bed::Park(thread) => thread.unpark(),
            Bed::Notify(notify) => notify.notify(),
        }
    }
}

/// Returns the word's last value, in one step with what came before.
fn newest(word: &AtomicU32, expected: u32) -> u32 {
    // Only an exchange is sure to read the last value; this one is meant to fail, and where it does not it stores what
    // was there. No other thread runs in between.
    loom::stop_exploring();
    let (Ok(now) | Err(now)) = word.compare_exchange(!expected, !expected, Relaxed, Relaxed);
    loom::explore();
    now
}
