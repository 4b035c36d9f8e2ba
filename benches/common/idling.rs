//! The tables of `pool_idle`, with the rows by hand and ringmill's. Whoever asks for them adds the others.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::busy::{busy, share_of_a_core};
use super::clock::{ns_per_tick, ticks};
use super::cpus::leave_cpu;
use super::our_tasks::Ours;
use super::raw::fork_join::ForkJoin;
use super::raw::sleepers::{Beds, Caller, Sleepers};
use super::{Table, median, rounds, setting};

/// An empty task now and then, and otherwise nothing.
pub fn now_and_then<'a>(ours: &'a Ours, add: impl Fn(Table<'a>, Duration) -> Table<'a>) {
    for ms in [1, 10] {
        let period = Duration::from_millis(ms);
        let columns = ["whole process", "without the caller"];
        let table = Table::with_columns(format!("an empty task every {ms} ms, % of a core"), &columns)
            .row_of("LIMIT futex wake by hand, caller sleeps too", move || {
                Sleepers::with((1, Beds::Elsewhere), Caller::Sleeps, |sleepers| {
                    every(period, || sleepers.call())
                })
            })
            .row_of("no task, the caller's naps alone", move || every(period, || ()));
        add(ours.now_and_then(table, period), period).measure();
    }
}

/// Calls `tick` once a period, and returns what the process and its other threads took meanwhile, in % of a core. All
/// rounds together last for `RINGMILL_BENCH_IDLE_SECONDS`, or 5.
pub fn every(period: Duration, mut tick: impl FnMut()) -> [f64; 2] {
    let all = setting("RINGMILL_BENCH_IDLE_SECONDS", 5);
    let lasts = Duration::from_secs(all as u64) / rounds() as u32;
    tick();
    share_of_a_core(|| {
        let began = Instant::now();
        let mut next = began + period;
        while began.elapsed() < lasts {
            thread::sleep(next.saturating_duration_since(Instant::now()));
            tick();
            next += period;
        }
    })
}

/// Tasks that stay until all have begun, so that each has a thread of its own.
#[derive(Default)]
pub struct FanOut {
    begun: AtomicU32,
    last: AtomicU64,
}

/// How many tasks fan out: the workers of all pools here.
const FAN: u32 = 2;

impl FanOut {
    /// Makes one that lives as long as the process: tasks may have to own what they use.
    pub fn new() -> &'static Self {
        Box::leak(Box::default())
    }

    /// What each task does.
    pub fn task(&self) {
        self.last.fetch_max(ticks(), Ordering::Relaxed);
        if self.begun.fetch_add(1, Ordering::AcqRel) + 1 == FAN {
            atomic_wait::wake_all(&self.begun);
        }
        while self.begun.load(Ordering::Acquire) < FAN {
            thread::yield_now();
        }
    }

    /// Returns how long after `post`, which hands over `FAN` tasks, the last of them begins: us, the median of some times,
    /// each after the caller slept for `idle`. It sleeps as well until they have.
    pub fn us(&self, idle: Duration, mut post: impl FnMut(u32)) -> f64 {
        let times = if idle < Duration::from_millis(10) { 100 } else { 10 };
        let times: Vec<f64> = (0..times)
            .map(|_| {
                self.begun.store(0, Ordering::Relaxed);
                self.last.store(0, Ordering::Relaxed);
                thread::sleep(idle);
                let before = ticks();
                post(FAN);
                loop {
                    let begun = self.begun.load(Ordering::Acquire);
                    if begun == FAN {
                        break;
                    }
                    atomic_wait::wait(&self.begun, begun);
                }
                (self.last.load(Ordering::Relaxed) - before) as f64 * ns_per_tick() / 1e3
            })
            .collect();
        median(&times)
    }
}

/// Two workers that sleep, and two tasks for them.
pub fn fan_out<'a>(ours: &'a Ours, add: impl Fn(Table<'a>, Duration) -> Table<'a>) {
    for ms in [1, 50] {
        let idle = Duration::from_millis(ms);
        let by_hand = move || {
            Sleepers::with((FAN as usize, Beds::OneEach), Caller::Sleeps, |sleepers| {
                let times: Vec<f64> = (0..if ms < 10 { 100 } else { 10 })
                    .map(|_| {
                        thread::sleep(idle);
                        let before = ticks();
                        (sleepers.call_and_see() - before) as f64 * ns_per_tick() / 1e3
                    })
                    .collect();
                median(&times)
            })
        };
        let table = Table::new(format!("two tasks after {ms} ms idle, until the last begins, us"))
            .row("LIMIT futex wakes by hand", by_hand);
        add(ours.fan_out(table, idle), idle).measure();
    }
}

/// Work that others do while the main thread ticks: 200 tasks of 10 ms.
#[derive(Default)]
pub struct Work {
    left: AtomicU32,
}

const TASKS: u32 = 200;
const TASK_US: f64 = 10_000.0;

impl Work {
    /// Makes one that lives as long as the process.
    pub fn new() -> &'static Self {
        Box::leak(Box::default())
    }

    /// What each task does.
    pub fn task(&self) {
        busy(TASK_US);
        self.left.fetch_sub(1, Ordering::AcqRel);
    }

    /// Ends all tasks at once, where nobody runs any.
    fn end(&self) {
        self.left.store(0, Ordering::Release);
    }

    /// Hands over all tasks by `post` and sleeps for 1 ms again and again until they are done. Returns by how many us it
    /// woke too late: the most, and what 99 of a hundred are below.
    pub fn stalls(&self, mut post: impl FnMut(u32)) -> [f64; 2] {
        const TICK: Duration = Duration::from_millis(1);
        self.left.store(TASKS, Ordering::Release);
        post(TASKS);
        let (mut late, mut before) = (Vec::new(), Instant::now());
        while self.left.load(Ordering::Acquire) > 0 {
            thread::sleep(TICK);
            let now = Instant::now();
            late.push((now - before).saturating_sub(TICK).as_secs_f64() * 1e6);
            before = now;
        }
        late.sort_by(f64::total_cmp);
        [late[late.len() - 1], late[(late.len() - 1) * 99 / 100]]
    }
}

/// The main thread's ticks while all workers work.
pub fn stalls<'a>(ours: &'a Ours, add: impl Fn(Table<'a>, &'static Work) -> Table<'a>) {
    let work = Work::new();
    let columns = ["longest", "99 of 100"];
    let title = "how late a 1 ms tick of the main thread is while two workers do 2 s of work, us";
    // What the machine does by itself: nobody works, or one thread does, which the main thread could be kept from.
    let by_hand = move |count: u32, begin: fn()| {
        move || {
            let mut threads = Vec::new();
            let late = work.stalls(|tasks| {
                let part = move || {
                    begin();
                    (0..tasks / count).for_each(|_| work.task());
                };
                threads.extend((0..count).map(|_| thread::spawn(part)));
            });
            threads.into_iter().for_each(|thread| thread.join().expect("it only computes"));
            late
        }
    };
    let off_the_callers = || leave_cpu(0);
    let table = Table::with_columns(title, &columns)
        .row_of("LIMIT two bare threads by hand", by_hand(2, || ()))
        .row_of("one bare thread", by_hand(1, || ()))
        .row_of("one bare thread, off the first CPU", by_hand(1, off_the_callers))
        .row_of("nobody works", move || {
            work.stalls(|_| {
                thread::spawn(|| {
                    thread::sleep(Duration::from_secs(1));
                    work.end();
                });
            })
        });
    add(ours.stalls(table, work), work).measure();
}

/// A control loop: in each tick some short parallel bursts with serial work between, then nothing for a while.
pub mod control {
    use super::*;

    const TICKS: u32 = 40;
    const BURSTS: u32 = 12;
    /// Jobs of a burst, and how long each takes.
    pub const JOBS: usize = 32;
    const JOB_US: f64 = 1.0;
    const BETWEEN_US: f64 = 200.0;
    const GAP: Duration = Duration::from_millis(3);

    /// One job of a burst.
    pub fn job() {
        busy(JOB_US);
    }

    /// One tick, whose bursts `burst` runs. Returns the time that they took.
    pub fn tick(mut burst: impl FnMut()) -> Duration {
        (0..BURSTS)
            .map(|_| {
                let began = Instant::now();
                burst();
                let taken = began.elapsed();
                busy(BETWEEN_US);
                taken
            })
            .sum()
    }

    /// Returns how long the bursts of a tick take, in us, and what the process takes all in all, in % of a core.
    pub fn ticks(mut tick: impl FnMut() -> Duration) -> [f64; 2] {
        tick();
        let mut bursts = Duration::ZERO;
        let [share, _] = share_of_a_core(|| {
            for _ in 0..TICKS {
                bursts += tick();
                thread::sleep(GAP);
            }
        });
        [bursts.as_secs_f64() * 1e6 / f64::from(TICKS), share]
    }

    /// The table.
    pub fn table<'a>(ours: &'a Ours, add: impl Fn(Table<'a>) -> Table<'a>) {
        let title = "a control loop: bursts of 32 jobs of 1 us, 12 in a tick, 200 us between, 3 ms idle";
        let table = Table::with_columns(title, &["us in bursts for a tick", "% of a core"])
            .row_of("LIMIT two halves by hand, helper spins", || {
                let half = |_| (0..JOBS / 2).for_each(|_| job());
                ForkJoin::with(half, |pair| ticks(|| tick(|| pair.run())))
            })
            .row_of("one thread", || ticks(|| tick(|| (0..JOBS).for_each(|_| job()))))
            .row_of("ringmill, a loop for each burst", || {
                let jobs = || ours.pool().for_each_range(0..JOBS, 1, |range| range.for_each(|_| job()));
                ticks(|| tick(|| jobs().expect("the pool was built in this process")))
            });
        add(table).measure();
    }
}
