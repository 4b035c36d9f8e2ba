//! Reading all counts while they are written.

use std::collections::BTreeMap;
use std::time::Duration;

use super::figures::{LaneFigures, RunningTask, TaskFigures, Throttled, WorkerFigures};
use super::snapshot::Snapshot;
use super::worker::{LANES, WorkerMetrics};
use super::{LaneCounts, Metrics};
use crate::pool::task::{Lane, Readings};
use crate::sys::throttle;

impl Metrics {
    /// Reads everything. Ends come before submissions, so that nothing has ended that was not submitted, and names come
    /// last, so that whatever has a number has a text.
    pub(super) fn read(&self, read_lanes: impl FnOnce() -> Readings) -> Snapshot {
        let now = self.clock.now();
        let mut by_place = BTreeMap::new();
        let read: Vec<_> = self.workers.iter().map(|worker| worker.read_tasks(&mut by_place)).collect();
        let running: Vec<_> = self.workers.iter().map(|worker| worker.runs()).collect();
        let texts = self.names.texts();
        let mut tasks: Vec<TaskFigures> = Vec::new();
        for (place, mut figures) in by_place {
            (figures.name, figures.lane) = (texts[place / LANES], Some(Lane::ALL[place % LANES]));
            // Someone may call a task as those are called that have no number of their own.
            match tasks.iter_mut().find(|task| (task.name, task.lane) == (figures.name, figures.lane)) {
                Some(task) => task.merge(&figures),
                None => tasks.push(figures),
            }
        }
        let ended = |lane| tasks.iter().filter(|task| task.lane == Some(lane)).map(TaskFigures::ended).sum();
        let Readings { workers: present, depths, own_depths, pushed } = read_lanes();
        let lanes = self.lanes.iter().zip(Lane::ALL).zip(depths).zip(pushed);
        let lanes = lanes
            .map(|(((counts, lane), depth), pushed)| counts.read(lane, depth, pushed, ended(lane)))
            .collect();
        let workers = self.workers.iter().zip(read).zip(running).enumerate();
        let mut workers: Vec<_> = workers
            .map(|(number, ((worker, ended), running))| {
                let running = running.map(|(name, started)| RunningTask {
                    name: texts[name.number()],
                    elapsed: Duration::from_nanos(now.saturating_sub(started)),
                });
                let depth = number.checked_sub(1).and_then(|thread| own_depths.get(thread)).copied();
                worker.read(number, depth.unwrap_or(0), ended, running)
            })
            .collect();
        // Threads that never came: there may be many more numbers than workers.
        let came = workers.iter().rposition(WorkerFigures::has_any).unwrap_or(0);
        workers.truncate(came.max(present) + 1);
        let throttled = throttle::throttled();
        let throttled = throttled.map(|throttle::Throttled { periods, time }| Throttled { periods, time });
        Snapshot { age: Duration::from_nanos(now), tasks, lanes, workers, throttled }
    }
}

impl LaneCounts {
    fn read(&self, lane: Lane, depth: u64, pushed: u64, ended: u64) -> LaneFigures {
        let ran_here = self.ran_here.get();
        LaneFigures {
            lane,
            // A task may have ended before its submitter comes to count it.
            submitted: (pushed + self.submitted.get()).max(ended.saturating_sub(ran_here)),
            depth,
            most: self.depth.get().max(depth),
            rejected: self.rejected.get(),
            oldest_dropped: self.oldest_dropped.get(),
            newest_dropped: self.newest_dropped.get(),
            ran_here,
        }
    }
}

impl WorkerMetrics {
    /// Adds this worker's tasks to those of the others, by their places; returns how many have ended.
    fn read_tasks(&self, tasks: &mut BTreeMap<usize, TaskFigures>) -> u64 {
        let mut total = 0;
        for (place, figures) in self.tasks() {
            total += figures.ended();
            tasks.entry(place).or_default().merge(&figures);
        }
        total
    }

    fn read(&self, worker: usize, depth: u64, tasks: u64, running: Option<RunningTask>) -> WorkerFigures {
        WorkerFigures {
            worker,
            depth,
            tasks,
            steals: self.steals.get(),
            // Who woke had lain down, and is counted so before.
            wakes: self.wakes.get(),
            parks: self.parks.get(),
            spins: self.spins.get(),
            loops: self.loops.get(),
            wake_up: self.wake_up.get().map(|recorder| recorder.read()).unwrap_or_default(),
            running,
        }
    }
}
