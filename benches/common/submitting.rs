//! The tables of `tasks`, with the rows by hand and ringmill's. Whoever asks for them adds the others.

use std::sync::atomic::AtomicU8;

use super::Table;
use super::our_tasks::Ours;
use super::raw::jobs::Jobs;
use super::raw::sleepers::{Beds, Caller, Sleepers};
use super::trips::{Asking, IN_FLIGHT, in_flight, store, there_and_back, tiny, tiny_bytes, touch};

const COLUMNS: [&str; 2] = ["median", "99 of 100"];

/// A closure of a tiny task that owns what it uses.
pub type Boxed<R> = Box<dyn FnOnce() -> R + Send>;

/// A question to a worker, and its answer.
pub fn round_trips<'a>(ours: &'a Ours, add: impl Fn(Table<'a>, Asking) -> Table<'a>) {
    let hot = Table::with_columns("submit a small closure, get its result, hot, ns", &COLUMNS)
        .row_of("LIMIT two rings by hand, worker spins, numbers", || {
            Jobs::with(|number: u64| number + 1, |jobs| Asking::HOT.times(|number| by_hand(jobs, number)))
        })
        .row_of("the same, boxed closures", || {
            Jobs::with(Boxed::<u64>::call, |jobs| {
                Asking::HOT.times(|number| by_hand(jobs, Box::new(move || number + 1)))
            })
        });
    add(ours.round_trips(hot, Asking::HOT), Asking::HOT).measure();

    let futex = |caller| {
        move || {
            Sleepers::with((1, Beds::Elsewhere), caller, |sleepers| {
                Asking::IDLE.times(|number| {
                    sleepers.call();
                    number + 1
                })
            })
        }
    };
    let idle = Table::with_columns("submit a small closure, get its result, after 1 ms idle, ns", &COLUMNS)
        .row_of("LIMIT futex wake by hand, caller looks", futex(Caller::Looks))
        .row_of("futex wake by hand, caller sleeps too", futex(Caller::Sleeps))
        .row_of("two rings by hand, worker spins", || {
            Jobs::with(|number: u64| number + 1, |jobs| Asking::IDLE.times(|number| by_hand(jobs, number)))
        });
    add(ours.round_trips(idle, Asking::IDLE), Asking::IDLE).measure();
}

#[inline(always)]
fn by_hand<J: Send>(jobs: &mut Jobs<'_, J, u64>, job: J) -> u64 {
    jobs.post(job);
    jobs.take()
}

/// Calls what is in a box.
trait Call<R> {
    fn call(self) -> R;
}

impl<R> Call<R> for Boxed<R> {
    fn call(self) -> R {
        self()
    }
}

/// Ten thousand at once.
pub fn many_in_flight<'a>(ours: &'a Ours, add: impl Fn(Table<'a>) -> Table<'a>) {
    let table = Table::new("10,000 jobs in flight, each with a result, million per second")
        .row("LIMIT two rings by hand, worker spins, numbers", || {
            Jobs::with(
                |number: u64| number + 1,
                |jobs| {
                    in_flight(|| {
                        (0..IN_FLIGHT).for_each(|number| jobs.post(number));
                        (0..IN_FLIGHT).map(|_| jobs.take()).sum()
                    })
                },
            )
        })
        .row("the same, boxed closures", || {
            Jobs::with(Boxed::<u64>::call, |jobs| {
                in_flight(|| {
                    (0..IN_FLIGHT).for_each(|number| jobs.post(Box::new(move || number + 1)));
                    (0..IN_FLIGHT).map(|_| jobs.take()).sum()
                })
            })
        });
    add(ours.in_flight(table)).measure();
}

/// A million tasks, each handed over by itself.
pub fn tiny_tasks<'a>(ours: &'a Ours, add: impl Fn(Table<'a>, &'static [AtomicU8]) -> Table<'a>) {
    let bytes = tiny_bytes();
    let table = Table::new("a million tasks that store a byte, spawned one by one, million per second").row(
        "LIMIT two rings by hand, worker spins, boxed closures",
        || {
            Jobs::with(Boxed::<()>::call, |jobs| {
                tiny(bytes, || {
                    // As many in flight as is usual, then one answer for each job.
                    let (first, rest) = bytes.split_at(IN_FLIGHT as usize);
                    first.iter().for_each(|byte| jobs.post(Box::new(|| store(byte))));
                    for byte in rest {
                        jobs.take();
                        jobs.post(Box::new(|| store(byte)));
                    }
                    first.iter().for_each(|_| jobs.take());
                })
            })
        },
    );
    add(ours.tiny(table, bytes), bytes).measure();
}

/// 200 MiB of numbers change hands twice.
pub fn large_vectors<'a>(ours: &'a Ours, add: impl Fn(Table<'a>) -> Table<'a>) {
    let table = Table::with_columns("200 MiB of f32 to a worker and back, us", &COLUMNS).row_of(
        "LIMIT two rings by hand, worker spins",
        || {
            let sum = |mut vector: Vec<f32>| {
                let sum = touch(&mut vector);
                (vector, sum)
            };
            Jobs::with(sum, |jobs| {
                there_and_back(|vector| {
                    jobs.post(vector);
                    jobs.take()
                })
            })
        },
    );
    add(ours.large(table)).measure();
}
