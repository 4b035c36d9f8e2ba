//! What does it cost to wait at a gate, and to have one nobody waits at?
//!
//! Unit: ns. The gate is no part of the library's face, so it is compiled here from the library's own files. CPUs: the
//! first tables use one, and a second that spins where that is said; the others are as in `wake_latency`, and their way
//! is a word and a gate, so that they show the gate alone. Excluded: making gates and threads. LIMIT is the same without
//! the gate, by hand.

// The library's own files, of which a part is used here.
#[allow(dead_code, unreachable_pub)]
#[path = "../src/error.rs"]
mod error;
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../src/memory/mod.rs"]
mod memory;
#[allow(dead_code, unused_imports)]
#[path = "../src/protocol/mod.rs"]
mod protocol;
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "gate/ring.rs"]
mod ring;
#[allow(dead_code, unused_imports)]
#[path = "../src/sync/mod.rs"]
mod sync;
#[allow(dead_code, unused_imports)]
#[path = "../src/sys/mod.rs"]
mod sys;

#[path = "common/mod.rs"]
mod common;

use std::hint::{black_box, spin_loop};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, io, thread};

use crossbeam_utils::CachePadded;

use common::cpus::{Party, together};
use common::ping_pong::{Conditions, Receives, Sends, ping_pong, sides};
use common::raw::word::{Wait, way};
use common::{Table, median, ns_per_call, rounds, say};
use protocol::wakers::Wakers;
use ring::Waiting;
use ring::gate::Gate;
use sync::fence::Fences;

const CALLS: usize = 1_000_000;
const POLICIES: [Waiting; 3] = [Waiting::Balanced, Waiting::Latency, Waiting::IdleZero];

/// Tells a child process how many threads to have when it asks for barriers.
const REGISTER: &str = "RINGMILL_BENCH_REGISTER";

fn main() -> io::Result<()> {
    if let Some(threads) = env::var_os(REGISTER) {
        register(threads == "2");
        return Ok(());
    }
    registering()?;
    notifying();
    announcing();
    waiting();
    pausing();
    Ok(())
}

/// Asking for barriers, which a process does once: each sample is a process of its own.
fn registering() -> io::Result<()> {
    let sample = |threads: &str| -> io::Result<f64> {
        let child = Command::new(env::current_exe()?).env(REGISTER, threads).output()?;
        Ok(String::from_utf8_lossy(&child.stdout).trim().parse().unwrap_or(f64::NAN))
    };
    for threads in ["1", "2"] {
        let times = (0..rounds()).map(|_| sample(threads)).collect::<io::Result<Vec<_>>>()?;
        say(format_args!(
            "a process with {threads} threads registers for barriers: {:.1} us, median of {}",
            median(&times),
            times.len()
        ));
    }
    Ok(())
}

fn register(beside: bool) {
    thread::scope(|scope| {
        let (over, is_over) = mpsc::channel::<()>();
        if beside {
            scope.spawn(move || is_over.recv());
        }
        let began = Instant::now();
        black_box(Fences::asymmetric());
        say(began.elapsed().as_secs_f64() * 1e6);
        drop(over);
    });
}

/// Publishing a number where nobody waits.
fn notifying() {
    let word = CachePadded::new(AtomicU64::new(0));
    let next = || word.store(black_box(1), Ordering::Release);
    let gate = |waiting| {
        let (word, gate) = (CachePadded::new(AtomicU64::new(0)), Gate::new(waiting));
        move || {
            ns_per_call(CALLS, || {
                word.store(black_box(1), Ordering::Release);
                black_box(&gate).notify(1);
            })
        }
    };
    let mut table = Table::new("a number is stored, and nobody waits, ns")
        .row("LIMIT the store alone", || ns_per_call(CALLS, next))
        .row("the store, a fence, a look", || {
            ns_per_call(CALLS, || {
                next();
                fence(Ordering::SeqCst);
                black_box(word.load(Ordering::Relaxed))
            })
        });
    for waiting in POLICIES {
        table = table.row(format!("the store, notify, {waiting:?}"), gate(waiting));
    }
    table.measure();
}

/// What who is about to sleep pays, and takes back.
fn announcing() {
    let row = |fences: fn() -> Fences, calls, spins| {
        move || {
            let wakers = Wakers::new(fences());
            beside(spins, || {
                ns_per_call(calls, || {
                    let announced = wakers.announce();
                    wakers.stay_up(announced);
                })
            })
        }
    };
    Table::new("a sleeper announces itself and takes it back, ns")
        .row("LIMIT symmetric fences", row(Fences::symmetric, 100_000, false))
        .row("symmetric fences, another CPU runs the process", row(Fences::symmetric, 100_000, true))
        .row("asymmetric fences", row(Fences::asymmetric, 10_000, false))
        .row("asymmetric fences, another CPU runs the process", row(Fences::asymmetric, 2_000, true))
        .measure();
}

/// Runs `measure` on one CPU, and a thread that spins on another if asked to.
fn beside(spins: bool, measure: impl FnOnce() -> f64 + Send) -> f64 {
    let (over, mut taken) = (AtomicBool::new(false), 0.0);
    let over = &over;
    let measured = Party::on(0, || {
        taken = measure();
        over.store(true, Ordering::Relaxed);
    });
    let other = Party::on(1, move || {
        while !over.load(Ordering::Relaxed) {
            spin_loop();
        }
    });
    if spins {
        together([measured, other])
    } else {
        together([measured])
    };
    taken
}

/// A word and a gate: the receiver waits for the word to change.
fn gated(waiting: Waiting) -> (Gated, Gated) {
    let shared = Arc::new((Gate::new(waiting), CachePadded::new(AtomicU64::new(0))));
    (Gated { shared: Arc::clone(&shared), last: 0 }, Gated { shared, last: 0 })
}

struct Gated {
    shared: Arc<(Gate, CachePadded<AtomicU64>)>,
    last: u64,
}

impl Sends for Gated {
    #[inline(always)]
    fn send(&mut self, number: u64) {
        let (gate, word) = &*self.shared;
        // Zero is what the word says before the first number.
        word.store(number + 1, Ordering::Release);
        gate.notify(1);
    }
}

impl Receives for Gated {
    #[inline(always)]
    fn receive(&mut self) -> u64 {
        let ((gate, word), last) = (&*self.shared, self.last);
        let changed = || Some(word.load(Ordering::Acquire)).filter(|&word| word != last);
        // There is no deadline, so there is something.
        self.last = gate.wait(None, changed).unwrap_or(last);
        self.last - 1
    }
}

/// There and back, where the asker lets a while pass before each trip.
fn pausing() {
    for pause in [10, 50, 100, 1_000] {
        let how = Conditions { pause: Duration::from_micros(pause), trips: 200, ..Conditions::ASLEEP };
        let mut table =
            Table::with_columns(format!("there and back, after {pause} us, ns"), &["median", "99 of 100"])
                .row_of("LIMIT futex at once, by hand", move || ping_pong(how, sides(|| way(Wait::Sleeps))));
        for waiting in POLICIES {
            table = table.row_of(format!("a word and a gate, {waiting:?}"), move || {
                ping_pong(how, sides(|| gated(waiting)))
            });
        }
        table.measure();
    }
}

/// There and back.
fn waiting() {
    let looks = ("futex after 4000 looks, by hand", Wait::SleepsAfter(4000));
    let yields = ("futex after 256 yields, by hand", Wait::YieldsThenSleeps(256));
    let sleeps = ("futex at once, by hand", Wait::Sleeps);
    for (title, how, limits) in [
        ("there and back, hot, ns", Conditions::HOT, [looks, yields, sleeps]),
        ("there and back, after 200 us, ns", Conditions::ASLEEP, [sleeps, looks, yields]),
        ("there and back, both on one CPU, ns", Conditions::ONE_CPU, [yields, sleeps, looks]),
    ] {
        let mut table = Table::with_columns(title, &["median", "99 of 100"]);
        for (name, wait) in limits {
            table = table.row_of(name, move || ping_pong(how, sides(|| way(wait))));
        }
        for waiting in POLICIES {
            table = table.row_of(format!("a word and a gate, {waiting:?}"), move || {
                ping_pong(how, sides(|| gated(waiting)))
            });
        }
        table.measure();
    }
}
