//! Lines of the protocols that the models must not let go.
//!
//! Each entry weakens one place of one file, given by its exact text, which the build script finds once or fails: an
//! entry cannot outlive its line. The test `models` expects the scenario to refute the result, and by that objection.
//! The entries of a protocol file stand in the file of its name.

// The build script reads this file too, and neither it nor the library needs all of it.
#![allow(dead_code, unreachable_pub)]

mod bridge;
mod claims;
mod commitment;
mod cost;
mod course;
mod departure;
mod escrow;
mod front;
mod hand_over;
mod heir;
mod homes;
mod journal;
mod lane;
mod lanes;
mod latch;
mod latest;
mod look_back;
mod lookout;
mod loop_board;
mod merge_tree;
mod offer;
mod parking;
mod participant;
mod pipeline;
mod places;
mod queue;
mod recovery;
mod retirement;
mod returns;
mod roll;
mod roster;
mod shared_bed;
mod shares;
mod sleep;
mod slot;
mod spares;
mod spinners;
mod stock;
mod stream;
mod submit;
mod tally;
mod task_cell;
mod token;
mod top;
mod turns;
mod wakers;
mod whereabouts;

use File::{Model, Protocol};

/// One weakened place.
pub(crate) struct Weakening {
    /// Where it is.
    pub(crate) file: File,
    /// What the file lacks without it.
    pub(crate) lacks: &'static str,
    pub(crate) line: &'static str,
    pub(crate) instead: &'static str,
    /// How the name of the scenario begins that refutes it. Up to the colon it is the model's.
    pub(crate) scenario: &'static str,
    pub(crate) objection: Objection,
}

/// Whose line is weakened, and the name of its file.
#[derive(Clone, Copy)]
pub(crate) enum File {
    /// The protocol's.
    Protocol(&'static str),
    /// Its users', whose part the model plays: what the protocol asks of them.
    Model(&'static str),
}

/// What a model says when it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// Everybody sleeps.
    Deadlock,
    /// Two threads use a cell with nothing to order them.
    Race,
    /// The scenario's or the protocol's own check.
    Assertion,
}

impl Weakening {
    pub(crate) fn name(&self) -> String {
        let (Protocol(file) | Model(file)) = self.file;
        format!("{file} without {}", self.lacks)
    }

    pub(crate) fn model(&self) -> &'static str {
        self.scenario.split(':').next().unwrap_or_default()
    }
}

/// All places, by protocol.
const BY_PROTOCOL: &[&[Weakening]] = &[
    commitment::WEAKENINGS,
    sleep::WEAKENINGS,
    latch::WEAKENINGS,
    loop_board::WEAKENINGS,
    shares::WEAKENINGS,
    shared_bed::WEAKENINGS,
    bridge::WEAKENINGS,
    merge_tree::WEAKENINGS,
    cost::WEAKENINGS,
    claims::WEAKENINGS,
    look_back::WEAKENINGS,
    heir::WEAKENINGS,
    homes::WEAKENINGS,
    offer::WEAKENINGS,
    roll::WEAKENINGS,
    stock::WEAKENINGS,
    parking::WEAKENINGS,
    participant::WEAKENINGS,
    slot::WEAKENINGS,
    queue::WEAKENINGS,
    recovery::WEAKENINGS,
    retirement::WEAKENINGS,
    departure::WEAKENINGS,
    escrow::WEAKENINGS,
    hand_over::WEAKENINGS,
    wakers::WEAKENINGS,
    spinners::WEAKENINGS,
    roster::WEAKENINGS,
    tally::WEAKENINGS,
    token::WEAKENINGS,
    journal::WEAKENINGS,
    top::WEAKENINGS,
    turns::WEAKENINGS,
    whereabouts::WEAKENINGS,
    lane::WEAKENINGS,
    lookout::WEAKENINGS,
    task_cell::WEAKENINGS,
    submit::WEAKENINGS,
    returns::WEAKENINGS,
    lanes::WEAKENINGS,
    front::WEAKENINGS,
    latest::WEAKENINGS,
    stream::WEAKENINGS,
    spares::WEAKENINGS,
    places::WEAKENINGS,
    course::WEAKENINGS,
    pipeline::WEAKENINGS,
];

/// Returns every place, in the order of the protocols.
pub(crate) fn all() -> impl Iterator<Item = &'static Weakening> {
    BY_PROTOCOL.iter().copied().flatten()
}
