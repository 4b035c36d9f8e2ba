//! The spares: a free parcel is taken by one, and its buffer comes with it.
//!
//! Actors: two or three threads that take parcels, use their buffers and put them back; some adopt their own. A buffer is a
//! cell that its user writes. Bound: three threads, two parcels.
//!
//! - Invariant: D1.
//! - FORBIDDEN: a parcel taken by two at a time; a buffer used before its last user has put it back; a parcel lost.
//! - ACCEPTABLE: a thread that finds none though one is put back just then.

use loom::sync::Arc;
use loom::thread;

use super::protocol::spares::Spares;
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("spares: two take and put back", Some(3), two_take_and_put_back),
        Scenario::new("spares: two adopt and one takes", Some(3), two_adopt_and_one_takes),
    ]
}

struct Yard {
    spares: Spares,
    buffers: [Watched<u32>; 2],
}

impl Yard {
    fn new(spares: u32) -> Arc<Self> {
        let yard = Self { spares: Spares::new(2), buffers: [Watched::new(0), Watched::new(0)] };
        let adopted: Vec<_> = (0..spares).map(|_| yard.spares.adopt()).collect();
        adopted.into_iter().for_each(|parcel| yard.spares.put(parcel));
        Arc::new(yard)
    }

    /// Uses a free buffer, if there is one.
    fn take(&self) -> bool {
        let Some(parcel) = self.spares.take() else { return false };
        let buffer = &self.buffers[parcel.number() as usize];
        buffer.set(buffer.get() + 1);
        self.spares.put(parcel);
        true
    }

    fn adopt(&self) {
        let parcel = self.spares.adopt();
        self.buffers[parcel.number() as usize].set(1);
        self.spares.put(parcel);
    }

    fn uses(&self) -> u32 {
        self.buffers.iter().map(Watched::get).sum()
    }

    /// Every parcel is there once.
    fn assert_whole(&self) {
        let both = [self.spares.take(), self.spares.take()].map(|parcel| parcel.unwrap().number());
        assert_eq!(both, [0, 1], "the lowest comes first");
        assert!(self.spares.take().is_none() && !self.spares.any() && !self.spares.may_adopt());
    }
}

fn two_take_and_put_back() {
    let yard = Yard::new(2);
    let other = thread::spawn({
        let yard = yard.clone();
        move || u32::from(yard.take()) + u32::from(yard.take())
    });
    let ours = u32::from(yard.take()) + u32::from(yard.take());
    let theirs = other.join().unwrap();
    assert_eq!((ours, theirs), (2, 2), "there is a parcel for each");
    assert_eq!(yard.uses(), 4);
    yard.assert_whole();
}

fn two_adopt_and_one_takes() {
    let yard = Yard::new(0);
    let adopters = [(); 2].map(|()| {
        let yard = yard.clone();
        thread::spawn(move || yard.adopt())
    });
    let taken = u32::from(yard.take());
    for adopter in adopters {
        adopter.join().unwrap();
    }
    assert_eq!(yard.uses(), 2 + taken);
    yard.assert_whole();
}
