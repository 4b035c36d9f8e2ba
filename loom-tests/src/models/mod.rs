//! One model for each file of `src/protocol/` (two for `queue`), and one each for those that meet:
//! `idle`, `pipeline`, `submit`.

// A model that panics has failed, which is what a failed `unwrap` means here.
#![allow(clippy::unwrap_used)]

use crate::protocol;
use crate::scenario::Scenario;

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
mod idle;
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
mod queue_ends;
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

/// Returns every scenario of the shipped protocols.
pub fn scenarios() -> Vec<Scenario> {
    [
        commitment::scenarios(),
        sleep::scenarios(),
        latch::scenarios(),
        loop_board::scenarios(),
        idle::scenarios(),
        shares::scenarios(),
        shared_bed::scenarios(),
        bridge::scenarios(),
        merge_tree::scenarios(),
        cost::scenarios(),
        claims::scenarios(),
        look_back::scenarios(),
        heir::scenarios(),
        homes::scenarios(),
        offer::scenarios(),
        roll::scenarios(),
        stock::scenarios(),
        parking::scenarios(),
        participant::scenarios(),
        wakers::scenarios(),
        spinners::scenarios(),
        roster::scenarios(),
        tally::scenarios(),
        token::scenarios(),
        journal::scenarios(),
        top::scenarios(),
        turns::scenarios(),
        whereabouts::scenarios(),
        lane::scenarios(),
        lookout::scenarios(),
        task_cell::scenarios(),
        submit::scenarios(),
        returns::scenarios(),
        lanes::scenarios(),
        front::scenarios(),
        latest::scenarios(),
        stream::scenarios(),
        slot::scenarios(),
        queue::scenarios(),
        queue_ends::scenarios(),
        recovery::scenarios(),
        retirement::scenarios(),
        departure::scenarios(),
        escrow::scenarios(),
        hand_over::scenarios(),
        spares::scenarios(),
        places::scenarios(),
        course::scenarios(),
        pipeline::scenarios(),
    ]
    .concat()
}
