use std::sync::atomic::AtomicU8;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::WAITS;
use crate::common::Table;
use crate::common::trips::{Asking, IN_FLIGHT, in_flight, store, there_and_back, tiny, touch};

pub struct Tokio(pub(super) Runtime);

impl Tokio {
    pub fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).max_blocking_threads(2).build();
        Self(runtime.expect("threads start"))
    }

    pub(super) fn wait<T>(&self, task: JoinHandle<T>) -> T {
        self.0.block_on(task).expect(WAITS)
    }

    pub fn round_trips<'a>(&'a self, table: Table<'a>, how: Asking) -> Table<'a> {
        table
            .row_of("tokio, spawn_blocking", move || {
                how.times(|number| self.wait(self.0.spawn_blocking(move || number + 1)))
            })
            .row_of("tokio, spawn", move || {
                how.times(|number| self.wait(self.0.spawn(async move { number + 1 })))
            })
    }

    pub fn in_flight<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        let all = move |spawn: &dyn Fn(u64) -> JoinHandle<u64>| {
            in_flight(|| {
                let tasks: Vec<_> = (0..IN_FLIGHT).map(spawn).collect();
                self.sum(tasks)
            })
        };
        table
            .row("tokio, spawn_blocking", move || all(&|number| self.0.spawn_blocking(move || number + 1)))
            .row("tokio, spawn", move || all(&|number| self.0.spawn(async move { number + 1 })))
    }

    fn sum(&self, tasks: Vec<JoinHandle<u64>>) -> u64 {
        self.0.block_on(async {
            let mut sum = 0;
            for task in tasks {
                sum += task.await.expect(WAITS);
            }
            sum
        })
    }

    pub fn tiny<'a>(&'a self, table: Table<'a>, bytes: &'static [AtomicU8]) -> Table<'a> {
        let all = move |spawn: &dyn Fn(&'static AtomicU8) -> JoinHandle<()>| {
            tiny(bytes, || {
                let tasks: Vec<_> = bytes.iter().map(spawn).collect();
                tasks.into_iter().for_each(|task| self.wait(task));
            })
        };
        table
            .row("tokio, spawn_blocking", move || all(&|byte| self.0.spawn_blocking(|| store(byte))))
            .row("tokio, spawn", move || all(&|byte| self.0.spawn(async { store(byte) })))
    }

    pub fn large<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        table.row_of("tokio, spawn_blocking", move || {
            there_and_back(|mut vector| {
                self.wait(self.0.spawn_blocking(move || {
                    let sum = touch(&mut vector);
                    (vector, sum)
                }))
            })
        })
    }
}
