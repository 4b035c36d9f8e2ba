//! What does it cost to have a closure run by a worker and get its result?
//!
//! Units: ns for a closure that adds one, the median and what 99 of a hundred are below; million jobs per second; us for
//! 200 MiB. CPUs: two, the caller's and one other. "After 1 ms idle": the caller sleeps as well. Excluded: the start of
//! threads and pools. LIMIT is two rings by hand with a worker that spins for ever on the other CPU, and after idling
//! a thread that the system wakes from a word.

#[path = "common/mod.rs"]
mod common;

use common::our_tasks::Ours;
use common::submitting::{large_vectors, many_in_flight, round_trips, tiny_tasks};

fn main() {
    let ours = Ours::start();
    round_trips(&ours, |table, _| table);
    many_in_flight(&ours, |table| table);
    tiny_tasks(&ours, |table, _| table);
    large_vectors(&ours, |table| table);
}
