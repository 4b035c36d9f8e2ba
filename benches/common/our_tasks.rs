//! ringmill's own rows of the benches of tasks.
//!
//! A task that is waited for may run on the caller, if no worker has begun it. So it is asked in three ways: `wait`; the
//! caller looks whether the task is done, which leaves it to a worker; the caller awaits it under a small executor.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use ringmill::Pool;
use ringmill::pool::Task;

use super::Table;
use super::idling::{FanOut, Work, every};
use super::trips::{Asking, IN_FLIGHT, in_flight, store, there_and_back, tiny, touch};

/// Why no task here is refused or lost.
const OURS: &str = "the pool was built in this process, and no task panics";

/// A pool of two whose lanes hold as many tasks as are ever in flight.
pub struct Ours(Pool);

/// Waits for a task that a worker has to run.
fn look<R>(task: Task<R>) -> R {
    while !task.is_done() {
        spin_loop();
    }
    task.wait().expect(OURS)
}

impl Ours {
    pub fn start() -> Self {
        Self(Pool::builder().workers(2).queue_capacity(1 << 14).build().expect("threads start"))
    }

    /// The pool itself.
    pub fn pool(&self) -> &Pool {
        &self.0
    }

    fn submit(&self, number: u64) -> Task<u64> {
        self.0.submit(move |_| number + 1).expect(OURS)
    }

    fn detach(&self, task: impl FnOnce() + Send + 'static) {
        drop(self.0.submit(|_| task()).expect(OURS));
    }

    pub fn round_trips<'a>(&'a self, table: Table<'a>, how: Asking) -> Table<'a> {
        table
            .row_of("ringmill, wait, which may run it", move || {
                how.times(|number| self.submit(number).wait().expect(OURS))
            })
            .row_of("ringmill, a worker runs it, caller looks", move || {
                how.times(|number| look(self.submit(number)))
            })
            .row_of("ringmill, a worker runs it, caller awaits", move || {
                how.times(|number| pollster::block_on(self.submit(number)).expect(OURS))
            })
    }

    pub fn in_flight<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        let submit_all = move || -> Vec<_> { (0..IN_FLIGHT).map(|number| self.submit(number)).collect() };
        table
            .row("ringmill, wait for each, which may run it", move || {
                in_flight(|| submit_all().into_iter().map(|task| task.wait().expect(OURS)).sum())
            })
            .row("ringmill, workers run them, caller looks", move || {
                in_flight(|| submit_all().into_iter().map(look).sum())
            })
            .row("ringmill, detached, each stores its result", move || {
                let results: &'static [AtomicU64] =
                    (0..IN_FLIGHT).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
                in_flight(|| {
                    results.iter().for_each(|result| result.store(0, Ordering::Relaxed));
                    for (number, result) in (0..).zip(results) {
                        self.detach(move || result.store(number + 1, Ordering::Release));
                    }
                    let stored = |result: &AtomicU64| loop {
                        match result.load(Ordering::Acquire) {
                            0 => spin_loop(),
                            stored => break stored,
                        }
                    };
                    results.iter().map(stored).sum()
                })
            })
    }

    pub fn tiny<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table
            .row("ringmill, scope", move || {
                tiny(bytes, || {
                    let spawned =
                        self.0.scope(|scope| bytes.iter().for_each(|byte| scope.spawn(|_| store(byte))));
                    spawned.expect(OURS);
                })
            })
            .row("ringmill, submit", move || {
                tiny(bytes, || {
                    bytes.iter().for_each(|byte| self.detach(|| store(byte)));
                    while bytes.iter().any(|byte| byte.load(Ordering::Relaxed) == 0) {
                        spin_loop();
                    }
                })
            })
    }

    pub fn large<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        let submit =
            |vector: Vec<f32>| self.0.task().submit_with(vector, |_, vector| touch(vector)).expect(OURS);
        table
            .row_of("ringmill, submit_with, wait, which may run it", move || {
                there_and_back(|vector| submit(vector).wait().expect(OURS))
            })
            .row_of("ringmill, submit_with, a worker runs it, caller looks", move || {
                there_and_back(|vector| {
                    let carrier = submit(vector);
                    while !carrier.is_done() {
                        spin_loop();
                    }
                    carrier.wait().expect(OURS)
                })
            })
    }

    pub fn now_and_then<'a>(&'a self, table: Table<'a>, period: Duration) -> Table<'a> {
        let submit = || self.0.submit(|_| ()).expect(OURS);
        table
            .row_of("ringmill, wait, which may run it", move || {
                every(period, || submit().wait().expect(OURS))
            })
            .row_of("ringmill, a worker runs it, caller awaits", move || {
                every(period, || pollster::block_on(submit()).expect(OURS))
            })
    }

    pub fn fan_out<'a>(&'a self, table: Table<'a>, idle: Duration) -> Table<'a> {
        let fan = FanOut::new();
        table.row("ringmill", move || {
            fan.us(idle, |tasks| (0..tasks).for_each(|_| self.detach(|| fan.task())))
        })
    }

    pub fn stalls<'a>(&'a self, table: Table<'a>, work: &'static Work) -> Table<'a> {
        // What the guide recommends beside an event loop: the loop's thread keeps a CPU.
        let one = Self(Pool::builder().workers(1).queue_capacity(1 << 14).build().expect("threads start"));
        table
            .row_of("ringmill, two workers", move || {
                work.stalls(|tasks| (0..tasks).for_each(|_| self.detach(|| work.task())))
            })
            .row_of("ringmill, a worker less than CPUs", move || {
                work.stalls(|tasks| (0..tasks).for_each(|_| one.detach(|| work.task())))
            })
    }
}
