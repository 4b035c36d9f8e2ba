//! What do other pools take from the program around them, while they idle and while they work?
//!
//! The rows of `benches/pool_idle.rs`, with the rivals between. Units, CPUs and what is excluded: as there.

use ringmill_compare::common::idling::{control, fan_out, now_and_then, stalls};
use ringmill_compare::common::our_tasks::Ours;
use ringmill_compare::tasks::channel::Channels;
use ringmill_compare::tasks::idling::Pool;
use ringmill_compare::tasks::rayon::Rayon;
use ringmill_compare::tasks::threadpool::Threads;
use ringmill_compare::tasks::tokio::Tokio;

fn main() {
    let ours = Ours::start();
    let (channels, rayon, threads, tokio) =
        (Channels::start(), Rayon::start(), Threads::start(), Tokio::start());
    now_and_then(&ours, |table, period| {
        let table = rayon.now_and_then(channels.now_and_then(table, period), period);
        tokio.now_and_then(threads.now_and_then(table, period), period)
    });
    fan_out(&ours, |table, idle| {
        tokio.fan_out(threads.fan_out(rayon.fan_out(channels.fan_out(table, idle), idle), idle), idle)
    });
    stalls(&ours, |table, work| {
        tokio.stalls(threads.stalls(rayon.stalls(channels.stalls(table, work), work), work), work)
    });
    control::table(&ours, |table| rayon.control(table));
}
