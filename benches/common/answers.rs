//! The tables of `wake_latency`, with the rows by hand and ringmill's. Whoever asks for them adds the others.

use ringmill::ring::Waiting;

use super::Table;
use super::ours;
use super::ping_pong::{Conditions, ping_pong, sides};
use super::raw::atomics;
use super::raw::word::{Wait, way};

const COLUMNS: [&str; 2] = ["median", "99 of 100"];

/// Both sides look all the time.
pub fn spinning<'a>(add: impl Fn(Table<'a>, Conditions) -> Table<'a>) {
    let how = Conditions::HOT;
    let table = Table::with_columns("there and back, both spin, ns", &COLUMNS)
        .row_of("LIMIT atomics by hand, a line each way", move || ping_pong(how, atomics::sides(2)))
        .row_of("atomics by hand, one line both ways", move || ping_pong(how, atomics::sides(1)));
    add(ringmill(table, how, &[Waiting::Latency]), how).measure();
}

/// Sides sleep that wait for long. The first row is the limit under the conditions of its table.
pub fn blocking<'a>(add: impl Fn(Table<'a>, Conditions) -> Table<'a>) {
    let looks = ("futex after 4000 looks, by hand", Wait::SleepsAfter(4000));
    let yields = ("futex after 256 yields, by hand", Wait::YieldsThenSleeps(256));
    let sleeps = ("futex at once, by hand", Wait::Sleeps);
    for (title, how, limits) in [
        ("there and back, blocking, hot, ns", Conditions::HOT, [looks, yields, sleeps]),
        ("there and back, blocking, after 200 us, ns", Conditions::ASLEEP, [sleeps, looks, yields]),
        ("there and back, blocking, both on one CPU, ns", Conditions::ONE_CPU, [yields, sleeps, looks]),
    ] {
        let mut table = Table::with_columns(title, &COLUMNS);
        for (name, wait) in limits {
            table = table.row_of(name, move || ping_pong(how, sides(|| way(wait))));
        }
        let policies = [Waiting::Balanced, Waiting::Latency, Waiting::IdleZero];
        add(ringmill(table, how, &policies), how).measure();
    }
}

fn ringmill<'a>(mut table: Table<'a>, how: Conditions, policies: &[Waiting]) -> Table<'a> {
    for &waiting in policies {
        table = table
            .row_of(format!("ringmill, stream, {waiting:?}"), move || {
                ping_pong(how, sides(|| ours::stream(waiting)))
            })
            .row_of(format!("ringmill, queues, {waiting:?}"), move || ping_pong(how, ours::queues(waiting)));
    }
    table
}
