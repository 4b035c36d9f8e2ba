//! What does a task cost in ringmill, and a join, and what in other pools?
//!
//! The rows of `benches/tasks.rs` and `benches/join_tree.rs`, with the rivals between. Units, CPUs and what is excluded:
//! as there. How each rival is asked: `src/tasks/`.

use ringmill_compare::common::joining::{both_trees, fibs, leaves, trees};
use ringmill_compare::common::our_joins::Joins;
use ringmill_compare::common::our_tasks::Ours;
use ringmill_compare::common::submitting::{large_vectors, many_in_flight, round_trips, tiny_tasks};
use ringmill_compare::tasks::channel::Channels;
use ringmill_compare::tasks::chili::Chili;
use ringmill_compare::tasks::forte::Forte;
use ringmill_compare::tasks::rayon::Rayon;
use ringmill_compare::tasks::threadpool::Threads;
use ringmill_compare::tasks::tokio::Tokio;

fn main() {
    let (ours, joins) = (Ours::start(), Joins::start());
    let (channels, rayon, threads) = (Channels::start(), Rayon::start(), Threads::start());
    let (tokio, chili, forte) = (Tokio::start(), Chili::start(), Forte::start());
    round_trips(&ours, |table, how| {
        let table = rayon.round_trips(channels.round_trips(table, how), how);
        forte.round_trips(tokio.round_trips(threads.round_trips(table, how), how), how)
    });
    many_in_flight(&ours, |table| {
        tokio.in_flight(threads.in_flight(rayon.in_flight(channels.in_flight(table))))
    });
    tiny_tasks(&ours, |table, bytes| {
        let table = rayon.tiny(channels.tiny(table, bytes), bytes);
        forte.tiny(tokio.tiny(threads.tiny(table, bytes), bytes), bytes)
    });
    large_vectors(&ours, |table| tokio.large(threads.large(rayon.large(channels.large(table)))));

    let small_and_large = both_trees();
    trees(&joins, &small_and_large, |table, levels, tree| {
        forte.trees(chili.trees(rayon.trees(table, levels, tree), levels, tree), levels, tree)
    });
    leaves(&joins, |table, bytes| forte.leaves(chili.leaves(rayon.leaves(table, bytes), bytes), bytes));
    fibs(&joins, |table| forte.fibs(chili.fibs(rayon.fibs(threads.fibs(table)))));
}
