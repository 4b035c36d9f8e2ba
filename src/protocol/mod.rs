//! Every state machine that threads race on, in tokens, knowing no element type.
//!
//! Each file has its model in `loom-tests/`, which compiles this very folder. The rooms above wrap the tokens in
//! types that cannot be misused; here a token says only who may take the next step.

pub(crate) mod board_sleep;
pub(crate) mod book;
pub(crate) mod bridge;
pub(crate) mod calls;
pub(crate) mod cells;
pub(crate) mod claims;
pub(crate) mod commitment;
pub(crate) mod cost;
pub(crate) mod course;
pub(crate) mod departure;
pub(crate) mod ends;
pub(crate) mod escrow;
pub(crate) mod front;
pub(crate) mod hazard;
#[allow(dead_code, reason = "for rings that processes share")]
pub(crate) mod heir;
pub(crate) mod homes;
pub(crate) mod journal;
pub(crate) mod lane;
pub(crate) mod lanes;
pub(crate) mod latch;
pub(crate) mod latest;
pub(crate) mod look_back;
pub(crate) mod lookout;
pub(crate) mod loop_board;
pub(crate) mod merge_tree;
pub(crate) mod offer;
pub(crate) mod outcome;
pub(crate) mod parking;
pub(crate) mod participant;
pub(crate) mod party;
pub(crate) mod places;
pub(crate) mod queue;
pub(crate) mod recovery;
pub(crate) mod retirement;
pub(crate) mod returns;
pub(crate) mod roll;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod shared_bed;
pub(crate) mod shares;
pub(crate) mod sleep;
pub(crate) mod slot;
pub(crate) mod spares;
pub(crate) mod spinners;
pub(crate) mod staff;
pub(crate) mod standing;
pub(crate) mod stock;
pub(crate) mod stream;
pub(crate) mod tally;
pub(crate) mod task_cell;
pub(crate) mod token;
pub(crate) mod top;
pub(crate) mod turns;
pub(crate) mod wakers;
pub(crate) mod whereabouts;
pub(crate) mod word;
