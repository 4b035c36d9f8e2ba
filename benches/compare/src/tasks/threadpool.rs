use std::sync::atomic::AtomicU8;
use std::sync::mpsc;

use threadpool::ThreadPool;

use super::WAITS;
use crate::common::Table;
use crate::common::joining::fibs_s;
use crate::common::raw::trees::{FIBS, OF, fib};
use crate::common::trips::{Asking, IN_FLIGHT, in_flight, store, there_and_back, tiny, touch};

pub struct Threads(pub(super) ThreadPool);

impl Threads {
    pub fn start() -> Self {
        Self(ThreadPool::new(2))
    }

    pub fn round_trips<'a>(&'a self, table: Table<'a>, how: Asking) -> Table<'a> {
        table.row_of("threadpool, mpsc", move || {
            let (answers, answer) = mpsc::channel();
            how.times(|number| {
                let answers = answers.clone();
                self.0.execute(move || answers.send(number + 1).expect(WAITS));
                answer.recv().expect(WAITS)
            })
        })
    }

    pub fn in_flight<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row("threadpool, mpsc", move || {
            let (answers, answer) = mpsc::channel();
            in_flight(|| {
                for number in 0..IN_FLIGHT {
                    let answers = answers.clone();
                    self.0.execute(move || answers.send(number + 1).expect(WAITS));
                }
                answer.iter().take(IN_FLIGHT as usize).sum()
            })
        })
    }

    pub fn tiny<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        table.row("threadpool", move || {
            tiny(bytes, || {
                bytes.iter().for_each(|byte| self.0.execute(|| store(byte)));
                self.0.join();
            })
        })
    }

    pub fn large<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row_of("threadpool, mpsc", move || {
            let (answers, answer) = mpsc::channel();
            there_and_back(|mut vector| {
                let answers = answers.clone();
                self.0.execute(move || {
                    let sum = touch(&mut vector);
                    answers.send((vector, sum)).expect(WAITS);
                });
                answer.recv().expect(WAITS)
            })
        })
    }

    pub fn fibs<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row("threadpool, whole numbers", move || {
            fibs_s(|| {
                let (answers, answer) = mpsc::channel();
                for _ in 0..FIBS {
                    let answers = answers.clone();
                    self.0.execute(move || answers.send(fib(OF)).expect(WAITS));
                }
                answer.iter().take(FIBS).sum()
            })
        })
    }
}
