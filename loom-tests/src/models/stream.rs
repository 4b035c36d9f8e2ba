//! The stream: whoever touches an element has it for itself, and finds it as the one before left it.
//!
//! Actors: a producer, up to two stages, one lane that joined before or joins now. An element is a cell that loom watches, in the
//! place of its number modulo the capacity; the producer writes its number, each stage adds to it, the lane reads it.
//! Nobody waits: who finds nothing goes on, and the rest is done when all have come together. Bound: three threads, one
//! or two places, up to four elements, two or three preemptions.
//!
//! - Invariants: P1, P2, P3.
//! - FORBIDDEN: two at one element; an element that a stage did not see; an end before the last element.
//! - ACCEPTABLE: a follower that does not see the newest count.

use loom::sync::Arc;
use loom::thread;

use super::protocol::stream::{Cursors, Follower, Lane, Writer};
use crate::scenario::Scenario;
use crate::watched::Watched;

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("stream: one lane, going round", Some(3), one_lane_going_round),
        Scenario::new("stream: batches and single elements", Some(3), batches_and_single_elements),
        Scenario::new("stream: the end", Some(3), the_end),
        Scenario::new("stream: a lane joins while the producer runs on", Some(3), a_lane_joins_late),
        Scenario::new("stream: a lane joins behind a stage", Some(2), a_lane_joins_behind_a_stage),
        Scenario::new("stream: two stages and a lane", Some(2), two_stages_and_a_lane),
        Scenario::new("stream: a stage and nobody behind it", Some(3), a_stage_and_nobody_behind_it),
        Scenario::new("stream: a stage ends", Some(3), a_stage_ends),
    ]
}

/// What each stage adds, so that an element tells who has seen it.
const SEEN: u64 = 100;

struct Ring {
    cursors: Cursors,
    places: Vec<Watched<u64>>,
}

impl Ring {
    fn new(places: u64, stages: usize) -> (Arc<Self>, Writer, Vec<Follower>) {
        let (cursors, writer, followers) = Cursors::new(places, stages, 1);
        let places = (0..places).map(|_| Watched::new(u64::MAX)).collect();
        (Arc::new(Self { cursors, places }), writer, followers)
    }

    fn place(&self, number: u64) -> &Watched<u64> {
        &self.places[(number % self.cursors.capacity()) as usize]
    }

    /// Writes the next element if there is room for it.
    fn push(&self, writer: &mut Writer) -> bool {
        if writer.known_room() == 0 && self.cursors.look_for_room(writer).free == 0 {
            return false;
        }
        self.cursors.begin_push();
        self.place(writer.count()).set(writer.count());
        self.cursors.push(writer, Some(writer.count()));
        true
    }

    /// Writes as many elements at once as there is room for; returns how many those were.
    fn write(&self, writer: &mut Writer) -> u64 {
        let count = self.cursors.look_for_room(writer).free;
        self.cursors.claim(writer, count);
        for number in writer.count()..writer.count() + count {
            self.place(number).set(number);
        }
        self.cursors.publish(writer, count);
        count
    }

    /// Changes what the stage may, all at once; returns how much that was.
    fn change(&self, stage: &mut Follower) -> u64 {
        let count = self.cursors.look(stage);
        for number in stage.count()..stage.count() + count {
            let place = self.place(number);
            place.set(place.get() + SEEN);
        }
        self.cursors.pass(stage, count);
        count
    }

    /// Reads what the lane may; returns how much that was.
    fn read(&self, lane: &mut Lane) -> u64 {
        let stages = lane.follower.upstream() as u64;
        let count = self.cursors.look(&mut lane.follower);
        let begin = lane.follower.count();
        if let Some(echo) = self.cursors.hear(&lane.follower) {
            assert_eq!(echo, begin, "the echo is the element");
            self.cursors.release(lane, 1);
            return 1;
        }
        for number in begin..begin + count {
            assert_eq!(self.place(number).get(), number + stages * SEEN, "every stage has seen the element");
        }
        self.cursors.release(lane, count);
        count
    }
}

fn one_lane_going_round() {
    let (ring, mut writer, _) = Ring::new(2, 0);
    let mut lane = ring.cursors.join().unwrap();
    assert!(ring.push(&mut writer) && ring.push(&mut writer));
    assert!(!ring.push(&mut writer), "both places are full");
    let reader = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.read(&mut lane);
            ring.read(&mut lane);
            lane
        }
    });
    while writer.count() < 4 && ring.push(&mut writer) {}
    let mut lane = reader.join().unwrap();
    ring.read(&mut lane);
    assert_eq!(lane.follower.count(), writer.count());
    assert!(ring.push(&mut writer));
}

/// An echo is of a pushed element, never of a batch.
fn batches_and_single_elements() {
    let (ring, mut writer, _) = Ring::new(2, 0);
    let mut lane = ring.cursors.join().unwrap();
    ring.cursors.want_echoes(&mut lane, true);
    ring.push(&mut writer);
    assert_eq!(ring.cursors.look(&mut lane.follower), 1);
    assert_eq!(ring.cursors.hear(&lane.follower), Some(0));
    let producer = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.write(&mut writer);
            ring.push(&mut writer);
            writer
        }
    });
    ring.read(&mut lane);
    ring.read(&mut lane);
    let mut writer = producer.join().unwrap();
    ring.read(&mut lane);
    assert_eq!(lane.follower.count(), writer.count());
    assert_eq!(ring.write(&mut writer), 2);
}

fn the_end() {
    let (ring, mut writer, _) = Ring::new(2, 0);
    let mut lane = ring.cursors.join().unwrap();
    let producer = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.push(&mut writer);
            ring.push(&mut writer);
            ring.cursors.end(&mut writer);
        }
    });
    ring.read(&mut lane);
    if lane.follower.is_drained() {
        assert_eq!(lane.follower.count(), 2, "the end comes after the last element");
    }
    producer.join().unwrap();
    ring.read(&mut lane);
    assert!(lane.follower.is_drained());
    assert_eq!(lane.follower.count(), 2);
}

/// The producer is past the count that the lane read first when it sees the lane.
fn a_lane_joins_late() {
    let (ring, mut writer, _) = Ring::new(1, 0);
    let reader = thread::spawn({
        let ring = ring.clone();
        move || {
            let mut lane = ring.cursors.join().unwrap();
            ring.read(&mut lane);
        }
    });
    while writer.count() < 3 && ring.push(&mut writer) {}
    reader.join().unwrap();
    ring.cursors.look_for_room(&mut writer);
    assert!(writer.known_room() <= 1, "no more room than places");
}

fn a_lane_joins_behind_a_stage() {
    let (ring, mut writer, mut stages) = Ring::new(1, 1);
    let mut stage = stages.pop().unwrap();
    let reader = thread::spawn({
        let ring = ring.clone();
        move || {
            let mut lane = ring.cursors.join().unwrap();
            ring.read(&mut lane);
        }
    });
    let changer = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.change(&mut stage);
            ring.change(&mut stage);
        }
    });
    while writer.count() < 3 && ring.push(&mut writer) {}
    reader.join().unwrap();
    changer.join().unwrap();
}

fn two_stages_and_a_lane() {
    let (ring, mut writer, mut stages) = Ring::new(1, 2);
    let mut lane = ring.cursors.join().unwrap();
    let (mut second, mut first) = (stages.pop().unwrap(), stages.pop().unwrap());
    ring.push(&mut writer);
    let later = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.change(&mut second);
            ring.read(&mut lane);
            (second, lane)
        }
    });
    ring.change(&mut first);
    ring.push(&mut writer);
    let (mut second, mut lane) = later.join().unwrap();
    ring.change(&mut first);
    ring.change(&mut second);
    ring.read(&mut lane);
    assert_eq!(lane.follower.count(), writer.count());
}

/// Without a lane the last stage holds the producer up.
fn a_stage_and_nobody_behind_it() {
    let (ring, mut writer, mut stages) = Ring::new(1, 1);
    let mut stage = stages.pop().unwrap();
    ring.push(&mut writer);
    let changer = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.change(&mut stage);
            stage
        }
    });
    ring.push(&mut writer);
    let mut stage = changer.join().unwrap();
    ring.change(&mut stage);
    assert_eq!(stage.count(), writer.count());
}

fn a_stage_ends() {
    let (ring, mut writer, mut stages) = Ring::new(2, 1);
    let mut lane = ring.cursors.join().unwrap();
    let mut stage = stages.pop().unwrap();
    ring.push(&mut writer);
    let changer = thread::spawn({
        let ring = ring.clone();
        move || {
            ring.change(&mut stage);
            ring.cursors.end_stage(&mut stage);
        }
    });
    ring.read(&mut lane);
    if lane.follower.is_drained() {
        assert_eq!(lane.follower.count(), 1, "what the stage passed on comes before its end");
    }
    changer.join().unwrap();
    ring.read(&mut lane);
    assert!(lane.follower.is_drained());
    assert!(ring.cursors.look_for_room(&mut writer).is_cut);
}
