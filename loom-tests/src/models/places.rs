//! The places of a stage: each parcel is run once, by no more than there are places for, in the order asked for.
//!
//! Actors: two or three threads that bring parcels, take them in, run the stage and leave. A buffer is a cell that its
//! parcel's holder writes; what a stage of one place keeps is another. Bound: three threads, three parcels.
//!
//! - Invariants: D2, D3, D4.
//! - FORBIDDEN: a parcel taken twice, lost, or before its buffer is written; two in one place; a parcel out of its
//!   sequence; nobody who sees the parcel and the place that two threads made meet.
//! - ACCEPTABLE: a thread that finds nothing while another is between its steps.

use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use super::protocol::places::{Order, Places, look_after_step};
use crate::protocol::spares::Parcel;
use crate::scenario::Scenario;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("places: two bring and take", Some(3), two_bring_and_take),
        Scenario::new("places: two bring against the order", Some(3), two_bring_against_the_order),
        Scenario::new("places: three for two places", Some(2), three_for_two_places),
        Scenario::new("places: two send a parcel round", Some(3), two_send_a_parcel_round),
        Scenario::new("places: two enter", Some(3), two_enter),
        Scenario::new("places: one frees, one brings", None, one_frees_one_brings),
    ]
}

struct Stage {
    places: Places,
    buffers: [Watched<u32>; 3],
    /// What the stage keeps between its runs, if it has one place.
    kept: Option<Watched<u32>>,
    inside: AtomicU32,
    most: u32,
}

impl Stage {
    fn new(places: u16, parcels: usize, order: Order) -> Arc<Self> {
        Arc::new(Self {
            places: Places::new(places, parcels, order),
            buffers: [0; 3].map(Watched::new),
            kept: (places == 1).then(|| Watched::new(0)),
            inside: AtomicU32::new(0),
            most: places.into(),
        })
    }

    fn bring(&self, number: u32) {
        self.buffers[number as usize].set(1);
        self.places.arrive(Parcel::new(number), number.into());
    }

    /// Runs the stage once, if there is a parcel and a place; returns the parcel and how many came before it.
    fn run(&self) -> Option<(Parcel, u32)> {
        let parcel = self.places.try_take()?;
        let buffer = &self.buffers[parcel.number() as usize];
        buffer.set(buffer.get() + 1);
        let before = self.inside();
        self.places.leave();
        Some((parcel, before))
    }

    /// What the stage does; returns how often it was done before, if it keeps that.
    fn inside(&self) -> u32 {
        assert!(self.inside.fetch_add(1, Relaxed) < self.most, "too many at a time");
        let before = self.kept.as_ref().map_or(0, |kept| {
            let before = kept.get();
            kept.set(before + 1);
            before
        });
        self.inside.fetch_sub(1, Relaxed);
        before
    }

    /// Runs what is left when all others have gone, and checks that each buffer was run once.
    fn assert_all_run(&self, parcels: usize) {
        while self.run().is_some() {}
        for buffer in &self.buffers[..parcels] {
            assert_eq!(buffer.get(), 2, "a parcel was lost, or run twice");
        }
        assert!(!self.places.can_take() && self.places.can_enter());
        assert_eq!(self.places.waiting(), 0);
    }
}

/// Brings a parcel and runs the stage once, on a thread of its own.
fn brings(stage: &Arc<Stage>, number: u32) -> JoinHandle<()> {
    let stage = stage.clone();
    thread::spawn(move || {
        stage.bring(number);
        stage.run();
    })
}

fn two_bring_and_take() {
    let stage = Stage::new(1, 2, Order::Arrival);
    let threads = [brings(&stage, 0), brings(&stage, 1)];
    for thread in threads {
        thread.join().unwrap();
    }
    stage.assert_all_run(2);
}

/// Whoever runs a parcel finds that as many ran before as its sequence says.
fn two_bring_against_the_order() {
    let stage = Stage::new(1, 2, Order::Sequence);
    let check = |stage: &Stage| {
        if let Some((parcel, before)) = stage.run() {
            assert_eq!(parcel.number(), before, "out of its sequence");
        }
    };
    let threads = [1, 0].map(|number| {
        let stage = stage.clone();
        thread::spawn(move || {
            stage.bring(number);
            check(&stage);
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    check(&stage);
    stage.assert_all_run(2);
}

fn three_for_two_places() {
    let stage = Stage::new(2, 3, Order::Arrival);
    (0..3).for_each(|number| stage.bring(number));
    let threads = [(); 2].map(|()| {
        let stage = stage.clone();
        thread::spawn(move || stage.run().is_some())
    });
    stage.run();
    for thread in threads {
        thread.join().unwrap();
    }
    stage.assert_all_run(3);
}

/// A line for one parcel, which comes back to it: what lies in the cell from its last time is not taken for it.
fn two_send_a_parcel_round() {
    let stage = Stage::new(2, 1, Order::Arrival);
    stage.bring(0);
    let round = |stage: &Stage| {
        let Some((parcel, _)) = stage.run() else { return 0 };
        stage.places.arrive(parcel, 0);
        1
    };
    let other = thread::spawn({
        let stage = stage.clone();
        move || round(&stage) + round(&stage)
    });
    let rounds = round(&stage) + round(&stage) + other.join().unwrap();
    assert_eq!(stage.buffers[0].get(), 1 + rounds);
    assert!(stage.places.try_take().is_some() && stage.places.try_take().is_none());
}

/// A stage without a line.
fn two_enter() {
    let stage = Stage::new(1, 1, Order::Arrival);
    let enter = |stage: &Stage| {
        let entered = stage.places.try_enter();
        if entered {
            stage.inside();
            stage.places.leave();
        }
        u32::from(entered)
    };
    let other = thread::spawn({
        let stage = stage.clone();
        move || enter(&stage)
    });
    let entered = enter(&stage) + other.join().unwrap();
    assert!(entered >= 1 && stage.places.can_enter());
    assert_eq!(stage.kept.as_ref().map(Watched::get), Some(entered));
}

/// The place and the parcel come from two threads; one of the two at least sees both.
fn one_frees_one_brings() {
    let stage = Stage::new(1, 1, Order::Arrival);
    assert!(stage.places.try_enter());
    let other = thread::spawn({
        let stage = stage.clone();
        move || {
            stage.places.leave();
            look_after_step();
            stage.places.can_take()
        }
    });
    stage.bring(0);
    look_after_step();
    let seen = stage.places.can_take();
    assert!(seen | other.join().unwrap(), "nobody sees that the stage can run");
}
