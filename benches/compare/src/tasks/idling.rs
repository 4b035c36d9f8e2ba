//! The rivals' rows of `pool_idle`.

use std::time::Duration;

use ::rayon::prelude::*;

use super::channel::Channels;
use super::rayon::Rayon;
use super::threadpool::Threads;
use super::tokio::Tokio;
use crate::common::Table;
use crate::common::idling::{FanOut, Work, control, every};

/// A pool that takes tasks nobody waits for, and tasks that somebody does.
pub trait Pool: Sized {
    /// The name in the tables.
    const NAME: &str;

    /// Hands over a task and goes on.
    fn detach(&self, task: impl FnOnce() + Send + 'static);

    /// Hands over a task and waits for it.
    fn run(&self, task: impl FnOnce() + Send + 'static);

    /// An empty task once a period.
    fn now_and_then<'a>(&'a self, table: Table<'a>, period: Duration) -> Table<'a> {
        table.row_of(Self::NAME, move || every(period, || self.run(|| ())))
    }

    /// Two tasks after idling.
    fn fan_out<'a>(&'a self, table: Table<'a>, idle: Duration) -> Table<'a> {
        let fan = FanOut::new();
        table.row(Self::NAME, move || {
            fan.us(idle, |tasks| (0..tasks).for_each(|_| self.detach(|| fan.task())))
        })
    }

    /// Work beside the main thread's ticks.
    fn stalls<'a>(&'a self, table: Table<'a>, work: &'static Work) -> Table<'a> {
        table.row_of(Self::NAME, move || {
            work.stalls(|tasks| (0..tasks).for_each(|_| self.detach(|| work.task())))
        })
    }
}

impl Pool for Channels {
    const NAME: &str = "crossbeam-channel by hand";

    fn detach(&self, task: impl FnOnce() + Send + 'static) {
        self.detached.send(Box::new(task)).expect(super::WAITS);
    }

    fn run(&self, task: impl FnOnce() + Send + 'static) {
        self.tiny.post(Box::new(task));
        self.tiny.take();
    }
}

impl Pool for Rayon {
    const NAME: &str = "rayon";

    fn detach(&self, task: impl FnOnce() + Send + 'static) {
        self.0.spawn(task);
    }

    fn run(&self, task: impl FnOnce() + Send + 'static) {
        self.0.install(task);
    }
}

impl Pool for Threads {
    const NAME: &str = "threadpool";

    fn detach(&self, task: impl FnOnce() + Send + 'static) {
        self.0.execute(task);
    }

    fn run(&self, task: impl FnOnce() + Send + 'static) {
        self.0.execute(task);
        self.0.join();
    }
}

impl Pool for Tokio {
    const NAME: &str = "tokio, spawn_blocking";

    fn detach(&self, task: impl FnOnce() + Send + 'static) {
        drop(self.0.spawn_blocking(task));
    }

    fn run(&self, task: impl FnOnce() + Send + 'static) {
        self.wait(self.0.spawn_blocking(task));
    }
}

impl Rayon {
    /// The caller asks for each burst, or a whole tick is one `install`.
    pub fn control<'a>(&'a self, table: Table<'a>) -> Table<'a> {
        let burst = || (0..control::JOBS).into_par_iter().with_max_len(1).for_each(|_| control::job());
        table
            .row_of("rayon, an install for each burst", move || {
                control::ticks(|| control::tick(|| self.0.install(burst)))
            })
            .row_of("rayon, an install for the tick", move || {
                control::ticks(|| self.0.install(|| control::tick(burst)))
            })
    }
}
