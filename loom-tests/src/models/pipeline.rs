//! The places, the spares, the course and the bed together: a pipeline's workers, as `src/pipeline/run.rs` runs them.
//!
//! Actors: two workers that look for what is most downstream, call for help, do it and go on, and that announce, look again
//! and sleep when there is nothing. Where a worker's closure waits for another worker, a call that is missing is a deadlock.
//! Bound: two workers and a watcher, a source and a sink, one parcel or two.
//!
//! - FORBIDDEN: a worker asleep when the run is over; a worker asleep while something is left to do that nobody who is
//!   awake is going to look for; a parcel lost.
//! - ACCEPTABLE: a wake too many.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::course::Course;
use super::protocol::latch::Latch;
use super::protocol::places::{Order, Places, look_after_step};
use super::protocol::sleep::Bed;
use super::protocol::spares::{Parcel, Spares};
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::fence::Fences;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        Scenario::over_futexes("pipeline: two workers, one parcel", Some(2), one_parcel),
        Scenario::over_futexes("pipeline: one calls the other", Some(2), one_calls_the_other),
        Scenario::over_futexes("pipeline: one stops two", Some(2), one_stops_two),
    ]
    .concat()
}

/// A source of `left` parcels and a sink.
struct World {
    source: Places,
    sink: Places,
    spares: Spares,
    course: Course,
    bed: Bed,
    buffers: [Watched<u32>; 2],
    left: Watched<u32>,
    done: AtomicU32,
    /// Whom the sink's closure waits for.
    together: Option<Latch>,
}

enum Found {
    Sink(Parcel),
    Source(Parcel),
    Over,
}

impl World {
    fn new(left: u32, spares: u32, places: u16, together: Option<Latch>) -> Arc<Self> {
        let world = Self {
            source: Places::new(1, 1, Order::Arrival),
            sink: Places::new(places, spares as usize, Order::Arrival),
            spares: Spares::new(spares),
            course: Course::new(),
            bed: Bed::new(Fences::symmetric()),
            buffers: [Watched::new(0), Watched::new(0)],
            left: Watched::new(left),
            done: AtomicU32::new(0),
            together,
        };
        let adopted: Vec<_> = (0..spares).map(|_| world.spares.adopt()).collect();
        adopted.into_iter().for_each(|parcel| world.spares.put(parcel));
        Arc::new(world)
    }

    fn work(&self) {
        loop {
            let found = self.look_around().unwrap_or_else(|| self.wait());
            self.call_for_help();
            match found {
                Found::Sink(parcel) => self.sink(parcel),
                Found::Source(parcel) => self.source(parcel),
                Found::Over => return,
            }
        }
    }

    fn wait(&self) -> Found {
        loop {
            let announced = self.bed.announce();
            if let Some(found) = self.look_around() {
                self.bed.stay_up(announced);
                return found;
            }
            self.bed.wait(announced);
            if let Some(found) = self.look_around() {
                return found;
            }
        }
    }

    fn look_around(&self) -> Option<Found> {
        if self.course.is_over() {
            return Some(Found::Over);
        }
        if let Some(parcel) = self.sink.try_take() {
            return Some(Found::Sink(parcel));
        }
        if !self.source.can_enter() {
            return None;
        }
        let parcel = self.spares.take()?;
        if self.source.try_enter() {
            return Some(Found::Source(parcel));
        }
        self.spares.put(parcel);
        None
    }

    fn call_for_help(&self) {
        if self.bed.sleeping() > 0 {
            look_after_step();
            if self.sink.can_take() || self.source.can_enter() && self.spares.any() {
                self.bed.notify(1);
            }
        }
    }

    fn source(&self, parcel: Parcel) {
        let left = self.left.get();
        if left == 0 {
            // The place is kept.
            self.spares.put(parcel);
            if self.course.end() {
                self.bed.notify(u32::MAX);
            }
            return;
        }
        self.left.set(left - 1);
        self.buffers[parcel.number() as usize].set(left);
        self.course.set_out();
        self.source.leave();
        self.sink.arrive(parcel, 0);
    }

    fn sink(&self, parcel: Parcel) {
        let buffer = &self.buffers[parcel.number() as usize];
        assert!(buffer.get() > 0);
        buffer.set(0);
        if let Some(together) = &self.together {
            together.arrive();
            // One may wait at a latch: the first parcel's worker.
            if self.done.fetch_add(1, Relaxed) == 0 {
                together.wait(0);
            }
        } else {
            self.done.fetch_add(1, Relaxed);
        }
        self.spares.put(parcel);
        self.sink.leave();
        if self.course.come_home() {
            self.bed.notify(u32::MAX);
        }
    }
}

fn worker(world: &Arc<World>) -> JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || world.work())
}

fn one_parcel() {
    let world = World::new(1, 1, 1, None);
    let other = worker(&world);
    world.work();
    other.join().unwrap();
    assert_eq!(world.done.load(Relaxed), 1);
    assert!(world.course.is_complete());
    assert_eq!(world.bed.sleeping(), 0);
}

/// Two parcels lie there, and whoever runs the first waits for somebody to run the second.
fn one_calls_the_other() {
    let world = World::new(0, 2, 2, Some(Latch::new(2)));
    let parcels = [(); 2].map(|()| {
        let parcel = world.spares.take().unwrap();
        world.buffers[parcel.number() as usize].set(1);
        world.course.set_out();
        parcel
    });
    let other = worker(&world);
    for parcel in parcels {
        world.sink.arrive(parcel, 0);
    }
    world.work();
    other.join().unwrap();
    assert_eq!(world.done.load(Relaxed), 2);
}

/// Nothing is left but for a parcel that never comes home; somebody from outside ends the run.
fn one_stops_two() {
    let world = World::new(0, 1, 1, None);
    world.course.set_out();
    let workers = [worker(&world), worker(&world)];
    assert!(world.course.stop());
    world.bed.notify(u32::MAX);
    for worker in workers {
        worker.join().unwrap();
    }
    assert!(world.course.is_over() && !world.course.is_complete());
}
