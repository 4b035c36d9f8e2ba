//! A pool by hand: two threads that receive from one crossbeam channel, and a channel for the answers.

use std::sync::atomic::AtomicU8;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::WAITS;
use crate::common::Table;
use crate::common::submitting::Boxed;
use crate::common::trips::{Asking, IN_FLIGHT, in_flight, store, there_and_back, tiny, touch};

/// Places in each channel: as many as jobs are ever in flight.
const PLACES: usize = 1 << 14;

/// The caller's ends. The threads end when they are dropped.
pub(super) struct Pool<J, A> {
    jobs: Sender<J>,
    answers: Receiver<A>,
}

impl<J: Send + 'static, A: Send + 'static> Pool<J, A> {
    fn start(threads: usize, run: fn(J) -> A) -> Self {
        let (jobs, given) = bounded(PLACES);
        let (done, answers) = bounded(PLACES);
        for _ in 0..threads {
            let (given, done): (Receiver<J>, Sender<A>) = (given.clone(), done.clone());
            // Sending fails once the caller is gone.
            thread::spawn(move || given.iter().map(run).all(|answer| done.send(answer).is_ok()));
        }
        Self { jobs, answers }
    }

    pub(super) fn post(&self, job: J) {
        self.jobs.send(job).expect(WAITS);
    }

    pub(super) fn take(&self) -> A {
        self.answers.recv().expect(WAITS)
    }
}

fn next(number: u64) -> u64 {
    number + 1
}

/// Pools for each kind of job, for such a pool takes one kind.
pub struct Channels {
    numbers: Pool<u64, u64>,
    one_thread: Pool<u64, u64>,
    closures: Pool<Boxed<u64>, u64>,
    pub(super) tiny: Pool<Boxed<()>, ()>,
    /// Jobs that nobody waits for.
    pub(super) detached: Sender<Boxed<()>>,
    vectors: Pool<Vec<f32>, (Vec<f32>, f32)>,
}

impl Channels {
    pub fn start() -> Self {
        let (detached, given): (Sender<Boxed<()>>, _) = bounded(PLACES);
        for _ in 0..2 {
            let given = given.clone();
            thread::spawn(move || given.iter().for_each(|job| job()));
        }
        Self {
            detached,
            numbers: Pool::start(2, next),
            one_thread: Pool::start(1, next),
            closures: Pool::start(2, |job| job()),
            tiny: Pool::start(2, |job| job()),
            vectors: Pool::start(2, |mut vector| {
                let sum = touch(&mut vector);
                (vector, sum)
            }),
        }
    }

    pub fn round_trips<'a>(&'a self, table: Table<'a>, how: Asking) -> Table<'a> {
        let numbers = |pool: &'a Pool<u64, u64>| {
            move || {
                how.times(|number| {
                    pool.post(number);
                    pool.take()
                })
            }
        };
        table
            .row_of("crossbeam-channel by hand, numbers, one thread", numbers(&self.one_thread))
            .row_of("crossbeam-channel by hand, numbers", numbers(&self.numbers))
            .row_of("crossbeam-channel by hand, boxed closures", move || {
                how.times(|number| {
                    self.closures.post(Box::new(move || number + 1));
                    self.closures.take()
                })
            })
    }

    pub fn in_flight<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table
            .row("crossbeam-channel by hand, numbers", || {
                in_flight(|| {
                    (0..IN_FLIGHT).for_each(|number| self.numbers.post(number));
                    (0..IN_FLIGHT).map(|_| self.numbers.take()).sum()
                })
            })
            .row("crossbeam-channel by hand, boxed closures", || {
                in_flight(|| {
                    (0..IN_FLIGHT).for_each(|number| self.closures.post(Box::new(move || number + 1)));
                    (0..IN_FLIGHT).map(|_| self.closures.take()).sum()
                })
            })
    }

    pub fn tiny<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table.row("crossbeam-channel by hand, boxed closures", move || {
            tiny(bytes, || {
                let (first, rest) = bytes.split_at(IN_FLIGHT as usize);
                first.iter().for_each(|byte| self.tiny.post(Box::new(|| store(byte))));
                for byte in rest {
                    self.tiny.take();
                    self.tiny.post(Box::new(|| store(byte)));
                }
                first.iter().for_each(|_| self.tiny.take());
            })
        })
    }

    pub fn large<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row_of("crossbeam-channel by hand", || {
            there_and_back(|vector| {
                self.vectors.post(vector);
                self.vectors.take()
            })
        })
    }
}
